/*
 * interop.c - vcsa.interop: do the registered solutions (NSX, SRM, replication, backup) work
 * with the version that this vCenter is to get?
 *
 *   extensions (of vcsa.extensions) × versions/interop/ *.yaml ─┬ refused   too old, or none does
 *                                                               ├ unknown   nobody has said
 *                                                               └ fits, own
 *
 * The matrix is read when the step runs: what ships with slipway, then ./versions/interop/,
 * whose entries take the place of earlier ones. Nobody is asked; what the matrix does not
 * know is never called good.
 *
 * Failure: a matrix that cannot be read is REFUSED, with its first problem.
 */
#include <pthread.h>
#include <string.h>

#include "playbook/folder.h"
#include "playbook/yaml.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/release.h"
#include "vcsa/talk.h"

#define FOLDER    "versions/interop"
#define RULES_MAX 2000u

struct matrix {
    json_t *own;       /* keys, some with a * at the end   */
    json_t *solutions; /* key to {"name", "vcenter": {}}    */
};

/* --- reading ----------------------------------------------------------------------------- */

static const struct yaml_node *member(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *at =
        mapping && mapping->kind == YAML_MAPPING ? mapping->first : NULL;
    while (at && strcmp(at->key, key) != 0)
        at = at->next;
    return at;
}

static const char *scalar(const struct yaml_node *node)
{
    return node && node->kind == YAML_SCALAR ? node->text : NULL;
}

static int bad(const struct yaml_document *document, const struct yaml_node *node,
               const char *what, struct slipway_error *err)
{
    return slipway_error_set(err, -1, "%s:%d: %s", document->file, node ? node->line : 1,
                             what);
}

static json_t *lines_of(const struct yaml_node *vcenter)
{
    json_t *lines = json_object();
    const struct yaml_node *at =
        vcenter && vcenter->kind == YAML_MAPPING ? vcenter->first : NULL;
    for (; at; at = at->next)
        if (scalar(at) && at->text[0])
            (void)json_object_set_new(lines, at->key,
                                      json_safe_string(at->text, strlen(at->text)));
    return lines;
}

static int take_solution(const struct yaml_document *document,
                         const struct yaml_node *entry, struct matrix *matrix,
                         struct slipway_error *err)
{
    const char *key = scalar(member(entry, "extension"));
    const char *name = scalar(member(entry, "name"));
    auto_json json_t *lines = lines_of(member(entry, "vcenter"));
    if (!key || !*key || !json_object_size(lines))
        return bad(document, entry,
                   "a solution has an `extension` and, under `vcenter`, a version or a "
                   "sentence for each line",
                   err);
    if (json_object_size(matrix->solutions) >= RULES_MAX)
        return bad(document, entry, "too many solutions", err);
    return json_object_set_new(
        matrix->solutions, key,
        json_pack("{s:o, s:O}", "name",
                  json_safe_string(name ? name : key, strlen(name ? name : key)),
                  "vcenter", lines));
}

static int take_document(const struct yaml_document *document, struct matrix *matrix,
                         struct slipway_error *err)
{
    const struct yaml_node *own = member(document->root, "own");
    const struct yaml_node *list = member(document->root, "solutions");
    if ((own && own->kind != YAML_SEQUENCE) || (list && list->kind != YAML_SEQUENCE) ||
        (!own && !list))
        return bad(document, document->root, "there are lists: own, solutions", err);
    for (const struct yaml_node *at = own ? own->first : NULL; at; at = at->next)
        if (scalar(at) && json_array_size(matrix->own) < RULES_MAX)
            (void)json_array_append_new(matrix->own,
                                        json_safe_string(at->text, strlen(at->text)));
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        if (take_solution(document, at, matrix, err))
            return -1;
    return 0;
}

static int read_file(const char *path, struct matrix *matrix, struct slipway_error *err)
{
    struct problem_list problems = {.count = 0};
    auto_yaml struct yaml_document *document = yaml_read(path, &problems);
    int result;
    if (!document || problems.errors)
        result = slipway_error_set(
            err, -1, "%s:%d: %s", path, problems.count ? problems.items[0].place.line : 0,
            problems.count ? problems.items[0].text : "cannot be read");
    else
        result = take_document(document, matrix, err);
    problems_clear(&problems);
    return result;
}

