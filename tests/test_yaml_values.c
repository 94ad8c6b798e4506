/* SPDX-License-Identifier: MIT */
/* Nodes as values of the type asked for, and keys as those that are known. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>

#include "base/size.h"
#include "tests/document.h"

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

int main(void)
{
    Suite *suite = suite_create("yaml_values");
    TCase *tests = tcase_create("all");
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
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
