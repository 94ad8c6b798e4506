/* SPDX-License-Identifier: MIT */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <cjson/cJSON.h>

#include <figment/status.h>

/* With 9 digits; null if it is not finite. */
cJSON *json_number(double number);
void json_add_number(cJSON *object, const char *key, double number);

/* One line on stdout; FIG_NOMEM if there is no memory for it. */
enum fig_status json_print(const cJSON *json);

#endif
