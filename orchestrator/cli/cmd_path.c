/*
 * cmd_path.c - slipway path: which hops lead from an appliance's version to another one,
 * which playbook does each, and why other ways are closed. Reads only.
 *
 * The version is what the appliance itself said last, else what the inventory was told.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/inventory.h"
#include "cli/verbs.h"
#include "cli/versions.h"
#include "playbook/load.h"
#include "report/layout.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define REFUSALS_SHOWN   12
#define PATH_JSON_SCHEMA 1

/* Who asks, and from where. */
struct question {
    struct cli *cli;
    struct catalogue catalogue;
    const struct product *product;
    char *name, *kind; /* of the appliance; NULL: --from */
    char *from;
    int64_t seen_ms; /* when the appliance said so itself; 0: it did not */
};

static void question_clear(struct question *q)
{
    free(q->name);
    free(q->kind);
    free(q->from);
    catalogue_clear(&q->catalogue);
}
#define auto_question __attribute__((cleanup(question_clear)))

/* ---- who asks ---- */

static int take_appliance(void *data, const struct store_appliance *appliance)
{
    struct question *q = data;
    if (strcmp(appliance->name, q->cli->arguments[0]) != 0)
        return 0; /* the name was a pattern */
    q->name = xstrdup(appliance->name);
    q->kind = xstrdup(appliance->kind);
    q->from =
        xstrdup(appliance->seen_version ? appliance->seen_version : appliance->version);
    q->seen_ms = appliance->seen_version ? appliance->seen_ms : 0;
    return 0;
}

static int ask_inventory(struct question *q)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    struct store_appliance_filter filter = {.name = q->cli->arguments[0]};
    int code = cli_open_reader(q->cli, &store, NULL);
    if (code)
        return code;
    code = store_appliances(store, &filter, take_appliance, q, &err);
    if (code)
        return cli_store_failure(q->cli, code, &err);
    if (!q->name)
        return inventory_no_such(q->cli, store, q->cli->arguments[0]);
    if (!*q->from)
        return cli_fail(q->cli, EXIT_ERROR,
                        "the version of %s is not known; ask it with: slipway inventory "
                        "probe %s",
                        q->name, q->name);
    return EXIT_DONE;
}

static bool has_line(const struct product *product, const char *line)
{
    for (size_t i = 0; i < product->line_count; i++)
        if (!strcmp(product->lines[i].name, line))
            return true;
    for (size_t i = 0; i < product->upgrade_count; i++)
        if (!strcmp(product->upgrades[i].from, line) ||
            !strcmp(product->upgrades[i].to, line))
            return true;
    return false;
}

static bool knows(const struct product *product, const char *text)
{
    char line[LINE_TEXT_MAX];
    struct version version;
    const struct release *found;
    return catalogue_find(product, text, &found, 1) ||
           (version_parse(text, &version) &&
            has_line(product, version_line(&version, line, sizeof line)));
}

/* The only product that has such a version, NULL if none or several have. */
static const struct product *product_with(const struct catalogue *catalogue,
                                          const char *text)
{
    const struct product *only = NULL;
    for (size_t i = 0; i < catalogue->product_count; i++) {
        if (!knows(&catalogue->products[i], text))
            continue;
        if (only)
            return NULL;
        only = &catalogue->products[i];
    }
    return only;
}

static int choose_product(struct question *q)
{
    const char *named = cli_option(q->cli, "product");
    if (named)
        q->product = catalogue_product(&q->catalogue, named);
    else if (q->kind)
        q->product = catalogue_product_of_kind(&q->catalogue, q->kind);
    else if (q->catalogue.product_count == 1)
        q->product = q->catalogue.products;
    else if (q->from)
        q->product = product_with(&q->catalogue, q->from);
    if (q->product)
        return EXIT_DONE;
    auto_buf struct buf known = {0};
    for (size_t i = 0; i < q->catalogue.product_count; i++)
        buf_addf(&known, "%s%s", i ? ", " : "", q->catalogue.products[i].name);
    if (named)
        return cli_fail(q->cli, EXIT_ERROR, "the catalogue has no product %s; it has: %s",
                        named, buf_text(&known));
    if (q->kind)
        return cli_fail(q->cli, EXIT_ERROR,
                        "no product of the catalogue has appliances of kind %s; name one "
                        "with --product: %s",
                        q->kind, buf_text(&known));
    return cli_fail(q->cli, EXIT_ERROR, "which product? name one with --product: %s",
                    buf_text(&known));
}

