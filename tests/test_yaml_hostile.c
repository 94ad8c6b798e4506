/* SPDX-License-Identifier: MIT */
/* Text that is broken, malicious or too large. */
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "tests/document.h"

static const struct {
    const char *text, *message;
} hostile[] = {
    { "a: 1\nb: 2\na: 3\n", "m.yaml:3: the key 'a' comes twice; first in line 1" },
    { "x: {a: 1, a: 2}\n", "m.yaml:1: the key 'a' comes twice; first in line 1" },
    { "a: &x 1\nb: 2\n", "m.yaml:1: anchors are not read" },
    { "a: [&x []]\n", "m.yaml:1: anchors are not read" },
    { "a: 1\nb: *x\n", "m.yaml:2: aliases are not read: write the value again" },
    { "a: !!python/object:os.system x\n", "m.yaml:1: tags are not read" },
    { "!!map {}\n", "m.yaml:1: tags are not read" },
    { "? [a]\n: 1\n", "m.yaml:1: a key must be a scalar" },
    { "? {a: 1}\n: 1\n", "m.yaml:1: a key must be a scalar" },
    { "a: 1\n---\nb: 2\n", "m.yaml:2: a second document; one is read" },
    { "a: \"\\0\"\n", "m.yaml:1: a NUL in a scalar" },
    { "\"\\0\": 1\n", "m.yaml:1: a NUL in a scalar" },
    { "a: 1\n\tb: 2\n", "m.yaml:2: found a tab character that violates indentation while scanning "
                        "a plain scalar" },
    { "a: [1,\n2\n", "m.yaml:3: did not find expected ',' or ']' while parsing a flow sequence" },
    { "a: 1\nb\n", "m.yaml:3: could not find expected ':' while scanning a simple key" },
    { "a: 1\nb: \xff\n", "m.yaml:2: invalid leading UTF-8 octet" },
    { "a: \xc0\x80\n", "m.yaml:1: invalid length of a UTF-8 sequence" },
    { "%TAG ! !x\n---\na: 1\n", "m.yaml: %TAG is not read" },
    { "\xff\xfe" "a", "m.yaml:1: invalid leading UTF-8 octet" },
    { "a: 1\nb: \x01\n", "m.yaml:2: control characters are not allowed" },
};

START_TEST(hostile_text_is_refused_with_file_and_line)
{
    struct document doc;
    EXPECT_ERROR(document_parse(&doc, "m.yaml", hostile[_i].text, strlen(hostile[_i].text)),
                 hostile[_i].message);
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
    struct document doc;
    EXPECT_ERROR(document_parse(&doc, "m.yaml", "a: 1\n\0b: 2\n", 11),
                 "m.yaml:2: control characters are not allowed");
}
END_TEST

static char *repeat(const char *part, size_t count)
{
    const size_t length = strlen(part);
    char *all = malloc(length * count + 1);
    ck_assert_ptr_nonnull(all);
    for (size_t i = 0; i < count; i++)
        memcpy(all + i * length, part, length + 1);
    return all;
}

static const struct {
    const char *part;
    size_t count;
    const char *message;
} large[] = {
    { "[", 10000, "m.yaml:1: nested too deeply" },
    { "{a: ", 10000, "m.yaml:1: nested too deeply" },
    { "- ", 10000, "m.yaml:1: nested too deeply" },
    { "- x\n", 100000, "m.yaml:10000: too many values" },
    { "a", 10 << 20, "m.yaml: 10485760 bytes; at most 1048576 are read" },
};

START_TEST(what_is_above_a_limit_is_refused)
{
    struct document doc;
    char *text = repeat(large[_i].part, large[_i].count);
    EXPECT_ERROR(document_parse(&doc, "m.yaml", text, strlen(text)), large[_i].message);
    free(text);
}
END_TEST

START_TEST(an_alias_bomb_is_refused)
{
    struct document doc;
    const char *bomb = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n";
    EXPECT_ERROR(document_parse(&doc, "m.yaml", bomb, strlen(bomb)),
                 "m.yaml:1: anchors are not read");
}
END_TEST

START_TEST(a_message_is_one_line_whatever_the_file_holds)
{
    struct document doc = parse("\"k\\n\\e\": \"a\\nb\\e[31m\"\n");
    bool flag;
    EXPECT_ERROR(yaml_bool(doc.root->first, &flag),
                 "m.yaml:1: k  : expected true or false, found 'a b [31m'");
    document_free(&doc);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml_hostile");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, hostile_text_is_refused_with_file_and_line, 0, LENGTH(hostile));
    tcase_add_test(tests, a_nul_byte_is_refused);
    tcase_add_loop_test(tests, what_is_above_a_limit_is_refused, 0, LENGTH(large));
    tcase_add_test(tests, an_alias_bomb_is_refused);
    tcase_add_test(tests, a_message_is_one_line_whatever_the_file_holds);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
