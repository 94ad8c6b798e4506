/* SPDX-License-Identifier: MIT */
#undef fail /* an old name of ck_abort_msg, and ours in base/log.h */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/log.h>

#include "base/file.h"
#include "base/size.h"
#include "model/yaml.h"

static char message[2048]; /* the last one logged */

static void keep_message(void *data, enum fig_log_level level, const char *text)
{
    (void)data, (void)level;
    snprintf(message, sizeof(message), "%s", text);
}

#define EXPECT_ERROR(call_, message_)                                                              \
    do {                                                                                           \
        message[0] = '\0';                                                                         \
        ck_assert_int_eq(call_, FIG_FORMAT);                                                       \
        ck_assert_str_eq(message, message_);                                                       \
    } while (0)

static struct document parse(const char *text)
{
    struct document doc;
    ck_assert_msg(!document_parse(&doc, "m.yaml", text, strlen(text)), "%s", message);
    return doc;
}

/* The node at a path of keys with dots; list indices are not needed here. */
static const struct yaml *at(const struct document *doc, const char *path)
{
    char parts[256];
    const struct yaml *node = doc->root;
    snprintf(parts, sizeof(parts), "%s", path);
    for (char *part = strtok(parts, "."); part; part = strtok(NULL, ".")) {
        node = yaml_find(node, part);
        ck_assert_msg(node != NULL, "no %s", path);
    }
    return node;
}

static const char example[] = "# a model\n"
                              "model: ae-deep\n"
                              "optimizer:\n"
                              "  name: adam\n"
                              "  rate: 1e-7\n"
                              "  betas: [0.9, 0.999]\n"
                              "encoder:\n"
                              "  - dense 128 relu\n"
                              "  - {kind: dense, size: 32}\n"
                              "  - 'quoted: text'\n"
                              "epochs: 20\n"
                              "seed: 18446744073709551615\n"
                              "shuffle: true\n"
                              "empty:\n"
                              "blank: \"\"\n";

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

START_TEST(values_are_read_as_the_type_asked_for)
{
    static const char *const names[] = { "sgd", "adam", NULL };
    struct document doc = parse(example);
    const char *text = NULL;
    uint64_t seed = 0;
    bool flag = false;
    double rate = 0;
    int choice = -1, epochs = 0;

    ck_assert_int_eq(yaml_string(at(&doc, "model"), &text), FIG_OK);
    ck_assert_str_eq(text, "ae-deep");
    ck_assert_int_eq(yaml_string(at(&doc, "blank"), &text), FIG_OK);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(yaml_choice(at(&doc, "optimizer.name"), names, &choice), FIG_OK);
    ck_assert_int_eq(choice, 1);
    ck_assert_int_eq(yaml_int(at(&doc, "epochs"), 20, 20, &epochs), FIG_OK);
    ck_assert_int_eq(epochs, 20);
    ck_assert_int_eq(yaml_uint64(at(&doc, "seed"), &seed), FIG_OK);
    ck_assert(seed == UINT64_MAX);
    ck_assert_int_eq(yaml_bool(at(&doc, "shuffle"), &flag), FIG_OK);
    ck_assert(flag);
    ck_assert_int_eq(yaml_number(at(&doc, "optimizer.rate"),
                                 &(struct yaml_range){ 0, INFINITY, .above = true }, &rate),
                     FIG_OK);
    ck_assert(rate == 1e-7);
    document_free(&doc);
}
END_TEST