static int ask(struct question *q)
{
    const char *from = cli_option(q->cli, "from");
    if (!from == !q->cli->argument_count)
        return cli_fail(q->cli, EXIT_USAGE,
                        "path needs either an appliance or --from VERSION; see: slipway "
                        "path --help");
    if (!cli_option(q->cli, "to"))
        return cli_fail(q->cli, EXIT_USAGE,
                        "path needs --to VERSION; see: slipway path --help");
    int code = versions_load(q->cli, cli_option(q->cli, "versions"), &q->catalogue);
    if (!code && from)
        q->from = xstrdup(from);
    else if (!code)
        code = ask_inventory(q);
    return code ? code : choose_product(q);
}

/* ---- as text ---- */

static bool is_installed(const char *playbook)
{
    auto_free char *path = NULL;
    return !find_playbook(playbook, ".", &path, NULL);
}

static void write_hop(const struct hop *hop, size_t number, const struct layout *layout)
{
    auto_buf struct buf text = {0};
    char lead[32];
    (void)snprintf(lead, sizeof lead, "  %zu. ", number);
    buf_addf(&text, "%s: ", hop_kind_name(hop->kind));
    path_release_words(hop->from, &text);
    buf_adds(&text, " -> ");
    path_release_words(hop->to, &text);
    buf_addf(&text, ", by playbook %s%s", hop->playbook,
             is_installed(hop->playbook) ? "" : " (which is not here)");
    layout_paragraph(layout, lead, COLOUR_BOLD, buf_text(&text));
    buf_reset(&text);
    if (*hop->to->date)
        buf_addf(&text, "released on %s", hop->to->date);
    if (*hop->to->build)
        buf_addf(&text, "%sbuild %s", text.length ? ", " : "", hop->to->build);
    if (*hop->to->client_build && strcmp(hop->to->client_build, hop->to->build) != 0)
        buf_addf(&text, "%sclient build %s", text.length ? ", " : "",
                 hop->to->client_build);
    if (text.length)
        layout_paragraph(layout, "     ", COLOUR_NONE, buf_text(&text));
    if (hop->hosts) {
        char oldest[VERSION_TEXT_MAX];
        buf_reset(&text);
        buf_addf(&text, "ESXi hosts must be %s or later before it",
                 version_text(hop->hosts, oldest, sizeof oldest));
        layout_paragraph(layout, "     ", COLOUR_NONE, buf_text(&text));
    }
    const char *notes[] = {hop->note, hop->to->notes};
    for (size_t i = 0; i < ARRAY_LENGTH(notes); i++) {
        if (*notes[i])
            layout_paragraph(layout, "     note: ", COLOUR_NONE, notes[i]);
    }
}

static void write_head(const struct question *q, const struct path *path,
                       const struct layout *layout)
{
    auto_buf struct buf text = {0};
    char at[32];
    if (q->name)
        buf_addf(&text, "%s (%s): ", q->name, q->product->name);
    else
        buf_addf(&text, "%s: ", q->product->name);
    if (path->source)
        path_release_words(path->source, &text);
    else
        buf_adds(&text, q->from);
    if (q->seen_ms)
        buf_addf(&text, ", as it said at %s", time_iso(q->seen_ms, at, sizeof at));
    layout_paragraph(layout, "From ", COLOUR_BOLD, buf_text(&text));
}

static void write_refusals(const struct path *path, const struct layout *layout)
{
    if (!path->refused_count)
        return;
    layout_heading(layout, "Closed ways");
    for (size_t i = 0; i < path->refused_count && i < REFUSALS_SHOWN; i++)
        layout_paragraph(layout, "  - ", COLOUR_NONE, path->refused[i].why);
    if (path->refused_count > REFUSALS_SHOWN)
        buf_addf(layout->out, "  … and %zu more; all of them: --json\n",
                 path->refused_count - REFUSALS_SHOWN);
}

static void write_remarks(const struct question *q, const struct path *path,
                          const struct layout *layout)
{
    for (size_t i = 0; i < path->remark_count; i++)
        layout_paragraph(layout, "! ", COLOUR_YELLOW, path->remarks[i]);
    for (size_t i = 0; i < q->catalogue.replaced_count; i++)
        layout_paragraph(layout, "! ", COLOUR_NONE, q->catalogue.replaced[i]);
}

static void write_text(const struct question *q, const struct path *path, struct buf *out)
{
    struct layout layout = {out, q->cli->colour};
    write_head(q, path, &layout);
    if (path->verdict == PATH_THERE)
        layout_paragraph(&layout, "     ", COLOUR_NONE, path->why);
    for (size_t i = 0; i < path->hop_count; i++)
        write_hop(&path->hops[i], i + 1, &layout);
    write_refusals(path, &layout);
    if (path->remark_count || q->catalogue.replaced_count)
        buf_addc(out, '\n');
    write_remarks(q, path, &layout);
}

