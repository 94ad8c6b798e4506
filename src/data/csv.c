/* SPDX-License-Identifier: MIT */
/* Text in lines and columns: numbers, and at most one column of labels. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/number.h"
#include "base/size.h"
#include "data/table.h"

struct csv {
    const struct source *source;
    char *next; /* the line after this one, or NULL */
    int line;   /* from 1 */
    char separator;
    char **fields; /* of this line */
    size_t count, room;
    size_t columns;  /* that all lines must have */
    size_t label;    /* one of them, or `columns` */
    bool plain;      /* only numbers are wanted; `label` then has names, which are left out */
    size_t row_room; /* of the table */
    const char *names[CLASS_LIMIT]; /* of labels, in the order of their first use */
    int classes;
};

static enum fig_status wrong(const struct csv *csv, size_t column, const char *what,
                             const char *field)
{
    return fail(FIG_FORMAT, "%s: line %d, column %zu: %s%.40s%s", csv->source->spec, csv->line,
                column + 1, what, field, *field ? "`" : "");
}

/* --- Lines and fields */

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t")] == '\0';
}

/* The next line that is not blank, or NULL. */
static char *take_line(struct csv *csv)
{
    while (csv->next) {
        char *line = csv->next, *end = strchr(line, '\n');
        csv->next = end ? end + 1 : NULL;
        csv->line++;
        if (end)
            *end = '\0';
        else
            end = line + strlen(line);
        if (end > line && end[-1] == '\r')
            end[-1] = '\0';
        if (!is_blank(line))
            return line;
    }
    return NULL;
}

static char find_separator(const char *line)
{
    return strchr(line, '\t') ? '\t' : strchr(line, ';') ? ';' : ',';
}

static char *skip_spaces(char *text)
{
    return text + strspn(text, " ");
}

/* Quotes inside are doubled.  Returns what follows the closing quote, NULL if there is none. */
static char *unquote(char *text)
{
    const char quote = *text;
    char *out = text;
    for (const char *in = text + 1; *in; in++) {
        if (*in == quote && *++in != quote) {
            *out = '\0';
            return text + (in - text);
        }
        *out++ = *in;
    }
    return NULL;
}

/* Cut the field at `field` off; returns where the next one begins, NULL behind the last. */
static enum fig_status cut_field(const struct csv *csv, char **field, char **next)
{
    char *begin = skip_spaces(*field), *end = begin;
    const bool quoted = *begin == '"' || *begin == '\'';
    if (quoted)
        end = unquote(begin);
    if (!end)
        return wrong(csv, csv->count, "a quote is not closed", "");
    char *stop = quoted ? skip_spaces(end) : strchr(end, csv->separator);
    stop = stop ? stop : end + strlen(end);
    if (*stop && *stop != csv->separator)
        return wrong(csv, csv->count, "text follows the closing quote: `", stop);
    *next = *stop ? stop + 1 : NULL;
    *stop = '\0';
    for (char *last = stop; !quoted && last > begin && last[-1] == ' ';)
        *--last = '\0';
    *field = begin;
    return FIG_OK;
}

static enum fig_status add_field(struct csv *csv, char *field)
{
    if (csv->count == csv->room) {
        const size_t room = csv->room ? 2 * csv->room : 64;
        char **fields = realloc(csv->fields, room * sizeof(*fields));
        if (!fields)
            return fail(FIG_NOMEM, "%s: no memory for %zu columns", csv->source->spec, room);
        csv->fields = fields;
        csv->room = room;
    }
    csv->fields[csv->count++] = field;
    return FIG_OK;
}

static enum fig_status split_line(struct csv *csv, char *line)
{
    csv->count = 0;
    for (char *field = line, *next = NULL; field; field = next) {
        TRY(cut_field(csv, &field, &next));
        TRY(add_field(csv, field));
    }
    return FIG_OK;
}

/* --- What fields mean */

static bool is_missing(const char *field)
{
    static const char *const words[] = { "", "?", "na", "n/a", "nan", "null", "none" };
    for (size_t i = 0; i < LENGTH(words); i++) {
        if (strcasecmp(field, words[i]) == 0)
            return true;
    }
    return false;
}

/* Decimal, and of a size that floats have. */
static bool parse_number(const char *field, double *number)
{
    char *end = NULL;
    if (!*field || field[strspn(field, "0123456789+-.eE")])
        return false;
    *number = number_read(field, &end);
    return !*end && fabs(*number) <= FLT_MAX;
}