START_TEST(a_missing_key_keeps_the_default_unless_it_is_required)
{
    static const char *const names[] = { "a", NULL };
    struct document doc = parse(example);
    const struct yaml *node;
    const char *text = "before";
    uint64_t seed = 5;
    bool flag = true;
    double rate = 0.5;
    int choice = 7, epochs = 8;

    ck_assert_int_eq(yaml_string(NULL, &text), FIG_OK);
    ck_assert_int_eq(yaml_choice(NULL, names, &choice), FIG_OK);
    ck_assert_int_eq(yaml_int(NULL, 0, 1, &epochs), FIG_OK);
    ck_assert_int_eq(yaml_uint64(NULL, &seed), FIG_OK);
    ck_assert_int_eq(yaml_bool(NULL, &flag), FIG_OK);
    ck_assert_int_eq(yaml_number(NULL, &(struct yaml_range){ .low = 0, .high = 1 }, &rate), FIG_OK);
    ck_assert_str_eq(text, "before");
    ck_assert(seed == 5 && flag && rate == 0.5 && choice == 7 && epochs == 8);

    ck_assert_int_eq(yaml_require(doc.root, "model", &node), FIG_OK);
    ck_assert_str_eq(node->text, "ae-deep");
    EXPECT_ERROR(yaml_require(doc.root, "loss", &node), "m.yaml:2: the key 'loss' is missing");
    EXPECT_ERROR(yaml_require(at(&doc, "optimizer"), "momentum", &node),
                 "m.yaml:3: optimizer: the key 'momentum' is missing");
    document_free(&doc);
}
END_TEST

START_TEST(a_wrong_string_is_named_with_its_place)
{
    struct document doc = parse("a: [1, 2]\nb:\nc: {d: {}}\n");
    const char *text = "kept";
    EXPECT_ERROR(yaml_string(at(&doc, "a"), &text),
                 "m.yaml:1: a: expected text, found a list of 2");
    EXPECT_ERROR(yaml_string(at(&doc, "b"), &text), "m.yaml:2: b: expected text, found nothing");
    EXPECT_ERROR(yaml_string(at(&doc, "c.d"), &text), "m.yaml:3: c.d: expected text, found a map");
    EXPECT_ERROR(yaml_string(doc.root, &text), "m.yaml:1: expected text, found a map");
    ck_assert_str_eq(text, "kept");
    document_free(&doc);
}
END_TEST

START_TEST(a_wrong_choice_lists_all_and_the_nearest)
{
    static const char *const names[] = { "sgd", "adam", "adadelta", NULL };
    struct document doc = parse("- adem\n- qwertzuiop\n- []\n- ''\n");
    const struct yaml *item = doc.root->first;
    int choice = 9;
    EXPECT_ERROR(yaml_choice(item, names, &choice),
                 "m.yaml:1: 0: unknown name 'adem'; did you mean 'adam'? "
                 "expected one of: sgd, adam, adadelta");
    item = item->next;
    EXPECT_ERROR(yaml_choice(item, names, &choice),
                 "m.yaml:2: 1: unknown name 'qwertzuiop'; expected one of: sgd, adam, adadelta");
    item = item->next;
    EXPECT_ERROR(yaml_choice(item, names, &choice),
                 "m.yaml:3: 2: expected text, found a list of 0");
    item = item->next;
    EXPECT_ERROR(yaml_choice(item, names, &choice),
                 "m.yaml:4: 3: unknown name ''; expected one of: sgd, adam, adadelta");
    ck_assert_int_eq(choice, 9);
    document_free(&doc);
}
END_TEST

static const struct {
    const char *text, *found; /* NULL: it is accepted */
    double value;
} numbers[] = {
    { "1", NULL, 1 },
    { "1e-7", NULL, 1e-7 },
    { "+.5", NULL, 0.5 },
    { "1.0E-3", NULL, 1e-3 },
    { "'0.25'", NULL, 0.25 },
    { "0", "'0'", 0 },
    { "-0.5", "'-0.5'", 0 },
    { "1.0000001", "'1.0000001'", 0 },
    { "nan", "'nan'", 0 },
    { ".inf", "'.inf'", 0 },
    { "inf", "'inf'", 0 },
    { "1e999", "'1e999'", 0 },
    { "0x1", "'0x1'", 0 },
    { "0.5x", "'0.5x'", 0 },
    { "0,5", "'0,5'", 0 },
    { "1e", "'1e'", 0 },
    { "--1", "'--1'", 0 },
    { "fast", "'fast'", 0 },
    { "", "nothing", 0 },
    { "[0.5]", "a list of 1", 0 },
};

