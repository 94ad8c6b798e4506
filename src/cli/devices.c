/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>

#include <figment/device.h>
#include <figment/log.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/task.h"

/* What is shown of a device, in both forms. */
struct row {
    struct fig_device_info info;
    char label[32];
    char error[512]; /* why it could not be opened; "" if it could */
    const char *choice; /* why `auto` picks it; "" if it does not */
};

enum kind { TEXT, INTEGER, BYTES };

struct field {
    const char *key;
    enum kind kind;
    size_t offset; /* in struct row */
};

#define INFO(field_) offsetof(struct row, info.field_)
static const struct field fields[] = {
    { "name", TEXT, INFO(name) },
    { "vendor", TEXT, INFO(vendor) },
    { "platform", TEXT, INFO(platform) },
    { "driver", TEXT, INFO(driver) },
    { "version", TEXT, INFO(version) },
    { "memory", BYTES, INFO(memory) },
    { "max_alloc", BYTES, INFO(max_alloc) },
    { "local_memory", BYTES, INFO(local_memory) },
    { "group", INTEGER, INFO(group) },
    { "units", INTEGER, INFO(units) },
    { "products", TEXT, INFO(products) },
    { "self_test", TEXT, INFO(self_test) },
    { "error", TEXT, offsetof(struct row, error) },
};
#undef INFO
enum { FIELDS = sizeof(fields) / sizeof(*fields) };

static void keep_error(void *data, enum fig_log_level level, const char *text)
{
    struct row *row = data;
    if (level == FIG_LOG_ERROR)
        snprintf(row->error, sizeof(row->error), "%s", text);
}

/* What a device does is known when it has been opened; one that cannot be opened says why in its
 * own row. */
static void open_and_look(struct row *row, struct console *console)
{
    struct fig_device *device = NULL;
    fig_log_set(keep_error, row);
    const enum fig_status status = fig_device_open(&device, row->label);
    console_listen(console);
    if (status && !*row->error)
        snprintf(row->error, sizeof(row->error), "%s", fig_status_text(status));
    if (!status)
        row->info = *fig_device_info(device);
    fig_device_close(&device);
}

/* In the unit that fits; nothing if it is unknown. */
static void print_bytes(char *text, size_t size, size_t bytes)
{
    if (bytes >= (size_t)1 << 30)
        snprintf(text, size, "%.1f GiB", (double)bytes / (1 << 30));
    else if (bytes)
        snprintf(text, size, "%.0f KiB", (double)bytes / (1 << 10));
}

static void print_field(const struct field *field, const struct row *row)
{
    const void *value = (const char *)row + field->offset;
    char text[640] = "";
    switch (field->kind) {
    case TEXT:
        snprintf(text, sizeof(text), "%s", (const char *)value);
        break;
    case INTEGER:
        if (*(const int *)value)
            snprintf(text, sizeof(text), "%d", *(const int *)value);
        break;
    case BYTES:
        print_bytes(text, sizeof(text), *(const size_t *)value);
        break;
    }
    if (*text)
        printf("    %-12s %s\n", field->key, text);
}

static void print_row(const struct row *row)
{
    printf("%-12s %s%s%s\n", row->label, fig_device_type_text(row->info.type),
           *row->choice ? "; picked by " : "", row->choice);
    for (int i = 0; i < FIELDS; i++)
        print_field(&fields[i], row);
}

static void add_field(cJSON *object, const struct field *field, const struct row *row)
{
    const void *value = (const char *)row + field->offset;
    switch (field->kind) {
    case TEXT:
        cJSON_AddStringToObject(object, field->key, value);
        break;
    case INTEGER:
        cJSON_AddNumberToObject(object, field->key, *(const int *)value);
        break;
    case BYTES:
        cJSON_AddNumberToObject(object, field->key, (double)*(const size_t *)value);
        break;
    }
}

static cJSON *row_json(const struct row *row)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "index", row->info.index);
    cJSON_AddStringToObject(object, "device", row->label);
    cJSON_AddStringToObject(object, "type", fig_device_type_text(row->info.type));
    for (int i = 0; i < FIELDS; i++)
        add_field(object, &fields[i], row);
    cJSON_AddBoolToObject(object, "auto", *row->choice);
    cJSON_AddStringToObject(object, "reason", row->choice);
    return object;
}

static enum fig_status devices_run(struct request *request)
{
    struct fig_device_info chosen;
    char reason[256];
    cJSON *list = request->json ? cJSON_CreateArray() : NULL;
    enum fig_status status = fig_device_choose("auto", &chosen, reason);
    const int count = fig_device_count();
    for (int i = 0; !status && i < count; i++) {
        struct row row = { .choice = i == chosen.index ? reason : "" };
        status = fig_device_query(i, &row.info);
        if (status)
            break;
        device_label(&row.info, row.label);
        open_and_look(&row, &request->console);
        if (list)
            cJSON_AddItemToArray(list, row_json(&row));
        else
            print_row(&row);
    }
    if (list && !status)
        status = json_print(list);
    cJSON_Delete(list);
    return status;
}

static const struct option options[] = {
    OPTION_JSON("print an array of objects"),
    OPTION_END,
};

const struct command command_devices = {
    .name = "devices",
    .arguments = "",
    .summary = "List the devices, check each, and tell which one `auto` picks.",
    .options = options,
    .run = devices_run,
};