static enum fig_status take_number(const struct csv *csv, size_t column, double *number)
{
    const char *field = csv->fields[column];
    if (is_missing(field))
        return wrong(csv, column, "a value is missing", "");
    if (!parse_number(field, number))
        return wrong(csv, column, csv->plain ? "not a number: `" : "not a number (label=COLUMN "
                     "says which column has labels): `", field);
    return FIG_OK;
}

static enum fig_status take_label(struct csv *csv, uint8_t *label)
{
    const char *field = csv->fields[csv->label];
    int i = 0;
    if (is_missing(field))
        return wrong(csv, csv->label, "a label is missing", "");
    while (i < csv->classes && strcmp(csv->names[i], field) != 0)
        i++;
    if (i == CLASS_LIMIT)
        return wrong(csv, csv->label, "more than 256 different labels, the last one `", field);
    if (i == csv->classes)
        csv->names[csv->classes++] = field;
    *label = (uint8_t)i;
    return FIG_OK;
}

static enum fig_status numbered_label(struct csv *csv)
{
    const int columns = (int)csv->columns, range[2] = { -columns, columns };
    int number;
    TRY(source_number(csv->source, "label", range, 0, &number));
    if (!number)
        return fail(FIG_INVALID, "%s: label=0: columns are counted from 1, or from -1 backwards",
                    csv->source->spec);
    csv->label = (size_t)(number > 0 ? number - 1 : columns + number);
    return FIG_OK;
}

static enum fig_status find_label(struct csv *csv)
{
    const char *wish = source_option(csv->source, "label");
    double number;
    csv->label = csv->columns;
    if (!wish)
        return FIG_OK;
    if (parse_number(wish, &number))
        return numbered_label(csv);
    for (csv->label = 0; csv->label < csv->columns; csv->label++) {
        if (strcmp(csv->fields[csv->label], wish) == 0)
            return FIG_OK;
    }
    return fail(FIG_INVALID, "%s: line %d: no column has the name `%s`, that of option `label`",
                csv->source->spec, csv->line, wish);
}

/* A word before numbers. */
static bool has_name(const struct csv *csv)
{
    double number;
    bool name = csv->columns > 1 && !is_missing(csv->fields[0]) &&
                !parse_number(csv->fields[0], &number);
    for (size_t i = 1; name && i < csv->columns; i++)
        name = parse_number(csv->fields[i], &number);
    return name;
}

/* Words where numbers belong, or the label's name. */
static bool is_header(const struct csv *csv)
{
    const char *wish = source_option(csv->source, "label");
    double number;
    for (size_t i = 0; i < csv->columns; i++) {
        const char *field = csv->fields[i];
        if (i == csv->label && (!wish || strcmp(field, wish) != 0))
            continue;
        if (!is_missing(field) && !parse_number(field, &number))
            return true;
    }
    return false;
}

/* --- The table */

static enum fig_status make_room(struct csv *csv, struct table *table)
{
    const size_t limit = DATASET_LIMIT / (table->columns * sizeof(double));
    if (table->rows < csv->row_room)
        return FIG_OK;
    if (table->rows >= limit)
        return fail(FIG_FORMAT, "%s: line %d: more than %zu rows of %zu numbers",
                    csv->source->spec, csv->line, limit, table->columns);
    const size_t twice = csv->row_room ? 2 * csv->row_room : 16;
    const size_t room = twice < limit ? twice : limit;
    double *values = realloc(table->values, room * table->columns * sizeof(double));
    table->values = values ? values : table->values;
    bool enough = values;
    if (csv->label < csv->columns && !csv->plain) {
        uint8_t *labels = realloc(table->labels, room);
        table->labels = labels ? labels : table->labels;
        enough &= labels != NULL;
    }
    if (!enough)
        return fail(FIG_NOMEM, "%s: no memory for %zu rows", csv->source->spec, room);
    csv->row_room = room;
    return FIG_OK;
}

static enum fig_status take_row(struct csv *csv, struct table *table)
{
    TRY(make_room(csv, table));
    double *out = table->values + table->rows * table->columns;
    for (size_t i = 0; i < csv->columns; i++) {
        if (i != csv->label)
            TRY(take_number(csv, i, out++));
        else if (!csv->plain)
            TRY(take_label(csv, &table->labels[table->rows]));
    }
    table->rows++;
    return FIG_OK;
}

/* Names of rows, where only numbers are wanted; those below a header show in the second line. */
static void find_names(struct csv *csv, struct table *table)
{
    if (!csv->plain || table->rows || csv->label < csv->columns || !has_name(csv))
        return;
    csv->label = 0;
    table->columns--;
}