START_TEST(a_number_is_finite_and_in_its_range)
{
    char text[64], want[128];
    double value = 77;
    snprintf(text, sizeof(text), "\nrate: %s\n", numbers[_i].text);
    struct document doc = parse(text);
    const struct yaml *node = at(&doc, "rate");
    const struct yaml_range range = { 0, 1, .above = true };
    if (!numbers[_i].found) {
        ck_assert_int_eq(yaml_number(node, &range, &value), FIG_OK);
        ck_assert(value == numbers[_i].value);
    } else {
        snprintf(want, sizeof(want), "m.yaml:2: rate: expected a number in (0, 1], found %s",
                 numbers[_i].found);
        EXPECT_ERROR(yaml_number(node, &range, &value), want);
        ck_assert(value == 77);
    }
    document_free(&doc);
}
END_TEST

START_TEST(ranges_are_named_as_they_are)
{
    struct document doc = parse("x: [1, -1]\n");
    const struct yaml *one = at(&doc, "x")->first, *minus = one->next;
    double value;
    EXPECT_ERROR(yaml_number(one, &(struct yaml_range){ 0, 1, .below = true }, &value),
                 "m.yaml:1: x.0: expected a number in [0, 1), found '1'");
    EXPECT_ERROR(yaml_number(minus, &(struct yaml_range){ .high = INFINITY }, &value),
                 "m.yaml:1: x.1: expected a number in [0, inf), found '-1'");
    ck_assert_int_eq(yaml_number(minus, &(struct yaml_range){ .low = -INFINITY }, &value), FIG_OK);
    document_free(&doc);
}
END_TEST

static const char *const wrong_ints[] = { "-4",   "11",  "1.0", "1e1", "0x5", "5 5", "'5 '",
                                          "five", "+-5", "+",   "1-",  "99999999999999999999" };

START_TEST(an_int_is_whole_and_in_its_range)
{
    char text[64], want[128];
    int value = 77;
    struct document doc = parse("[-3, 10, +5, '7']");
    const struct yaml *item = doc.root->first;
    for (size_t i = 0; i < 4; i++, item = item->next)
        ck_assert_int_eq(yaml_int(item, -3, 10, &value), FIG_OK);
    ck_assert_int_eq(value, 7);
    document_free(&doc);
    for (size_t i = 0; i < LENGTH(wrong_ints); i++) {
        const char *found = wrong_ints[i];
        snprintf(text, sizeof(text), "a: 1\nb: %s\n", found);
        doc = parse(text);
        snprintf(want, sizeof(want),
                 "m.yaml:2: b: expected a whole number in [-3, 10], found '%s'",
                 *found == '\'' ? "5 " : found);
        EXPECT_ERROR(yaml_int(at(&doc, "b"), -3, 10, &value), want);
        document_free(&doc);
    }
    ck_assert_int_eq(value, 7);
}
END_TEST

START_TEST(a_seed_is_any_of_64_bits)
{
    static const char *const wrong[] = { "-1", "18446744073709551616", "1.5", "x" };
    char want[128];
    uint64_t seed = 7;
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        struct document doc = parse(wrong[i]);
        snprintf(want, sizeof(want),
                 "m.yaml:1: expected a whole number in [0, 18446744073709551615], found '%s'",
                 wrong[i]);
        EXPECT_ERROR(yaml_uint64(doc.root, &seed), want);
        document_free(&doc);
    }
    ck_assert(seed == 7);
}
END_TEST

START_TEST(a_bool_is_a_word_of_yaml)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };
    bool flag;
    for (size_t i = 0; i < LENGTH(words); i++) {
        struct document doc = parse(words[i]);
        flag = !(i % 2);
        ck_assert_int_eq(yaml_bool(doc.root, &flag), FIG_OK);
        ck_assert_int_eq(flag, i % 2);
        document_free(&doc);
    }
    struct document doc = parse("a: maybe\nb: 1\nc: [true]");
    EXPECT_ERROR(yaml_bool(at(&doc, "a"), &flag),
                 "m.yaml:1: a: expected true or false, found 'maybe'");
    EXPECT_ERROR(yaml_bool(at(&doc, "b"), &flag), "m.yaml:2: b: expected true or false, found '1'");
    EXPECT_ERROR(yaml_bool(at(&doc, "c"), &flag),
                 "m.yaml:3: c: expected true or false, found a list of 1");
    document_free(&doc);
}
END_TEST

