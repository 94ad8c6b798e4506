/* SPDX-License-Identifier: MIT */
#include "device/opencl/probe.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CL/cl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/size.h"
#include "base/text.h"
#include "device/opencl/cache.h"

/* What the child says: the platform that it asks now, or one of these. */
enum { LISTING = 0xFD, DONE = 0xFE, NOTHING = 0xFF };

static const double patience = 10; /* seconds for a word */

static void tell(int pipe, unsigned char word)
{
    if (write(pipe, &word, 1) != 1)
        _exit(1);
}

static void ask_platform(cl_platform_id platform)
{
    cl_device_id devices[32];
    cl_uint count = 0;
    char name[256];
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, LENGTH(devices), devices, &count))
        return;
    for (cl_uint i = 0; i < count && i < LENGTH(devices); i++)
        clGetDeviceInfo(devices[i], CL_DEVICE_NAME, sizeof(name), name, NULL);
}

static void child(int pipe, uint32_t skip)
{
    const struct rlimit no_core = { 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core);
    tell(pipe, LISTING);
    cl_platform_id platforms[PLATFORM_LIMIT];
    cl_uint count = 0;
    if (clGetPlatformIDs(PLATFORM_LIMIT, platforms, &count))
        count = 0;
    for (cl_uint i = 0; i < count && i < PLATFORM_LIMIT; i++) {
        if (skip & (uint32_t)1 << i)
            continue;
        tell(pipe, (unsigned char)i);
        ask_platform(platforms[i]);
    }
    tell(pipe, DONE);
    _exit(0); /* without the drivers' exit handlers */
}

/* Whether the child says a word before our patience ends, whatever signals come meanwhile. */
static bool hears(int pipe, unsigned char *word)
{
    const double end = clock_now() + patience;
    struct pollfd wait = { .fd = pipe, .events = POLLIN };
    int ready;
    do {
        const double left = end - clock_now();
        ready = poll(&wait, 1, left > 0 ? (int)(1000 * left) : 0);
    } while (ready < 0 && errno == EINTR);
    return ready > 0 && read(pipe, word, 1) == 1; /* it is there: no signal interrupts this */
}

/* The child's last word before it ended or our patience did. */
static unsigned char last_word(int pipe)
{
    unsigned char word = NOTHING;
    while (word != DONE && hears(pipe, &word))
        ;
    return word;
}

static unsigned char run_child(uint32_t skip)
{
    int ends[2];
    if (pipe(ends))
        return DONE; /* no child possible: go on without */
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(ends[1], skip);
    }
    close(ends[1]);
    const unsigned char word = pid < 0 ? DONE : last_word(ends[0]);
    close(ends[0]);
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    return word;
}

static void add_file(struct text *text, const char *folder, const char *name)
{
    char path[PATH_LIMIT];
    if (!path_join(path, folder, name))
        cache_stamp(text, path);
}

/* The installed drivers, and what in the environment chooses among them and their devices. */
static void add_drivers(struct text *text)
{
    static const char *const variables[] = {
        "OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "OPENCL_LAYERS", "LD_PRELOAD", "LD_LIBRARY_PATH",
        "POCL_DEVICES", "RUSTICL_ENABLE", "RUSTICL_DEVICE_TYPE", "GALLIUM_DRIVER", "DRI_PRIME",
        "MESA_LOADER_DRIVER_OVERRIDE", "LIBGL_DRIVERS_PATH", "CUDA_VISIBLE_DEVICES",
        "NVIDIA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
        "GPU_DEVICE_ORDINAL", "HSA_OVERRIDE_GFX_VERSION", "ZE_AFFINITY_MASK",
    };
    const char *vendors = getenv("OCL_ICD_VENDORS");
    const char *path = vendors ? vendors : "/etc/OpenCL/vendors";
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        add_file(text, path, entry->d_name);
    if (folder)
        closedir(folder);
    else
        add_file(text, "", path);
    cache_stamp(text, "/etc/ld.so.cache"); /* a library came, went or changed */
    for (size_t i = 0; i < LENGTH(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value) /* an empty one may hide all devices */
            text_add(text, "%s=%s\n", variables[i], value);
    }
}

static struct cache_key drivers_key(void)
{
    struct text text = { 0 };
    add_drivers(&text);
    const char *const parts[] = { "probe", text.chars };
    const struct cache_key key = cache_key(parts, LENGTH(parts));
    text_free(&text);
    return key;
}

static uint32_t probe_in_children(void)
{
    uint32_t skip = 0;
    for (int tries = 0; tries <= PLATFORM_LIMIT; tries++) {
        const unsigned char word = run_child(skip);
        if (word == DONE)
            return skip;
        if (word >= PLATFORM_LIMIT) {
            log_warning("OpenCL: loading the drivers crashes or hangs, so no OpenCL device is "
                        "used; name a good driver's file in OCL_ICD_VENDORS, or remove the bad one "
                        "from /etc/OpenCL/vendors");
            return UINT32_MAX;
        }
        log_warning("OpenCL: platform %d crashes or hangs when asked for its devices: it is left "
                    "out; update or remove its driver", word);
        skip |= (uint32_t)1 << word;
    }
    return UINT32_MAX;
}

