/*
 * decode.c - files of versions/ (catalogue.h: catalogue_load).
 *
 * Every mistake is recorded with its place, and a catalogue with any error is not given
 * out: a release that silently went missing could make a forbidden way look allowed.
 * What is not known is left out of a file, never guessed.
 */
#include <stdlib.h>
#include <string.h>

#include "catalogue/merge.h"
#include "playbook/checks.h"
#include "playbook/folder.h"
#include "util/auto.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define TABLE(id, title)                                                                 \
    const struct key_table table_##id = {title, id##_keys, ARRAY_LENGTH(id##_keys)};     \
    _Static_assert(ARRAY_LENGTH(id##_keys) <= FIELDS_MAX,                                \
                   "too many keys for struct fields")

static const struct key versions_keys[] = {
    {"product", KEY_TEXT, true},     {"kinds", KEY_LIST, false},
    {"lines", KEY_LIST, false},      {"upgrades", KEY_LIST, false},
    {"exceptions", KEY_LIST, false}, {"releases", KEY_LIST, false},
};
TABLE(versions, "versions");

static const struct key line_keys[] = {
    {"line", KEY_TEXT, true},
    {"playbook", KEY_TEXT, true},
    {"note", KEY_TEXT, false},
};
static TABLE(line, "line");

static const struct key upgrade_keys[] = {
    {"from", KEY_TEXT, true},  {"to", KEY_TEXT, true},     {"playbook", KEY_TEXT, true},
    {"note", KEY_TEXT, false}, {"hosts", KEY_TEXT, false},
};
static TABLE(upgrade, "upgrade");

static const struct key exception_keys[] = {
    {"from", KEY_TEXT, true},
    {"to", KEY_TEXT, true},
    {"allowed", KEY_BOOLEAN, true},
    {"why", KEY_TEXT, true},
};
static TABLE(exception, "exception");

static const struct key release_keys[] = {
    {"id", KEY_TEXT, true},         {"name", KEY_TEXT, true},
    {"date", KEY_TEXT, false},      {"version", KEY_TEXT, false},
    {"line", KEY_TEXT, false},      {"build", KEY_TEXT, false},
    {"builds", KEY_LIST, false},    {"client_build", KEY_TEXT, false},
    {"withdrawn", KEY_TEXT, false}, {"minimum", KEY_TEXT, false},
    {"notes", KEY_TEXT, false},
};
static TABLE(release, "release");

const struct key_table *const *catalogue_tables(size_t *count)
{
    static const struct key_table *const tables[] = {
        &table_versions, &table_line, &table_upgrade, &table_exception, &table_release};
    *count = ARRAY_LENGTH(tables);
    return tables;
}

/* ---- texts with a form ---- */

static char *text_or_empty(const struct fields *fields, const char *key)
{
    char *text = field_text(fields, key);
    return text ? text : xstrdup("");
}

static bool decode_version(const struct fields *fields, const char *key,
                           struct version *out)
{
    auto_free char *text = field_text(fields, key);
    if (!text)
        return false;
    if (version_parse(text, out))
        return true;
    decode_error(fields->decoder, field_node(fields, key),
                 "%s must be 2 to 4 numbers between dots, such as 8.0.3.00400", key);
    return false;
}

/* "8.0"; NULL after a problem, or if it is absent. The caller's. */
static char *decode_line_name(const struct fields *fields, const char *key)
{
    struct version version;
    char out[LINE_TEXT_MAX];
    auto_free char *text = field_text(fields, key);
    if (!text)
        return NULL;
    if (version_parse(text, &version) && version.count == 2)
        return xstrdup(version_line(&version, out, sizeof out));
    decode_error(fields->decoder, field_node(fields, key),
                 "%s must be the first two numbers of a version, such as 8.0", key);
    return NULL;
}

static char *decode_playbook(const struct fields *fields)
{
    auto_free char *name = field_text(fields, "playbook");
    if (name && !check_name(name)) {
        decode_error(fields->decoder, field_node(fields, "playbook"),
                     "playbook must be the name of a playbook");
        return NULL;
    }
    return steal_ptr(&name);
}

/* "2024-10-21", a day that there is. */
static bool decode_date(const struct fields *fields, struct release *out)
{
    out->date = text_or_empty(fields, "date");
    if (!*out->date || (strlen(out->date) == 10 && !time_parse(out->date, &out->date_ms)))
        return true;
    decode_error(fields->decoder, field_node(fields, "date"),
                 "date must be a day such as 2024-10-21");
    return false;
}

static bool is_build(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && digits <= 12 && !text[digits];
}

static char *decode_build(const struct fields *fields, const char *key)
{
    char *text = text_or_empty(fields, key);
    if (*text && !is_build(text))
        decode_error(fields->decoder, field_node(fields, key),
                     "%s must be a build number", key);
    return text;
}

/* ---- items ---- */

static void decode_builds(const struct fields *fields, struct release *out)
{
    out->build = decode_build(fields, "build");
    out->client_build = decode_build(fields, "client_build");
    (void)field_texts(fields, "builds", RELEASE_BUILDS_MAX, &out->builds,
                      &out->build_count);
    for (size_t i = 0; i < out->build_count; i++) {
        if (!is_build(out->builds[i]))
            decode_error(fields->decoder, field_node(fields, "builds"),
                         "builds must be build numbers");
    }
}

static void settle_line(const struct fields *fields, struct release *out)
{
    char line[LINE_TEXT_MAX];
    out->line = decode_line_name(fields, "line");
    if (!out->line && out->has_version)
        out->line = xstrdup(version_line(&out->version, line, sizeof line));
    else if (!out->line)
        decode_error(fields->decoder, fields->node,
                     "a release without a version needs its line, such as line: 8.0");
    else if (out->has_version &&
             strcmp(out->line, version_line(&out->version, line, sizeof line)) != 0)
        decode_error(fields->decoder, field_node(fields, "line"),
                     "line is not the beginning of its version");
    if (!out->line)
        out->line = xstrdup("");
}

static void decode_release(const struct decoder *decoder, const struct yaml_node *node,
                           struct merging *merging)
{
    struct fields fields;
    struct release release = {.has_version = false};
    if (fields_open(decoder, node, &table_release, &fields) != 0)
        return;
    release.id = text_or_empty(&fields, "id");
    release.name = text_or_empty(&fields, "name");
    release.notes = text_or_empty(&fields, "notes");
    release.withdrawn = text_or_empty(&fields, "withdrawn");
    release.has_version = decode_version(&fields, "version", &release.version);
    release.has_minimum = decode_version(&fields, "minimum", &release.minimum);
    (void)decode_date(&fields, &release);
    decode_builds(&fields, &release);
    settle_line(&fields, &release);
    release.place = decode_place(decoder, node);
    if (*release.id && !check_name(release.id))
        decode_error(decoder, field_node(&fields, "id"),
                     "id must be made of letters, digits, . _ and -, at most 64");
    merge_release(merging, &release);
}

static void decode_line(const struct decoder *decoder, const struct yaml_node *node,
                        struct merging *merging)
{
    struct fields fields;
    if (fields_open(decoder, node, &table_line, &fields) != 0)
        return;
    struct line line = {.name = decode_line_name(&fields, "line"),
                        .playbook = decode_playbook(&fields),
                        .note = text_or_empty(&fields, "note"),
                        .place = decode_place(decoder, node)};
    merge_line(merging, &line);
}

static void decode_upgrade(const struct decoder *decoder, const struct yaml_node *node,
                           struct merging *merging)
{
    struct fields fields;
    if (fields_open(decoder, node, &table_upgrade, &fields) != 0)
        return;
    struct upgrade upgrade = {.from = decode_line_name(&fields, "from"),
                              .to = decode_line_name(&fields, "to"),
                              .playbook = decode_playbook(&fields),
                              .note = text_or_empty(&fields, "note"),
                              .place = decode_place(decoder, node)};
    upgrade.has_hosts = decode_version(&fields, "hosts", &upgrade.hosts);
    if (upgrade.from && upgrade.to && !strcmp(upgrade.from, upgrade.to))
        decode_error(decoder, node,
                     "an upgrade leads to another line; inside a line there are patches "
                     "(lines)");
    merge_upgrade(merging, &upgrade);
}

static void decode_exception(const struct decoder *decoder, const struct yaml_node *node,
                             struct merging *merging)
{
    struct fields fields;
    struct exception exception = {.allowed = false};
    if (fields_open(decoder, node, &table_exception, &fields) != 0)
        return;
    exception.from = field_text(&fields, "from");
    exception.to = field_text(&fields, "to");
    exception.why = text_or_empty(&fields, "why");
    (void)field_boolean(&fields, "allowed", &exception.allowed);
    exception.place = decode_place(decoder, node);
    merge_exception(merging, &exception);
}

/* ---- the file ---- */

static void decode_list(const struct fields *fields, const char *key, size_t max,
                        void (*decode)(const struct decoder *decoder,
                                       const struct yaml_node *node,
                                       struct merging *merging),
                        struct merging *merging)
{
    const struct yaml_node *list = field_list(fields, key, max);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        decode(fields->decoder, at, merging);
}

static void decode_file(const struct fields *fields, struct catalogue *catalogue)
{
    auto_free char *name = field_text(fields, "product");
    char **kinds = NULL;
    size_t count = 0;
    if (!name)
        return;
    if (!check_name(name)) {
        decode_error(fields->decoder, field_node(fields, "product"),
                     "product must be made of letters, digits, . _ and -, at most 64");
        return;
    }
    struct merging merging = merge_open(catalogue, name, fields->decoder);
    (void)field_texts(fields, "kinds", CATALOGUE_KINDS_MAX, &kinds, &count);
    merge_kinds(&merging, kinds, count);
    decode_list(fields, "lines", CATALOGUE_RULES_MAX, decode_line, &merging);
    decode_list(fields, "upgrades", CATALOGUE_RULES_MAX, decode_upgrade, &merging);
    decode_list(fields, "releases", CATALOGUE_RELEASES_MAX, decode_release, &merging);
    decode_list(fields, "exceptions", CATALOGUE_RULES_MAX, decode_exception, &merging);
}

int catalogue_load(char *const *paths, size_t count, struct catalogue *out,
                   struct problem_list *problems)
{
    size_t before = problems->errors;
    for (size_t i = 0; i < count; i++) {
        auto_yaml struct yaml_document *document = yaml_read(paths[i], problems);
        const struct decoder decoder = {paths[i], ".", problems};
        struct fields fields;
        if (document &&
            fields_open(&decoder, document->root, &table_versions, &fields) == 0)
            decode_file(&fields, out);
    }
    merge_check(out, problems);
    if (problems->errors == before)
        return 0;
    catalogue_clear(out);
    return -1;
}

int catalogue_load_all(const char *extra, struct catalogue *out,
                       struct problem_list *problems)
{
    size_t count = 0;
    char **found = folder_yaml_files("versions", &count);
    char **paths = xcalloc(count + 1, sizeof *paths);
    for (size_t i = 0; i < count; i++)
        paths[i] = found[i];
    if (extra)
        paths[count] = (char *)(uintptr_t)extra;
    int code = catalogue_load(paths, count + (extra != NULL), out, problems);
    free(paths);
    folder_free(found, count);
    return code;
}