/* ---- as JSON ---- */

static json_t *release_json(const struct release *r)
{
    char version[VERSION_TEXT_MAX];
    if (!r)
        return json_null();
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o}", "id", words_json_text_or_null(r->id), "name",
        words_json_text_or_null(r->name), "version",
        r->has_version ? json_string(version_text(&r->version, version, sizeof version))
                       : json_null(),
        "date", words_json_text_or_null(r->date), "build",
        words_json_text_or_null(r->build), "client_build",
        words_json_text_or_null(r->client_build));
}

static json_t *hops_json(const struct path *path)
{
    json_t *list = json_array();
    for (size_t i = 0; i < path->hop_count; i++) {
        const struct hop *hop = &path->hops[i];
        char hosts[VERSION_TEXT_MAX] = "";
        if (hop->hosts)
            (void)version_text(hop->hosts, hosts, sizeof hosts);
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:o, s:s, s:b, s:o, s:b, s:o}", "kind",
                      hop->kind == HOP_PATCH ? "patch" : "upgrade", "from",
                      release_json(hop->from), "to", release_json(hop->to), "playbook",
                      hop->playbook, "playbook_is_here", is_installed(hop->playbook),
                      "note", words_json_text_or_null(hop->note), "undated", hop->undated,
                      "hosts_oldest", words_json_text_or_null(hosts)));
    }
    return list;
}

static json_t *refusals_json(const struct path *path)
{
    json_t *list = json_array();
    for (size_t i = 0; i < path->refused_count; i++) {
        const struct refusal *r = &path->refused[i];
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o}", "from", release_json(r->from), "to",
                            release_json(r->to), "why", words_json_text_or_null(r->why)));
    }
    return list;
}

static json_t *texts_json(char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, words_json_text_or_null(texts[i]));
    return list;
}

static void write_json(const struct question *q, const struct path *path, struct buf *out)
{
    auto_json json_t *doc = json_pack(
        "{s:i, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema_version",
        PATH_JSON_SCHEMA, "appliance", words_json_text_or_null(q->name), "product",
        q->product->name, "verdict", path_verdict_name(path->verdict), "why",
        words_json_text_or_null(path->why), "from", release_json(path->source), "to",
        release_json(path->target), "hops", hops_json(path), "refused",
        refusals_json(path), "remarks", texts_json(path->remarks, path->remark_count),
        "replaced", texts_json(q->catalogue.replaced, q->catalogue.replaced_count));
    auto_free char *text = json_pretty(doc);
    buf_addf(out, "%s\n", text);
}

/* ---- the verb ---- */

static int run(struct cli *cli)
{
    auto_question struct question q = {.cli = cli};
    auto_path struct path path = {.hop_count = 0};
    auto_buf struct buf out = {0};
    int code = ask(&q);
    if (code)
        return code;
    path_find(q.product, q.from, cli_option(cli, "to"), &path);
    if (cli->json)
        write_json(&q, &path, &out);
    else if (path.source)
        write_text(&q, &path, &out);
    code = cli_print(cli, buf_text(&out));
    if (!code && path.verdict != PATH_FOUND && path.verdict != PATH_THERE)
        code = cli_fail(cli, EXIT_ERROR, "%s", path.why);
    return code;
}

static const struct cli_option options[] = {
    {"to", "VERSION", "where to: a version, a release's name or a build (needed)", false},
    {"from", "VERSION", "where from, instead of an appliance's version", false},
    {"product", "NAME", "which product (default: that of the appliance's kind)", false},
    {"versions", "FILE", "one more file of releases; its word comes last", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_path = {
    .name = "path",
    .summary = "which hops lead to a version, and why other ways are closed",
    .arguments = "[APPLIANCE]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description =
        "Looks the appliance's version up in the catalogue of versions (what is "
        "installed, "
        "and\n"
        "./versions/*.yaml) and prints the hops to the wanted one: patch or major "
        "upgrade, "
        "the\n"
        "playbook that makes it, and the ways that are closed: withdrawn releases, no "
        "upgrade\n"
        "between two lines, a target that was released before the source. Exits 1 if "
        "there "
        "is no way.",
    .example = "  slipway path vc-0001 --to 8.0.3.00400\n"
               "  slipway path --from 6.5.0 --to '8.0 U3d'",
    .options = options,
    .run = run,
};
