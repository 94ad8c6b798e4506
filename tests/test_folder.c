/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <figment/data.h>
#include <figment/image.h>
#include <figment/log.h>

#include "base/file.h"
#include "base/size.h"
#include "scratch.h"

static char details[4096]; /* debug messages */
static char root[SCRATCH_PATH];

static void keep_details(void *data, enum fig_log_level level, const char *text)
{
    const size_t used = strlen(details);
    if (level == FIG_LOG_DEBUG)
        snprintf(details + used, sizeof(details) - used, "%s\n", text);
    suite_listen(data, level, text);
}

static void prepare(void)
{
    char path[SCRATCH_PATH];
    snprintf(root, sizeof(root), "%s", scratch_path("set", path));
    fig_log_set(keep_details, NULL);
    ck_assert_int_eq(folder_create(root, 0755), FIG_OK);
    message[0] = details[0] = '\0';
}

static void make_path(const char *name, char path[PATH_LIMIT])
{
    char folder[PATH_LIMIT];
    ck_assert_int_eq(path_join(path, root, name), FIG_OK);
    strcpy(folder, path);
    *strrchr(folder, '/') = '\0';
    ck_assert_int_eq(folder_create(folder, 0755), FIG_OK);
}

/* A PNG with one byte in all its pixels. */
static void draw(const char *name, int value, const struct fig_grid *shape)
{
    char path[PATH_LIMIT];
    float pixels[100 * 3 * 3];
    for (size_t i = 0; i < LENGTH(pixels); i++)
        pixels[i] = (float)value / 255.0f;
    struct fig_grid grid = *shape;
    grid.images = pixels;
    grid.count = 1;
    make_path(name, path);
    ck_assert_int_eq(fig_grid_write(path, &grid), FIG_OK);
}

static const struct fig_grid small = { .height = 2, .width = 3, .channels = 1 };

static void write_text(const char *name)
{
    char path[PATH_LIMIT];
    make_path(name, path);
    ck_assert_int_eq(file_write(path, "hello", 5), FIG_OK);
}

/* Opens the folder and compares the first byte of each picture, and the labels. */
static struct fig_dataset *expect(const char *options, enum fig_split split, int count,
                                  const char *bytes, const char *labels)
{
    char spec[PATH_LIMIT];
    struct fig_dataset *dataset;
    snprintf(spec, sizeof(spec), "%s%s", root, options);
    const enum fig_status status = fig_dataset_open(&dataset, spec, split, 1);
    ck_assert_msg(!status, "%s", message);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    ck_assert_int_eq(info->count, count);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(fig_dataset_bytes(dataset)[i * info->height * info->width *
                                                    info->channels], bytes[i]);
    if (labels)
        ck_assert_mem_eq(fig_dataset_labels(dataset), labels, (size_t)count);
    else
        ck_assert_ptr_null(fig_dataset_labels(dataset));
    return dataset;
}

static enum fig_status refusal(const char *options)
{
    char spec[PATH_LIMIT];
    struct fig_dataset *dataset = (void *)message;
    snprintf(spec, sizeof(spec), "%s%s", root, options);
    const enum fig_status status = fig_dataset_open(&dataset, spec, FIG_TRAIN, 1);
    ck_assert_ptr_null(dataset);
    ck_assert_ptr_nonnull(strstr(message, root));
    return status;
}

static void expect_names(struct fig_dataset *dataset, const char *names, size_t size)
{
    ck_assert_ptr_nonnull(fig_dataset_names(dataset));
    ck_assert_mem_eq(fig_dataset_names(dataset), names, size);
    fig_dataset_close(&dataset);
}
#define EXPECT_NAMES(dataset_, names_) expect_names(dataset_, names_, sizeof(names_))

START_TEST(a_folder_can_be_had_as_a_whole)
{
    char name[16], bytes[12];
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof(name), "%s/%02d.png", i < 11 ? "a" : "b", i);
        draw(name, i, &small);
        bytes[i] = (char)i;
    }
    struct fig_dataset *dataset =
        expect("", FIG_WHOLE, 12, bytes, "\0\0\0\0\0\0\0\0\0\0\0\1");
    ck_assert(fig_dataset_info(dataset)->whole);
    EXPECT_NAMES(dataset, "a/00.png\0a/01.png\0a/02.png\0a/03.png\0a/04.png\0a/05.png\0"
                          "a/06.png\0a/07.png\0a/08.png\0a/09.png\0a/10.png\0b/11.png");
    dataset = expect("", FIG_TEST, 1, "\11", "\0");
    ck_assert(!fig_dataset_info(dataset)->whole);
    EXPECT_NAMES(dataset, "a/09.png");
    EXPECT_NAMES(expect(":only=b", FIG_TRAIN, 1, "\13", "\1"), "b/11.png");
    EXPECT_NAMES(expect("/b/11.png", FIG_WHOLE, 1, "\13", NULL), "11.png");
}
END_TEST