START_TEST(a_kind_is_checked)
{
    struct document doc = parse("a: 1\nb: {}\n");
    ck_assert_int_eq(yaml_expect(doc.root, YAML_MAP), FIG_OK);
    EXPECT_ERROR(yaml_expect(at(&doc, "a"), YAML_LIST), "m.yaml:1: a: expected a list, found '1'");
    EXPECT_ERROR(yaml_expect(at(&doc, "a"), YAML_MAP), "m.yaml:1: a: expected a map, found '1'");
    EXPECT_ERROR(yaml_expect(at(&doc, "b"), YAML_SCALAR),
                 "m.yaml:2: b: expected one value, found a map");
    document_free(&doc);
}
END_TEST

START_TEST(an_unknown_key_is_refused_with_the_nearest)
{
    static const char *const top[] = { "loss", "optimizer", "encoder", NULL };
    static const char *const inner[] = { "name", "rate", NULL };
    static const char *const none[] = { NULL };
    struct document doc = parse("loss: mse\noptimizer:\n  name: adam\n  rtae: 1\noptimiser: 3\n"
                                "zzzzzzzzz: 1\n");
    EXPECT_ERROR(yaml_known(doc.root, top),
                 "m.yaml:5: optimiser: unknown key; did you mean 'optimizer'? "
                 "known here: loss, optimizer, encoder");
    EXPECT_ERROR(yaml_known(at(&doc, "optimizer"), inner),
                 "m.yaml:4: optimizer.rtae: unknown key; did you mean 'rate'? "
                 "known here: name, rate");
    EXPECT_ERROR(yaml_known(at(&doc, "loss"), none), "m.yaml:1: loss: expected a map, found 'mse'");
    EXPECT_ERROR(yaml_known(doc.root, none), "m.yaml:1: loss: unknown key; known here: none");
    document_free(&doc);
    doc = parse("optimizer: {}\nloss: x");
    ck_assert_int_eq(yaml_known(doc.root, top), FIG_OK);
    document_free(&doc);
}
END_TEST

START_TEST(assignments_replace_and_add)
{
    struct document doc = parse(example);
    const struct yaml *list = at(&doc, "encoder");
    const int count = doc.root->count;
    double rate;

    ck_assert_int_eq(document_set(&doc, "optimizer.rate=0.002"), FIG_OK);
    ck_assert_str_eq(at(&doc, "optimizer.rate")->text, "0.002");
    ck_assert_int_eq(at(&doc, "optimizer")->count, 3);
    ck_assert_int_eq(document_set(&doc, "encoder.0=dense 64 = relu"), FIG_OK);
    ck_assert_str_eq(list->first->text, "dense 64 = relu");
    ck_assert_int_eq(document_set(&doc, "encoder.2=[a, 'b']"), FIG_OK);
    ck_assert_int_eq(list->count, 3);
    ck_assert_int_eq(list->first->next->next->count, 2);
    ck_assert_int_eq(document_set(&doc, "encoder.1.size=5"), FIG_OK);
    ck_assert_str_eq(yaml_find(list->first->next, "size")->text, "5");
    ck_assert_int_eq(document_set(&doc, "optimizer.betas=[0.5, 0.9]"), FIG_OK);
    ck_assert_str_eq(at(&doc, "optimizer.betas")->first->text, "0.5");
    ck_assert_int_eq(document_set(&doc, "schedule.warm.steps=5"), FIG_OK);
    ck_assert_str_eq(at(&doc, "schedule.warm.steps")->text, "5");
    ck_assert_int_eq(doc.root->count, count + 1);
    ck_assert_int_eq(document_set(&doc, "model="), FIG_OK);
    ck_assert_str_eq(at(&doc, "model")->text, "");
    ck_assert_int_eq(document_put(&doc, "data.path", "a: b, \"c\" # [d"), FIG_OK);
    ck_assert_str_eq(at(&doc, "data.path")->text, "a: b, \"c\" # [d");

    ck_assert_int_eq(document_set(&doc, "optimizer.rate=fast"), FIG_OK);
    EXPECT_ERROR(yaml_number(at(&doc, "optimizer.rate"), &(struct yaml_range){ .high = 1 }, &rate),
                 "--set optimizer.rate=fast: optimizer.rate: expected a number in [0, 1], "
                 "found 'fast'");
    document_free(&doc);
}
END_TEST

