/* SPDX-License-Identifier: MIT */
/* What `--set KEY=VALUE` does to a document. */
#include "tests/suite.h"

#include "base/size.h"
#include "tests/document.h"

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

static void set(struct document *doc, const char *assignment)
{
    ck_assert_msg(!document_set(doc, assignment), "%s", message);
}

START_TEST(another_name_of_a_map_takes_nothing_of_the_file_with_it)
{
    for (int i = 0; i < 2; i++) {
        struct document doc = parse(example);
        set(&doc, i ? "optimizer.rate=0.5" : "optimizer.name=sgd");
        set(&doc, i ? "optimizer.name=sgd" : "optimizer.rate=0.5");
        ck_assert_int_eq(at(&doc, "optimizer")->count, 2);
        ck_assert_str_eq(at(&doc, "optimizer.name")->text, "sgd");
        ck_assert_str_eq(at(&doc, "optimizer.rate")->text, "0.5");
        document_free(&doc);
    }
}
END_TEST

START_TEST(the_same_name_and_that_of_the_document_change_nothing_else)
{
    struct document doc = parse("name: a\nmap: {name: b, c: 1}\n");
    set(&doc, "map.name=b");
    set(&doc, "name=d");
    ck_assert_int_eq(doc.root->count, 2);
    ck_assert_int_eq(at(&doc, "map")->count, 2);
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

int main(void)
{
    Suite *suite = suite_create("yaml_set");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, assignments_replace_and_add);
    tcase_add_test(tests, another_name_of_a_map_takes_nothing_of_the_file_with_it);
    tcase_add_test(tests, the_same_name_and_that_of_the_document_change_nothing_else);
    tcase_add_loop_test(tests, a_wrong_assignment_changes_nothing, 0, LENGTH(wrong_sets));
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