START_TEST(a_folder_with_halves_of_its_own_is_no_whole)
{
    draw("train/a/1.png", 1, &small);
    draw("test/a/2.png", 2, &small);
    struct fig_dataset *dataset = expect("", FIG_WHOLE, 1, "\2", "\0");
    ck_assert(!fig_dataset_info(dataset)->whole);
    EXPECT_NAMES(dataset, "a/2.png");
}
END_TEST

START_TEST(folders_are_classes_in_the_order_of_their_names)
{
    draw("b/deeper/still/1.png", 1, &small);
    draw("a-b/2.PNG", 2, &small);
    draw("a/3.png", 3, &small);
    draw("b/4.jpeg", 4, &small); /* what it is counts, not what it is called */
    struct fig_dataset *dataset = expect("", FIG_TRAIN, 4, "\2\3\4\1", "\1\0\2\2");
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    ck_assert(info->height == 2 && info->width == 3 && info->channels == 1 && info->bytes);
    ck_assert_int_eq(info->classes, 3);
    ck_assert_str_eq(fig_dataset_class_name(dataset, 0), "a");
    ck_assert_str_eq(fig_dataset_class_name(dataset, 1), "a-b");
    ck_assert_str_eq(fig_dataset_class_name(dataset, 2), "b");
    ck_assert_str_eq(message, "");
    fig_dataset_close(&dataset);
    dataset = expect(":only=b", FIG_TRAIN, 2, "\4\1", "\2\2");
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(each_tenth_file_of_a_class_tests)
{
    char name[64];
    for (int i = 0; i < 23; i++) {
        snprintf(name, sizeof(name), "%s/%02d.png", i < 12 ? "a" : "b", i);
        draw(name, i, &small);
    }
    struct fig_dataset *dataset = expect("", FIG_TEST, 2, "\11\25", "\0\1");
    fig_dataset_close(&dataset);
    dataset = expect("", FIG_TRAIN, 21,
                     "\0\1\2\3\4\5\6\7\10\12\13\14\15\16\17\20\21\22\23\24\26",
                     "\0\0\0\0\0\0\0\0\0\0\0\1\1\1\1\1\1\1\1\1\1");
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(few_files_without_folders_are_both_halves_without_labels)
{
    for (int split = FIG_TRAIN; split <= FIG_TEST; split++) {
        draw("y.png", 7, &small);
        draw("x.png", 8, &small);
        struct fig_dataset *dataset = expect("", (enum fig_split)split, 2, "\10\7", NULL);
        ck_assert_int_eq(fig_dataset_info(dataset)->classes, 0);
        fig_dataset_close(&dataset);
    }
}
END_TEST

START_TEST(train_and_test_are_halves_of_the_same_classes)
{
    const char *const test = _i ? "val" : "test";
    char name[64];
    draw("train/dog/1.png", 1, &small);
    draw("train/cat/2.png", 2, &small);
    draw("beside/3.png", 3, &small);
    snprintf(name, sizeof(name), "%s/emu/4.png", test);
    draw(name, 4, &small);
    snprintf(name, sizeof(name), "%s/cat/5.png", test);
    draw(name, 5, &small);
    struct fig_dataset *dataset = expect("", FIG_TRAIN, 2, "\2\1", "\0\1");
    ck_assert_int_eq(fig_dataset_info(dataset)->classes, 3);
    fig_dataset_close(&dataset);
    dataset = expect("", FIG_TEST, 2, "\5\4", "\0\2");
    ck_assert_int_eq(fig_dataset_info(dataset)->classes, 3);
    ck_assert_str_eq(fig_dataset_class_name(dataset, 2), "emu");
    fig_dataset_close(&dataset);
}
END_TEST

/* What opens, and as what size. */
static const struct {
    struct fig_grid a, b;
    const char *options;
    int height, width, channels;
} sizes[] = {
    { { .height = 2, .width = 3, .channels = 1 }, { .height = 2, .width = 3, .channels = 3 }, "",
      2, 3, 3 },
    { { .height = 2, .width = 3, .channels = 1 }, { .height = 3, .width = 2, .channels = 1 }, "",
      32, 32, 1 },
    { { .height = 65, .width = 3, .channels = 1 }, { .height = 65, .width = 3, .channels = 1 }, "",
      32, 32, 1 },
    { { .height = 64, .width = 3, .channels = 3 }, { .height = 64, .width = 3, .channels = 3 },
      ":channels=1", 64, 3, 1 },
    { { .height = 9, .width = 9, .channels = 1 }, { .height = 5, .width = 5, .channels = 1 },
      ":size=7,channels=3", 7, 7, 3 },
};

START_TEST(pictures_get_one_size)
{
    draw("1.png", 50, &sizes[_i].a);
    draw("2.png", 60, &sizes[_i].b);
    struct fig_dataset *dataset = expect(sizes[_i].options, FIG_TRAIN, 2, "\62\74", NULL);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    ck_assert_int_eq(info->height, sizes[_i].height);
    ck_assert_int_eq(info->width, sizes[_i].width);
    ck_assert_int_eq(info->channels, sizes[_i].channels);
    for (int i = 0; i < info->height * info->width * info->channels; i++)
        ck_assert_int_eq(fig_dataset_bytes(dataset)[i], 50);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(what_is_skipped_is_told)
{
    char path[PATH_LIMIT], cut[PATH_LIMIT];
    draw("a/1.png", 1, &small);
    draw("a/2.png", 2, &small);
    draw("beside.png", 3, &small);
    write_text("a/wrong.png");
    write_text("a/readme.txt");
    write_text("a/.hidden.png");
    write_text(".hidden/1.png");
    make_path("a/2.png", cut);
    struct stat info;
    ck_assert_int_eq(stat(cut, &info), 0);
    ck_assert_int_eq(truncate(cut, info.st_size - 20), 0);
    make_path("a/link.png", path);
    ck_assert_int_eq(symlink("1.png", path), 0);
    make_path("loop", path);
    ck_assert_int_eq(symlink(".", path), 0);
    make_path("a/broken.jpg", path);
    ck_assert_int_eq(symlink("absent", path), 0);

    struct fig_dataset *dataset = expect("", FIG_TRAIN, 1, "\1", "\0");
    static const char *const told[] = {
        "6 skipped: ", "wrong.png: skipped: neither PNG nor JPEG",
        "link.png: skipped: a symbolic link", "loop: skipped: a symbolic link",
        "broken.jpg: skipped: a symbolic link", "beside.png: skipped: beside the folders",
        "2.png: skipped: libpng:",
    };
    for (size_t i = 0; i < LENGTH(told); i++)
        ck_assert_msg(strstr(i ? details : message, told[i]), "no \"%s\" in: %s%s", told[i],
                      message, details);
    ck_assert(!strstr(details, "hidden") && !strstr(details, "readme"));
    ck_assert_ptr_nonnull(strstr(message, ", ..."));
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(more_folders_than_labels_have_values_are_no_classes)
{
    char name[64];
    for (int i = 0; i < 257; i++) {
        snprintf(name, sizeof(name), "%03d/1.png", i);
        draw(name, 9, &(struct fig_grid){ .height = 1, .width = 1, .channels = 1 });
    }
    struct fig_dataset *dataset;
    ck_assert_int_eq(fig_dataset_open(&dataset, root, FIG_TEST, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 25);
    ck_assert_int_eq(fig_dataset_info(dataset)->classes, 0);
    ck_assert_ptr_nonnull(strstr(message, "more than 256 folders"));
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(a_folder_without_a_good_picture_is_refused)
{
    write_text("a/1.txt");
    ck_assert_int_eq(refusal(""), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "a folder with PNG or JPEG files"));
    write_text("a/1.png");
    ck_assert_int_eq(refusal(""), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "none of its files for training"));
}
END_TEST

static const char *const wrong_options[] = {
    ":size=0", ":size=1025", ":size=x", ":channels=2", ":channels=4", ":label=1", ":only=a"
};

START_TEST(a_wrong_option_is_refused)
{
    draw("1.png", 1, &small);
    ck_assert_int_eq(refusal(wrong_options[_i]), FIG_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("folder");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, prepare, scratch_remove);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, folders_are_classes_in_the_order_of_their_names);
    tcase_add_test(tests, a_folder_can_be_had_as_a_whole);
    tcase_add_test(tests, a_folder_with_halves_of_its_own_is_no_whole);
    tcase_add_test(tests, each_tenth_file_of_a_class_tests);
    tcase_add_test(tests, few_files_without_folders_are_both_halves_without_labels);
    tcase_add_loop_test(tests, train_and_test_are_halves_of_the_same_classes, 0, 2);
    tcase_add_loop_test(tests, pictures_get_one_size, 0, LENGTH(sizes));
    tcase_add_test(tests, what_is_skipped_is_told);
    tcase_add_test(tests, more_folders_than_labels_have_values_are_no_classes);
    tcase_add_test(tests, a_folder_without_a_good_picture_is_refused);
    tcase_add_loop_test(tests, a_wrong_option_is_refused, 0, LENGTH(wrong_options));
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
