/*
 * support.h - files in a folder of their own, and what a decoder says about them.
 *
 * Header-only. `story_write` puts a file into the test's folder; `problems_are`
 * compares every problem with the expected lines, with the folder's name taken out,
 * so that a test reads like what an operator sees.
 */
#ifndef TEST_PLAYBOOK_SUPPORT_H
#define TEST_PLAYBOOK_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "playbook/load.h"
#include "playbook/problem.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/xalloc.h"

struct story {
    char *folder; /* absolute, no symbolic link */
    struct buf files;
};

static inline int story_open(void **state)
{
    struct story *story = xcalloc(1, sizeof *story);
    char name[] = "/tmp/slipway-playbook-XXXXXX";
    assert_non_null(mkdtemp(name));
    story->folder = realpath(name, NULL);
    assert_non_null(story->folder);
    *state = story;
    return 0;
}

static inline char *story_path(const struct story *story, const char *name)
{
    return xasprintf("%s/%s", story->folder, name);
}

static inline void story_write_bytes(struct story *story, const char *name,
                                     const void *bytes, size_t length)
{
    auto_free char *path = story_path(story, name);
    auto_file FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    buf_addf(&story->files, "%s\n", path);
}

static inline void story_write(struct story *story, const char *name, const char *text)
{
    story_write_bytes(story, name, text, strlen(text));
}

static inline int story_close(void **state)
{
    struct story *story = *state;
    buf_adds(&story->files, "");
    for (char *path = story->files.data, *end; (end = strchr(path, '\n'));
         path = end + 1) {
        *end = '\0';
        (void)unlink(path);
    }
    auto_free char *playbooks = story_path(story, "playbooks");
    (void)rmdir(playbooks);
    (void)rmdir(story->folder);
    buf_free(&story->files);
    free(story->folder);
    free(story);
    return 0;
}

/* The text without any "<folder>/". */
static inline char *without_folder(const struct story *story, const char *text)
{
    auto_buf struct buf out = {0};
    size_t length = strlen(story->folder) + 1;
    auto_free char *prefix = xasprintf("%s/", story->folder);
    const char *found;
    while ((found = strstr(text, prefix))) {
        buf_add(&out, text, (size_t)(found - text));
        text = found + length;
    }
    buf_adds(&out, text);
    return buf_take(&out);
}

static inline void problems_are(const struct story *story, struct problem_list *problems,
                                const char *expected)
{
    auto_free char *text = problems_text(problems);
    auto_free char *got = without_folder(story, text);
    if (strcmp(got, expected) != 0)
        fprintf(stderr, "--- found\n%s--- expected\n%s", got, expected);
    assert_true(!strcmp(got, expected));
}

/*
 * A catalogue of three plugins, enough to see what the decoder does with answers:
 * ssh.run (a read; `argv`), ssh.job (reconcilable; `script` is a file), rest.request
 * (opaque unless the step declares a class), vm.rename (opaque, needs the manager),
 * sleep (a read, needs nothing), two unstages (idempotent).
 */
static inline int fake_check(void *data, const char *use, const char *with_json,
                             const char *base_dir, const char *declared_class,
                             char **normalised_with, enum slipway_class *repeat,
                             const char **needs, struct slipway_error *err)
{
    static const struct {
        const char *use;
        enum slipway_class repeat;
        const char *needs;
    } operations[] = {
        {"ssh.run", SLIPWAY_READ, "ssh"},
        {"ssh.job", SLIPWAY_RECONCILABLE, "ssh"},
        {"rest.request", SLIPWAY_OPAQUE, "rest"},
        {"vm.rename", SLIPWAY_OPAQUE, "manager"},
        {"sleep", SLIPWAY_READ, NULL},
        {"vcsa.unstage", SLIPWAY_IDEMPOTENT, "rest"},
        {"vcsa-cli.unstage", SLIPWAY_IDEMPOTENT, "ssh"},
    };
    (void)data;
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        if (strcmp(operations[i].use, use) != 0)
            continue;
        auto_json json_t *with = json_parse(with_json, strlen(with_json), 65536, err);
        assert_non_null(with);
        if (json_object_get(with, "bad"))
            return slipway_error_set(err, -1, "unknown argument bad");
        const char *script = json_text(with, "script");
        if (script && script[0] != '/') {
            auto_free char *path = xasprintf("%s/%s", base_dir, script);
            (void)json_object_set_new(with, "script", json_string(path));
        }
        *normalised_with = json_canonical(with);
        *repeat = operations[i].repeat;
        if (declared_class && !strcmp(declared_class, "read"))
            *repeat = SLIPWAY_READ;
        *needs = operations[i].needs;
        return 0;
    }
    return slipway_error_set(err, -1, "no such operation");
}

static const struct operation_catalogue fake_catalogue = {.check = fake_check};

#endif