static enum fig_status take_first(struct csv *csv, struct table *table)
{
    char *line = take_line(csv);
    if (!line)
        return fail(FIG_FORMAT, "%s: line %d: the file is empty", csv->source->spec, csv->line);
    csv->separator = find_separator(line);
    TRY(split_line(csv, line));
    csv->columns = csv->count;
    TRY(find_label(csv));
    table->columns = csv->columns - (csv->label < csv->columns);
    find_names(csv, table);
    if (!table->columns)
        return fail(FIG_FORMAT, "%s: line %d: one column, and it has the labels",
                    csv->source->spec, csv->line);
    return is_header(csv) ? FIG_OK : take_row(csv, table);
}

static enum fig_status take_table(struct csv *csv, struct table *table)
{
    TRY(take_first(csv, table));
    for (char *line = take_line(csv); line; line = take_line(csv)) {
        TRY(split_line(csv, line));
        if (csv->count != csv->columns)
            return fail(FIG_FORMAT, "%s: line %d: %zu columns; the first line has %zu",
                        csv->source->spec, csv->line, csv->count, csv->columns);
        find_names(csv, table);
        TRY(take_row(csv, table));
    }
    if (!table->rows)
        return fail(FIG_FORMAT, "%s: line %d: no numbers follow the names of the columns",
                    csv->source->spec, csv->line);
    return FIG_OK;
}

/* --- Classes in order */

struct class {
    const char *name;
    double number;
    int found; /* its label in order of first use */
};

static int by_name(const void *a, const void *b)
{
    const struct class *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static int by_number(const void *a, const void *b)
{
    const struct class *left = a, *right = b;
    const int order = (left->number > right->number) - (left->number < right->number);
    return order ? order : by_name(a, b);
}

/* Labels become places in the order of their names; of their values where all are numbers. */
static void sort_classes(const struct csv *csv, struct table *table, struct text *names)
{
    struct class classes[CLASS_LIMIT];
    uint8_t place[CLASS_LIMIT];
    bool numbers = true;
    for (int i = 0; i < csv->classes; i++) {
        classes[i] = (struct class){ .name = csv->names[i], .found = i };
        numbers &= parse_number(csv->names[i], &classes[i].number);
    }
    qsort(classes, (size_t)csv->classes, sizeof(*classes), numbers ? by_number : by_name);
    for (int i = 0; i < csv->classes; i++) {
        names_add(names, classes[i].name);
        place[classes[i].found] = (uint8_t)i;
    }
    for (size_t i = 0; table->labels && i < table->rows; i++)
        table->labels[i] = place[table->labels[i]];
}

/* --- The format */

/* Without a dataset, which takes the classes, only numbers are wanted. */
static enum fig_status read_bytes(struct fig_dataset *dataset, const struct source *source,
                                  struct table *table, char *bytes, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8 */
    struct csv csv = { .source = source, .next = bytes, .plain = !dataset };
    const size_t length = strlen(bytes);
    if (length != size)
        return fail(FIG_FORMAT, "%s: offset %zu: a zero byte is no text", source->spec, length);
    if (strncmp(bytes, mark, strlen(mark)) == 0)
        csv.next += strlen(mark);
    const enum fig_status status = take_table(&csv, table);
    if (!status && dataset) {
        sort_classes(&csv, table, &dataset->names);
        dataset->info.classes = csv.classes;
    }
    free(csv.fields);
    return status;
}

static enum fig_status read_file(struct fig_dataset *dataset, const struct source *source,
                                 struct table *table)
{
    void *bytes = NULL;
    size_t size;
    TRY(file_read(source->spec, DATASET_LIMIT, &bytes, &size));
    const enum fig_status status = read_bytes(dataset, source, table, bytes, size);
    free(bytes);
    return status;
}

enum fig_status csv_numbers(const char *path, struct table *table)
{
    struct source source;
    TRY(source_parse(&source, path));
    return read_file(NULL, &source, table);
}

static enum fig_status csv_open(struct fig_dataset *dataset, const struct source *source)
{
    struct table table = { 0 };
    enum fig_status status = read_file(dataset, source, &table);
    if (!status)
        status = table_finish(dataset, &table, source);
    free(table.values);
    free(table.labels);
    return status;
}

static bool csv_probe(const char *spec)
{
    const char *dot = strrchr(path_name(spec), '.');
    return dot && (strcasecmp(dot, ".csv") == 0 || strcasecmp(dot, ".tsv") == 0) &&
           path_exists(spec) && !path_is_folder(spec);
}

const struct format csv_format = {
    .looks_for = "a table of numbers in a .csv or .tsv file",
    .options = " label ",
    .probe = csv_probe,
    .open = csv_open,
};
