/* SPDX-License-Identifier: MIT */
/* The `figment` command: finds the command, parses its words and turns its status into an exit
 * code. */
#include <stdio.h>
#include <string.h>

#include <figment/model.h>

#include "cli/commands.h"

enum { EXIT_FAILED = 1, EXIT_USAGE, EXIT_NO_DEVICE, EXIT_INTERRUPTED = 130 };

/* A file that cannot be read or written is no mistake on the command line. */
static const unsigned char exit_codes[] = {
    [FIG_NOMEM] = EXIT_FAILED,
    [FIG_INVALID] = EXIT_USAGE,
    [FIG_SHAPE] = EXIT_USAGE,
    [FIG_IO] = EXIT_FAILED,
    [FIG_FORMAT] = EXIT_USAGE,
    [FIG_NODEVICE] = EXIT_NO_DEVICE,
    [FIG_DEVICE] = EXIT_FAILED,
    [FIG_BUILD] = EXIT_FAILED,
    [FIG_NUMERIC] = EXIT_FAILED,
    [FIG_CANCELLED] = EXIT_INTERRUPTED,
};

static const struct command *const commands[] = {
    &command_train, &command_sample, &command_reconstruct, &command_restore, &command_interpolate,
    &command_arithmetic, &command_encode, &command_decode, &command_compress, &command_decompress,
    &command_score, &command_classify, &command_eval, &command_bench, &command_devices,
};
enum { COMMANDS = sizeof(commands) / sizeof(*commands) };
enum { COMMAND_WIDTH = 12, MODEL_WIDTH = 18 /* columns of names, the longest and a space */ };

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

/* Words behind a name, in lines of 80 columns at most. */
static void print_entry(FILE *out, int width, const char *name, const char *words)
{
    int column = fprintf(out, "  %-*s", width, name);
    for (size_t length; *words; words += length + (words[length] == ' ')) {
        length = strcspn(words, " ");
        if (column + 1 + (int)length > 80)
            column = fprintf(out, "\n  %-*s", width, "") - 1;
        column += fprintf(out, " %.*s", (int)length, words);
    }
    fputc('\n', out);
}

static void print_usage(FILE *out)
{
    fputs("usage: figment COMMAND ... | help COMMAND | --version\n\ncommands:\n", out);
    for (int i = 0; i < COMMANDS; i++)
        print_entry(out, COMMAND_WIDTH, commands[i]->name, commands[i]->summary);
    fputs("\nmodels (or the path of a YAML file):\n", out);
    for (int i = 0; fig_model_name(i); i++)
        print_entry(out, MODEL_WIDTH, fig_model_name(i), fig_model_summary(i));
}

static int refuse_command(const char *name)
{
    fprintf(stderr, "figment: there is no command `%s`; there are:", name);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(stderr, " %s", commands[i]->name);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* What was printed is out, or the status says that it is not. */
static int finish(enum fig_status status)
{
    if ((fflush(stdout) || ferror(stdout)) && !status)
        status = complain(FIG_IO, "cannot write to the standard output");
    return exit_codes[status];
}

static int run_help(const char *name)
{
    const struct command *command = name ? find_command(name) : NULL;
    if (name && !command)
        return refuse_command(name);
    if (command)
        command_help(command, stdout);
    else
        print_usage(stdout);
    return finish(FIG_OK);
}

static int run_command(const struct command *command, int count, char **words)
{
    struct request request = { 0 };
    bool help;
    console_start(&request.console);
    enum fig_status status = request_parse(&request, command, count, words, &help);
    request.console.quiet = request.quiet;
    if (!status && help)
        command_help(command, stdout);
    else if (!status)
        status = command->run(&request);
    console_clear(&request.console);
    request_finish(&request);
    return finish(status);
}

int main(int count, char **words)
{
    if (count < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(words[1], "--version") == 0)
        return puts("figment " FIGMENT_VERSION) < 0 ? EXIT_FAILED : finish(FIG_OK);
    if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0)
        return run_help(NULL);
    if (strcmp(words[1], "help") == 0)
        return run_help(words[2]);
    const struct command *command = find_command(words[1]);
    return command ? run_command(command, count - 2, words + 2) : refuse_command(words[1]);
}
