/* SPDX-License-Identifier: MIT */
/* Text becomes a tree of nodes, and a tree becomes text. */
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/size.h"
#include "tests/document.h"

START_TEST(a_document_becomes_a_tree_with_lines)
{
    struct document doc = parse(example);
    const struct yaml *list = at(&doc, "encoder");
    ck_assert_int_eq(doc.root->kind, YAML_MAP);
    ck_assert_int_eq(doc.root->count, 8);
    ck_assert_int_eq(doc.root->line, 2);
    ck_assert_str_eq(at(&doc, "optimizer.rate")->text, "1e-7");
    ck_assert_int_eq(at(&doc, "optimizer.rate")->line, 5);
    ck_assert_int_eq(at(&doc, "optimizer")->line, 3);
    ck_assert_int_eq(list->kind, YAML_LIST);
    ck_assert_int_eq(list->count, 3);
    ck_assert_str_eq(list->first->text, "dense 128 relu");
    ck_assert_int_eq(list->first->line, 8);
    ck_assert_int_eq(list->first->next->kind, YAML_MAP);
    ck_assert_int_eq(yaml_find(list->first->next, "size")->line, 9);
    ck_assert_str_eq(list->first->next->next->text, "quoted: text");
    ck_assert(!at(&doc, "empty")->quoted);
    ck_assert(at(&doc, "blank")->quoted);
    ck_assert_ptr_null(yaml_find(doc.root, "other"));
    ck_assert_ptr_null(yaml_find(NULL, "other"));
    document_free(&doc);
    document_free(&doc);
}
END_TEST

START_TEST(an_empty_document_is_an_empty_map)
{
    static const char *const texts[] = { "", "\n", "# only a comment\n", "{}", "\xef\xbb\xbf" };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct document doc = parse(texts[i]);
        ck_assert_int_eq(doc.root->kind, YAML_MAP);
        ck_assert_int_eq(doc.root->count, 0);
        document_free(&doc);
    }
}
END_TEST

START_TEST(a_file_is_read_and_a_missing_one_is_an_error)
{
    struct document doc;
    ck_assert_int_eq(file_write("test.yaml", "a:\n  b: x\n", 10), FIG_OK);
    ck_assert_int_eq(document_read(&doc, "test.yaml"), FIG_OK);
    ck_assert_str_eq(at(&doc, "a.b")->file, "test.yaml");
    document_free(&doc);
    remove("test.yaml");
    ck_assert_int_eq(document_read(&doc, "test.yaml"), FIG_IO);
}
END_TEST

static void expect_same(const struct yaml *a, const struct yaml *b)
{
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_int_eq(a->count, b->count);
    ck_assert_int_eq(!a->key, !b->key);
    if (a->key)
        ck_assert_str_eq(a->key, b->key);
    if (a->kind == YAML_SCALAR)
        ck_assert_str_eq(a->text, b->text);
    if (a->kind == YAML_SCALAR && !*a->text)
        ck_assert_int_eq(a->quoted, b->quoted);
    const struct yaml *other = b->first;
    for (const struct yaml *item = a->first; item; item = item->next, other = other->next)
        expect_same(item, other);
}

static const char *const trees[] = {
    example,
    "{}",
    "[]",
    "just text",
    "a: {}\nb: []\nc: [[], {}, [1, [2]]]\nd:\n- - x\n  - y\n-\n- ''\n- ~\n",
    "'': empty key\n'a b': \"\\0a\\\\ \\t\\n\"\n\"q\\\"\": 'it''s'\n'- x': '# no comment'\n",
    "text: |\n  two\n  lines\n\nfolded: >-\n  one\n  line\n"
    "'true': 'no'\nutf: \xc3\xa9\xe2\x82\xac\n",
    "plain: a]b, c}d #e\nkey with spaces: x:y\nurl: http://a/b?c=d#e\nempty:\n",
    "escapes: \"\\e[31m \\x7f \\u2028 \\ufeff \\U0001f600\"\n? [\n",
};

START_TEST(what_is_written_is_read_back_as_the_same_tree)
{
    struct document doc, again;
    struct text text = { 0 };
    if (document_parse(&doc, "m.yaml", trees[_i], strlen(trees[_i])))
        return; /* a case for the next test */
    ck_assert_int_eq(document_write(&doc, &text), FIG_OK);
    ck_assert_msg(!document_parse(&again, "again", text.chars, text.length), "%s in\n%s", message,
                  text.chars);
    expect_same(doc.root, again.root);
    text_free(&text);
    document_free(&doc);
    document_free(&again);
}
END_TEST

START_TEST(what_is_written_is_plain_block_yaml)
{
    struct document doc = parse(example);
    struct text text = { 0 };
    ck_assert_int_eq(document_set(&doc, "optimizer.rate=0.002"), FIG_OK);
    ck_assert_int_eq(document_put(&doc, "model", "a: b"), FIG_OK);
    ck_assert_int_eq(document_write(&doc, &text), FIG_OK);
    ck_assert_str_eq(text.chars, "model: 'a: b'\n"
                                 "optimizer:\n"
                                 "  name: adam\n"
                                 "  rate: 0.002\n"
                                 "  betas:\n"
                                 "  - 0.9\n"
                                 "  - 0.999\n"
                                 "encoder:\n"
                                 "- dense 128 relu\n"
                                 "- kind: dense\n"
                                 "  size: 32\n"
                                 "- \"quoted: text\"\n"
                                 "epochs: 20\n"
                                 "seed: 18446744073709551615\n"
                                 "shuffle: true\n"
                                 "empty:\n"
                                 "blank: \"\"\n");
    text_free(&text);
    document_free(&doc);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, a_document_becomes_a_tree_with_lines);
    tcase_add_test(tests, an_empty_document_is_an_empty_map);
    tcase_add_test(tests, a_file_is_read_and_a_missing_one_is_an_error);
    tcase_add_loop_test(tests, what_is_written_is_read_back_as_the_same_tree, 0, LENGTH(trees));
    tcase_add_test(tests, what_is_written_is_plain_block_yaml);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
