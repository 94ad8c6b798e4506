/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <math.h>
#include <stdio.h>

#include "cli/console.h"

cJSON *json_number(double number)
{
    char text[32];
    snprintf(text, sizeof(text), "%.9g", number);
    return cJSON_CreateRaw(isfinite(number) ? text : "null");
}

void json_add_number(cJSON *object, const char *key, double number)
{
    cJSON_AddItemToObject(object, key, json_number(number));
}

enum fig_status json_print(const cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);
    if (!text)
        return complain(FIG_NOMEM, "no memory to print the results");
    puts(text);
    cJSON_free(text);
    return FIG_OK;
}
