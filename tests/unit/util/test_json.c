/*
 * test_json.c - canonical text: digests and keys depend on every byte of it, so it
 * must be what the library itself writes, for any tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/xalloc.h"

static char *by_the_library(const json_t *json)
{
    return json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

static void assert_same(const json_t *json)
{
    auto_free char *ours = json_canonical(json), *theirs = by_the_library(json);
    assert_string_equal(ours, theirs);
}

/* A small generator with a fixed seed: the same trees every time. */
static uint64_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static json_t *any_text(void)
{
    static const char *const pieces[] = {
        "a",  "Z",    "\"",   "\\", "/",  "\n",         "\t", "\b", "\f",  "\r",
        "\1", "\x1f", "\x7f", "é",  "漢", "\U0001F600", " ",  "<",  "ключ"};
    auto_buf struct buf text = {0};
    for (unsigned left = draw(12); left; left--)
        buf_adds(&text, pieces[draw(sizeof pieces / sizeof *pieces)]);
    return json_string(buf_text(&text));
}

static json_t *any_tree(int depth);

static json_t *any_object(int depth)
{
    json_t *object = json_object();
    for (unsigned left = draw(depth > 2 ? 50 : 6); left; left--) {
        auto_json json_t *key = any_text();
        (void)json_object_set_new(object, json_string_value(key), any_tree(depth - 1));
    }
    return object;
}

static json_t *any_tree(int depth)
{
    static const json_int_t numbers[] = {0, -1, 7, INT64_MAX, INT64_MIN, 1000000};
    unsigned kind = draw(depth > 0 ? 8 : 6);
    if (kind == 6)
        return any_object(depth);
    if (kind == 7) {
        json_t *array = json_array();
        for (unsigned left = draw(6); left; left--)
            (void)json_array_append_new(array, any_tree(depth - 1));
        return array;
    }
    return kind == 0   ? json_null()
           : kind == 1 ? json_boolean(draw(2))
           : kind == 2 ? json_integer(numbers[draw(6)])
           : kind == 3 ? json_real((double)draw(1000) / 7)
                       : any_text();
}

static void any_tree_is_written_as_the_library_does(void **state)
{
    (void)state;
    for (seed = 1; seed < 2000; seed++) {
        uint64_t kept = seed;
        auto_json json_t *json = any_tree(4);
        assert_same(json);
        seed = kept;
    }
}

static void members_are_sorted_however_many(void **state)
{
    (void)state;
    for (int count = 0; count < 200; count += 11) {
        auto_json json_t *object = json_object();
        for (int i = 0; i < count; i++) {
            auto_free char *key = xasprintf("k%d", i * 7919 % 1000);
            (void)json_object_set_new(object, key, json_integer(i));
        }
        assert_same(object);
    }
}

static void deep_trees_are_written_whole(void **state)
{
    (void)state;
    json_t *json = json_integer(1);
    for (int i = 0; i < 500; i++)
        json = i % 2 ? json_pack("[o]", json) : json_pack("{s:o}", "b", json);
    assert_same(json);
    json_decref(json);
}

static void nothing_is_null(void **state)
{
    (void)state;
    auto_free char *text = json_canonical(NULL);
    assert_string_equal(text, "null");
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_tree_is_written_as_the_library_does),
        cmocka_unit_test(members_are_sorted_however_many),
        cmocka_unit_test(deep_trees_are_written_whole),
        cmocka_unit_test(nothing_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