static bool is_off(void)
{
    const char *wish = getenv("FIGMENT_PROBE");
    return wish && strcmp(wish, "0") == 0;
}

uint32_t probe_platforms(struct probe *probe)
{
    void *bytes = NULL;
    size_t size = 0;
    if (is_off())
        return 0;
    const struct cache_key key = drivers_key();
    if (cache_load(&probe->cache, key, &bytes, &size)) {
        free(bytes);
        return 0;
    }
    const uint32_t skip = probe_in_children();
    if (!skip)
        cache_store(&probe->cache, key, "good", 4);
    return skip;
}

/* What a small file says, whose size need not be known; false if there is none. */
static bool add_contents(struct text *text, const char *path)
{
    char contents[4096];
    const char *why;
    FILE *file = file_open(path, &why);
    if (!file)
        return false;
    text_add_bytes(text, contents, fread(contents, 1, sizeof(contents), file));
    fclose(file);
    return true;
}

/* The device nodes that begin so, which of their versions, and whether this user may open them. */
static void add_nodes(struct text *text, const char *folder, const char *start)
{
    DIR *nodes = opendir(folder);
    for (struct dirent *entry; nodes && (entry = readdir(nodes));) {
        char path[PATH_LIMIT];
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, start, strlen(start)) != 0 ||
            path_join(path, folder, entry->d_name))
            continue;
        text_add(text, "%s %d\n", path, access(path, R_OK | W_OK) == 0);
        cache_stamp(text, path);
    }
    if (nodes)
        closedir(nodes);
}

/* All that may decide whether the drivers show a GPU to this process.  A group of processes can be
 * kept from devices whose nodes it sees, as schedulers of clusters do. */
static void add_machine(struct text *text)
{
    static const struct {
        const char *folder, *start;
    } nodes[] = {
        { "/dev/dri", "" },    { "/dev", "nvidia" }, { "/dev/nvidia-caps", "" },
        { "/dev", "kfd" },     { "/dev", "dxg" },    { "/dev", "mali" },
        { "/dev", "kgsl" },    { "/sys/module", "nvidia" }, /* makes its nodes when first used */
    };
    if (!add_contents(text, "/proc/sys/kernel/random/boot_id"))
        text->failed = true;
    add_contents(text, "/proc/self/cgroup");
    for (size_t i = 0; i < LENGTH(nodes); i++)
        add_nodes(text, nodes[i].folder, nodes[i].start);
    add_drivers(text);
}

static struct cache_key machine_key(void)
{
    const char *const parts[] = { "the machine without a GPU" };
    return cache_key(parts, LENGTH(parts));
}

static bool is_remembered(struct probe *probe)
{
    const struct text *machine = &probe->machine;
    void *bytes = NULL;
    size_t size = 0;
    const bool same = !machine->failed && cache_load(&probe->cache, machine_key(), &bytes, &size) &&
                      size == machine->length && memcmp(bytes, machine->chars, size) == 0;
    free(bytes);
    return same;
}

void probe_begin(struct probe *probe)
{
    *probe = (struct probe){ .machine.failed = is_off() };
    if (is_off())
        return;
    cache_open(&probe->cache);
    add_machine(&probe->machine);
}

void probe_end(struct probe *probe, bool no_gpu)
{
    const struct text *machine = &probe->machine;
    if (!machine->failed && no_gpu != is_remembered(probe))
        cache_store(&probe->cache, machine_key(), machine->chars, no_gpu ? machine->length : 0);
    text_free(&probe->machine);
}

bool probe_knows_no_gpu(void)
{
    struct probe probe;
    probe_begin(&probe);
    const bool known = is_remembered(&probe);
    text_free(&probe.machine);
    return known;
}

static bool is_private(const char *folder)
{
    struct stat info;
    return !lstat(folder, &info) && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & 077) == 0;
}

/* PoCL's own rule: below XDG_CACHE_HOME, else below HOME. */
static bool pocl_finds_a_folder(void)
{
    const char *base = getenv("XDG_CACHE_HOME");
    char cache[PATH_LIMIT];
    if (base)
        return access(base, W_OK) == 0;
    base = getenv("HOME");
    if (!base || strlen(base) + sizeof("/.cache") > sizeof(cache))
        return false;
    snprintf(cache, sizeof(cache), "%s/.cache", base);
    return access(path_exists(cache) ? cache : base, W_OK) == 0;
}

void probe_prepare_environment(void)
{
    char folder[PATH_LIMIT];
    const char *temporary = getenv("TMPDIR");
    unsetenv("CLBLAST_BUILD_OPTIONS"); /* they would change kernels that were tested without */
    if (getenv("POCL_CACHE_DIR") || pocl_finds_a_folder())
        return;
    const int length = snprintf(folder, sizeof(folder), "%s/figment-%ld",
                                temporary ? temporary : "/tmp", (long)geteuid());
    if (length < 0 || length >= (int)sizeof(folder))
        return;
    (void)mkdir(folder, 0700); /* or it is there already */
    if (!is_private(folder))
        return;
    log_debug("%s: HOME is not writable, so PoCL caches here", folder);
    setenv("POCL_CACHE_DIR", folder, 0);
}
