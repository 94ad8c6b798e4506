/* SPDX-License-Identifier: MIT */
/* Which devices there are, and which one a name means. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/size.h"
#include "base/text.h"
#include "device/device.h"
#include "device/opencl/probe.h"

/* In the order of their numbers.  cpu64 has none: it is for tests, by its name. */
static const struct backend *const backends[] = { &cpu_backend, &opencl_backend };

const char *fig_device_type_text(enum fig_device_type type)
{
    static const char *const texts[] = {
        [FIG_NATIVE] = "native CPU",
        [FIG_DISCRETE] = "discrete GPU",
        [FIG_INTEGRATED] = "integrated GPU",
        [FIG_ACCELERATOR] = "accelerator",
        [FIG_HOST] = "OpenCL on the CPU",
    };
    return (unsigned)type < LENGTH(texts) ? texts[type] : "unknown";
}

int fig_device_count(void)
{
    int count = 0;
    for (size_t i = 0; i < LENGTH(backends); i++)
        count += backends[i]->count();
    return count;
}

/* The backend of a device, and the device's number there. */
static const struct backend *find_backend(int index, int *local)
{
    *local = index;
    for (size_t i = 0; i < LENGTH(backends); i++) {
        const int count = backends[i]->count();
        if (*local < count)
            return backends[i];
        *local -= count;
    }
    return NULL;
}

enum fig_status fig_device_query(int index, struct fig_device_info *info)
{
    int local;
    REQUIRE(index >= 0 && info);
    const struct backend *backend = find_backend(index, &local);
    if (!backend)
        return fail(FIG_NODEVICE, "no device %d: there are 0 to %d", index, fig_device_count() - 1);
    TRY(backend->query(local, info));
    info->index = index;
    return FIG_OK;
}

static bool contains(const char *text, const char *part)
{
    for (; *text; text++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (!part[i])
            return true;
    }
    return false;
}

/* How a request picks: `matches` says whether a device will do; the first in order is the best. */
struct request {
    const char *name;
    bool (*matches)(const struct fig_device_info *info, const struct request *request);
    enum fig_device_type type;
    int opencl;
};

static bool is_of_type(const struct fig_device_info *info, const struct request *request)
{
    return info->type == request->type;
}

static bool is_opencl(const struct fig_device_info *info, const struct request *request)
{
    return info->opencl >= 0 && (request->opencl < 0 || info->opencl == request->opencl);
}

static bool is_called(const struct fig_device_info *info, const struct request *request)
{
    return contains(info->name, request->name);
}

/* The first that matches; how many do. */
static int find(const struct request *request, struct fig_device_info *info)
{
    int found = 0;
    const int count = fig_device_count();
    for (int i = 0; i < count; i++) {
        struct fig_device_info candidate;
        if (fig_device_query(i, &candidate) || !request->matches(&candidate, request))
            continue;
        if (!found++)
            *info = candidate;
    }
    return found;
}

/* "cpu, opencl:0 (name), ..." */
static void list_devices(struct text *list)
{
    const int count = fig_device_count();
    for (int i = 0; i < count; i++) {
        struct fig_device_info info;
        if (fig_device_query(i, &info))
            continue;
        if (info.opencl < 0)
            text_add(list, "%s%s", i ? ", " : "", info.name);
        else
            text_add(list, "%sopencl:%d (%s, %s)", i ? ", " : "", info.opencl, info.name,
                     fig_device_type_text(info.type));
    }
}

static enum fig_status no_device(const char *name)
{
    struct text list = { 0 };
    list_devices(&list);
    fail(FIG_NODEVICE, "no device is called \"%s\"; there are: %s (or \"auto\")", name,
         list.chars && !list.failed ? list.chars : "cpu");
    text_free(&list);
    return FIG_NODEVICE;
}

static enum fig_status choose_native(struct fig_device_info *info, char reason[256])
{
    snprintf(reason, 256, "auto: there is no GPU");
    return fig_device_query(0, info);
}