/* Where slipway is installed is found out in a buffer that all threads share. */
static char **files(size_t *count)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_lock(&one_at_a_time);
    char **paths = folder_yaml_files(FOLDER, count);
    (void)pthread_mutex_unlock(&one_at_a_time);
    return paths;
}

static int read_matrix(struct matrix *matrix, struct slipway_error *err)
{
    size_t count = 0;
    char **paths = files(&count);
    int result = 0;
    for (size_t i = 0; i < count && !result; i++)
        result = read_file(paths[i], matrix, err);
    folder_free(paths, count);
    return result;
}

/* --- judging ----------------------------------------------------------------------------- */

static bool key_is(const char *pattern, const char *key)
{
    size_t length = strlen(pattern);
    if (length && pattern[length - 1] == '*')
        return !strncmp(pattern, key, length - 1);
    return !strcmp(pattern, key);
}

static bool is_own(const struct matrix *matrix, const char *key)
{
    for (size_t i = 0; i < json_array_size(matrix->own); i++)
        if (key_is(json_string_value(json_array_get(matrix->own, i)), key))
            return true;
    return false;
}

static const json_t *solution_of(const struct matrix *matrix, const char *key)
{
    const char *pattern;
    json_t *solution;
    json_object_foreach(matrix->solutions, pattern,
                        solution) if (key_is(pattern, key)) return solution;
    return NULL;
}

/* "8.0" of 8.0.3.00400 */
static const char *rule_for(const json_t *solution, const char *wanted)
{
    const char *line;
    json_t *rule;
    json_object_foreach(json_object_get(solution, "vcenter"), line, rule)
    {
        size_t length = strlen(line);
        if (!strncmp(line, wanted, length) && wanted[length] == '.')
            return json_string_value(rule);
    }
    return NULL;
}

static bool is_version(const char *text)
{
    return *text && !text[strspn(text, "0123456789.")];
}

static void judge(const struct matrix *matrix, const char *key, const json_t *about,
                  const char *wanted, json_t *result)
{
    const json_t *solution = solution_of(matrix, key);
    const char *name = json_text(solution, "name"), *rule = rule_for(solution, wanted);
    const char *told = json_text(about, "version");
    const char *version = told ? told : "";
    if (is_own(matrix, key))
        return;
    bool fits = rule && is_version(rule) && is_version(version) &&
                text_version_cmp(version, rule) >= 0;
    bool never = rule && !is_version(rule);
    bool known = never || (rule && is_version(version));
    auto_free char *text = fits    ? xasprintf("%s %s (%s)", name, version, key)
                           : never ? xasprintf("%s %s (%s): %s", name, version, key, rule)
                           : known ? xasprintf("%s %s (%s): vCenter %s wants at least %s",
                                               name, version, key, wanted, rule)
                                   : xasprintf("%s %s", key, version);
    (void)json_array_append_new(json_object_get(result, fits    ? "fits"
                                                        : known ? "refused"
                                                                : "unknown"),
                                json_safe_string(text, strlen(text)));
}

enum slipway_outcome vcsa_op_interop(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *own = json_array(), *solutions = json_object();
    struct matrix matrix = {own, solutions};
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    const char *wanted = json_text(talk.with, "version"), *key;
    json_t *about;
    if (!wanted || read_matrix(&matrix, &talk.err))
        return vcsa_say(&talk, SLIPWAY_REFUSED, "%s",
                        wanted ? talk.err.text : "version: which one is wanted?");
    auto_json json_t *result =
        json_pack("{s:[], s:[], s:[]}", "refused", "unknown", "fits");
    json_object_foreach(json_object_get(talk.with, "extensions"), key, about)
        judge(&matrix, key, about, wanted, result);
    return vcsa_done(&talk, steal_ptr(&result));
}
