/*
 * campaign_decode.c - campaign.yaml: which appliances, which playbook, which strategy.
 *
 * The selector is only stored here: its columns are the fleet's labels, so it can be
 * compiled no earlier than with the fleet (select.c).
 */
#include <stdlib.h>
#include <string.h>

#include "playbook/checks.h"
#include "playbook/load.h"
#include "playbook/paths.h"
#include "playbook/strategy.h"
#include "playbook/tables.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length > size && !strcmp(text + length - size, end);
}

/* A name to look for, or the absolute path of a file. */
static char *decode_playbook_name(const struct fields *fields)
{
    auto_free char *text = field_text(fields, "playbook");
    if (!text)
        return NULL;
    if (strchr(text, '/') || ends_with(text, ".yaml") || ends_with(text, ".yml"))
        return path_absolute(fields->decoder->base_dir, text);
    if (!check_name(text))
        decode_error(fields->decoder, field_node(fields, "playbook"),
                     "playbook must be a name or the path of a .yaml file");
    return steal_ptr(&text);
}

static json_t *decode_vars(const struct fields *fields)
{
    json_t *vars = field_document(fields, "vars");
    const struct yaml_node *node = field_node(fields, "vars");
    if (!vars)
        return json_object();
    for (const struct yaml_node *at = node->first; at; at = at->next) {
        if (!check_word(at->key))
            decode_error(fields->decoder, at,
                         "vars: %s: a variable's name is made of letters, digits, _ "
                         "and -",
                         at->key);
    }
    return vars;
}

static void decode_after(const struct fields *fields, struct campaign *out)
{
    const struct yaml_node *node = field_node(fields, "after");
    out->after = field_text(fields, "after");
    if (!out->after)
        return;
    if (!check_name(out->after))
        decode_error(fields->decoder, node, "after must be the name of a campaign");
    else if (out->name && !strcmp(out->after, out->name))
        decode_error(fields->decoder, node,
                     "after: a campaign cannot wait for itself; name the one before it");
}

static void decode_campaign(const struct fields *fields, struct campaign *out)
{
    out->place = decode_place(fields->decoder, fields->node);
    out->name = field_text(fields, "campaign");
    if (out->name && !check_name(out->name))
        decode_error(fields->decoder, field_node(fields, "campaign"),
                     "a campaign's name is made of letters, digits, . _ and -, at most "
                     "64");
    out->playbook = decode_playbook_name(fields);
    if (out->playbook)
        out->playbook_place =
            decode_place(fields->decoder, field_node(fields, "playbook"));
    out->fleet = field_path(fields, "fleet");
    out->select = field_text(fields, "select");
    if (out->select)
        out->select_place = decode_place(fields->decoder, field_node(fields, "select"));
    decode_after(fields, out);
    out->vars = decode_vars(fields);
    strategy_decode(fields, &out->strategy);
}

int load_campaign(const char *path, struct campaign *out, struct problem_list *problems)
{
    size_t before = problems->errors;
    struct slipway_error err;
    auto_free char *folder = path_folder(path, &err);
    if (!folder) {
        problem_add(problems, PROBLEM_ERROR, path, 0, 0, "%s", err.text);
        return -1;
    }
    auto_yaml struct yaml_document *document = yaml_read(path, problems);
    const struct decoder decoder = {path, folder, problems};
    struct campaign campaign = {0};
    struct fields fields;
    if (!document || fields_open(&decoder, document->root, &table_campaign, &fields) != 0)
        return -1;
    decode_campaign(&fields, &campaign);
    campaign.digest = xstrdup(document->digest);
    if (problems->errors != before) {
        campaign_clear(&campaign);
        return -1;
    }
    *out = campaign;
    return 0;
}