static const struct {
    const char *assignment, *message;
} wrong_sets[] = {
    { "rate", "--set rate: expected KEY=VALUE" },
    { "=1", "--set =1: a name in the path is empty" },
    { "optimizer..rate=1", "--set optimizer..rate=1: a name in the path is empty" },
    { "optimizer.=1", "--set optimizer.=1: a name in the path is empty" },
    { "encoder.3=1", "--set encoder.3=1: '3' is no index of a list of 3" },
    { "encoder.x=1", "--set encoder.x=1: 'x' is no index of a list of 3" },
    { "encoder.-1=1", "--set encoder.-1=1: '-1' is no index of a list of 3" },
    { "model.name=1", "--set model.name=1: there is no 'name' in 'ae-deep': that is no map" },
    { "model=[1",
      "--set model=[1: did not find expected ',' or ']' while parsing a flow sequence" },
    { "model=*x", "--set model=*x: aliases are not read: write the value again" },
    { "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1",
      "--set a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1: "
      "the path has more than 31 names" },
    { "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=[1]",
      "--set a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=[1]: "
      "nested too deeply" },
};

START_TEST(a_wrong_assignment_changes_nothing)
{
    struct document doc = parse(example);
    struct text before = { 0 }, after = { 0 };
    ck_assert_int_eq(document_write(&doc, &before), FIG_OK);
    EXPECT_ERROR(document_set(&doc, wrong_sets[_i].assignment), wrong_sets[_i].message);
    ck_assert_int_eq(document_write(&doc, &after), FIG_OK);
    ck_assert_str_eq(before.chars, after.chars);
    text_free(&before);
    text_free(&after);
    document_free(&doc);
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

int main(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tests = tcase_create("all");
    fig_log_set(keep_message, NULL);
    tcase_add_test(tests, a_document_becomes_a_tree_with_lines);
    tcase_add_test(tests, an_empty_document_is_an_empty_map);
    tcase_add_test(tests, values_are_read_as_the_type_asked_for);
    tcase_add_test(tests, a_missing_key_keeps_the_default_unless_it_is_required);
    tcase_add_test(tests, a_wrong_string_is_named_with_its_place);
    tcase_add_test(tests, a_wrong_choice_lists_all_and_the_nearest);
    tcase_add_loop_test(tests, a_number_is_finite_and_in_its_range, 0, LENGTH(numbers));
    tcase_add_test(tests, ranges_are_named_as_they_are);
    tcase_add_test(tests, an_int_is_whole_and_in_its_range);
    tcase_add_test(tests, a_seed_is_any_of_64_bits);
    tcase_add_test(tests, a_bool_is_a_word_of_yaml);
    tcase_add_test(tests, a_kind_is_checked);
    tcase_add_test(tests, an_unknown_key_is_refused_with_the_nearest);
    tcase_add_test(tests, assignments_replace_and_add);
    tcase_add_loop_test(tests, a_wrong_assignment_changes_nothing, 0, LENGTH(wrong_sets));
    tcase_add_loop_test(tests, what_is_written_is_read_back_as_the_same_tree, 0, LENGTH(trees));
    tcase_add_test(tests, what_is_written_is_plain_block_yaml);
    tcase_add_loop_test(tests, hostile_text_is_refused_with_file_and_line, 0, LENGTH(hostile));
    tcase_add_test(tests, a_nul_byte_is_refused);
    tcase_add_loop_test(tests, what_is_above_a_limit_is_refused, 0, LENGTH(large));
    tcase_add_test(tests, an_alias_bomb_is_refused);
    tcase_add_test(tests, a_message_is_one_line_whatever_the_file_holds);
    tcase_add_test(tests, a_file_is_read_and_a_missing_one_is_an_error);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