static enum fig_status choose_auto(struct fig_device_info *info, char reason[256])
{
    static const enum fig_device_type wanted[] = { FIG_DISCRETE, FIG_INTEGRATED };
    for (size_t i = 0; i < LENGTH(wanted); i++) {
        const int found =
            find(&(struct request){ .matches = is_of_type, .type = wanted[i] }, info);
        if (!found)
            continue;
        snprintf(reason, 256, "auto: %s %s", found > 1 ? "the best" : "the only",
                 fig_device_type_text(wanted[i]));
        return FIG_OK;
    }
    return choose_native(info, reason);
}

static enum fig_status choose_cpu(const struct backend *backend, struct fig_device_info *info,
                                  char reason[256])
{
    TRY(backend->query(0, info));
    info->index = 0;
    snprintf(reason, 256, "asked for by name");
    return FIG_OK;
}

/* "opencl:N". */
static bool is_numbered(const char *name, int *number)
{
    static const char before[] = "opencl:";
    const char *digits = name + strlen(before);
    if (strncmp(name, before, strlen(before)) != 0 || !isdigit((unsigned char)*digits))
        return false;
    char *end;
    const long value = strtol(digits, &end, 10);
    *number = value < INT_MAX ? (int)value : INT_MAX;
    return !*end;
}

/* "opencl", "opencl:N", or part of a name. */
static enum fig_status choose_named(const char *name, struct fig_device_info *info,
                                    char reason[256])
{
    struct request request = { .name = name, .matches = is_called };
    if (strcmp(name, "opencl") == 0)
        request = (struct request){ .matches = is_opencl, .opencl = -1 };
    else if (is_numbered(name, &request.opencl))
        request.matches = is_opencl;
    const int found = find(&request, info);
    if (!found)
        return no_device(name);
    if (found > 1)
        snprintf(reason, 256, "the best of %d devices that \"%.64s\" means", found, name);
    else
        snprintf(reason, 256, "the device that \"%.64s\" means", name);
    return FIG_OK;
}

/* What the caller wishes, or else his user, or else nobody. */
static const char *wish(const char *name)
{
    if (!name)
        name = getenv("FIGMENT_DEVICE");
    return name && *name ? name : "auto";
}

enum fig_status fig_device_choose(const char *name, struct fig_device_info *info, char reason[256])
{
    char unread[256];
    REQUIRE(info);
    if (!reason)
        reason = unread;
    name = wish(name);
    if (strcmp(name, "auto") == 0)
        return choose_auto(info, reason);
    if (strcmp(name, cpu_backend.name) == 0)
        return choose_cpu(&cpu_backend, info, reason);
    if (strcmp(name, cpu64_backend.name) == 0)
        return choose_cpu(&cpu64_backend, info, reason);
    return choose_named(name, info, reason);
}

/* As fig_device_choose, but drivers that are known to show no GPU are not loaded to see that. */
static enum fig_status choose_to_open(const char *name, struct fig_device_info *info,
                                      char reason[256])
{
    if (strcmp(wish(name), "auto") == 0 && probe_knows_no_gpu())
        return choose_native(info, reason);
    return fig_device_choose(name, info, reason);
}

enum fig_status fig_device_open(struct fig_device **out, const char *name)
{
    struct fig_device_info info;
    char reason[256];
    int local = 0;
    REQUIRE(out);
    *out = NULL;
    TRY(choose_to_open(name, &info, reason));
    const bool oracle = info.opencl < 0 && info.real_size == sizeof(double);
    const struct backend *backend = oracle ? &cpu64_backend : find_backend(info.index, &local);
    TRY(backend->open(local, out));
    (*out)->info.index = info.index;
    log_info("device: %s, %s (%s)", (*out)->info.name, fig_device_type_text(info.type), reason);
    return FIG_OK;
}
