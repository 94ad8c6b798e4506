/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { LINE = 512, BAR_LEAST = 6, BAR_MOST = 30 };

static const double redraw_seconds = 0.1;

/* A line that is cut where its room ends. */
struct line {
    char *text;
    size_t size, length;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    const size_t room = line->size - line->length;
    va_list arguments;
    va_start(arguments, format);
    const int count = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    if (count > 0)
        line->length += (size_t)count < room ? (size_t)count : room - 1;
}

static void add_time(struct line *line, double seconds)
{
    const long long all = seconds > 0 && seconds < 1e15 ? (long long)(seconds + 0.5) : 0;
    if (all >= 3600)
        add(line, "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
    else
        add(line, "%lld:%02lld", all / 60, all % 60);
}

static void add_epoch(struct line *line, const struct fig_progress *progress)
{
    int digits = 1;
    for (int i = progress->epochs; i >= 10; i /= 10)
        digits++;
    add(line, "epoch %*d/%d", digits, progress->epoch, progress->epochs);
}

static void add_losses(struct line *line, const char *prefix, int count,
                       const char *const names[], const double values[])
{
    for (int i = 0; i < count; i++)
        add(line, "  %s%s %.6g", prefix, names[i], values[i]);
}

static void add_bar(struct line *line, int width, const struct fig_progress *progress)
{
    const int batches = progress->batches > 0 ? progress->batches : 1;
    const int done = (int)((long long)width * progress->batch / batches);
    add(line, " [");
    for (int i = 0; i < width; i++)
        add(line, "%c", i < done ? '#' : '.');
    add(line, "]");
}

void progress_live_line(char *out, size_t size, const struct fig_progress *progress, int width)
{
    char right_text[LINE];
    struct line left = { .text = out, .size = size };
    struct line right = { .text = right_text, .size = sizeof(right_text) };

    add_losses(&right, "", progress->loss_count, progress->loss_names, progress->losses);
    add(&right, "  %.0f images/s  ", progress->images_per_s);
    add_time(&right, progress->seconds_left);
    add(&right, " left");

    add_epoch(&left, progress);
    const int room = width - (int)(left.length + right.length) - (int)strlen(" []");
    if (room >= BAR_LEAST)
        add_bar(&left, room < BAR_MOST ? room : BAR_MOST, progress);
    add(&left, "%s", right_text);
    if (width >= 0 && left.length > (size_t)width)
        out[width] = '\0';
}

void progress_epoch_line(char *out, size_t size, const struct fig_progress *progress)
{
    struct line line = { .text = out, .size = size };
    add_epoch(&line, progress);
    if (progress->ended)
        add(&line, "  batch %d/%d", progress->batch, progress->batches);
    add_losses(&line, "", progress->loss_count, progress->loss_names, progress->losses);
    add_losses(&line, "test_", progress->test_count, progress->test_names, progress->tests);
    add(&line, "  %.0f images/s", progress->images_per_s);
    if (progress->epoch < progress->epochs && !progress->ended) {
        add(&line, "  ");
        add_time(&line, progress->seconds_left);
        add(&line, " left");
    }
}

void progress_show(void *data, const struct fig_progress *progress)
{
    struct progress_view *view = data;
    struct console *console = view->console;
    char line[LINE];
    view->trained = true;
    if (console->quiet)
        return;
    if (progress->epoch_done || progress->ended) {
        progress_epoch_line(line, sizeof(line), progress);
        console_clear(console);
        puts(line);
        fflush(stdout);
    } else if (console->terminal && clock_now() - view->shown >= redraw_seconds) {
        /* One column less: a full line would wrap on some terminals. */
        progress_live_line(line, sizeof(line), progress, console_width() - 1);
        console_live(console, line);
        view->shown = clock_now();
    }
}
