/*
 * cmd_audit.c - slipway audit verify: recompute the hash chain of the records.
 *
 * Exit 0: every chain is whole. Exit 1: one is broken, with the first bad record. Who
 * can rewrite the whole file can rewrite the chain too, so the heads are printed: keep
 * them somewhere else.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

struct audit {
    int64_t *ids;
    size_t count, room;
    bool broken;
    json_t *list;
    struct buf text;
};

static int visit(void *data, const struct store_campaign *campaign)
{
    struct audit *audit = data;
    *vec_push(audit->ids, audit->count, audit->room) = campaign->id;
    return 0;
}

static void add_result(struct audit *audit, const struct store_campaign *campaign,
                       const struct store_chain *chain)
{
    bool whole = !chain->bad_seq && !*chain->sentence;
    audit->broken = audit->broken || !whole;
    (void)json_array_append_new(
        audit->list,
        json_pack("{s:I, s:o, s:o, s:I, s:b, s:s, s:o, s:o}", "campaign",
                  (json_int_t)campaign->id, "name", words_json_text(campaign->name),
                  "digest", words_json_text(campaign->digest), "records",
                  (json_int_t)chain->records, "whole", whole, "head", chain->head,
                  "bad_seq", chain->bad_seq ? json_integer(chain->bad_seq) : json_null(),
                  "sentence", whole ? json_null() : words_json_text(chain->sentence)));
    buf_addf(&audit->text, "%s  campaign %lld ", whole ? "whole " : "BROKEN",
             (long long)campaign->id);
    words_clean(&audit->text, campaign->name);
    buf_addf(&audit->text, "  %lld records  head %s\n", (long long)chain->records,
             chain->head);
    if (whole)
        return;
    buf_adds(&audit->text, "        ");
    words_clean(&audit->text, chain->sentence);
    buf_addc(&audit->text, '\n');
}

static int verify_one(struct cli *cli, struct store *store, int64_t id,
                      struct audit *audit)
{
    struct slipway_error err = {""};
    auto_store_campaign struct store_campaign campaign = {0};
    struct store_chain chain = {0};
    int code = store_load_campaign(store, id, &campaign, &err);
    if (!code)
        code = store_verify_chain(store, id, &chain, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    add_result(audit, &campaign, &chain);
    return EXIT_DONE;
}

static int choose(struct cli *cli, struct store *store, struct audit *audit)
{
    struct slipway_error err = {""};
    auto_store_campaign struct store_campaign campaign = {0};
    if (!cli->common_campaign) {
        int code = store_campaigns(store, visit, audit, &err);
        return code ? cli_store_failure(cli, code, &err) : EXIT_DONE;
    }
    int code = store_find_campaign(store, cli->common_campaign, &campaign, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    return visit(audit, &campaign);
}

static int print_audit(struct cli *cli, struct audit *audit)
{
    auto_buf struct buf out = {0};
    if (!cli->json) {
        if (!audit->count)
            buf_adds(&audit->text, "there is no campaign yet\n");
        return cli_print(cli, buf_text(&audit->text));
    }
    auto_json json_t *o = json_pack("{s:i, s:b, s:O}", "schema_version", CLI_JSON_SCHEMA,
                                    "whole", !audit->broken, "campaigns", audit->list);
    auto_free char *json = json_pretty(o);
    buf_addf(&out, "%s\n", json);
    return cli_print(cli, buf_text(&out));
}

static int run(struct cli *cli)
{
    auto_store struct store *store = NULL;
    struct audit audit = {.count = 0};
    char clean[120];
    if (strcmp(cli->arguments[0], "verify") != 0)
        return cli_fail(cli, EXIT_USAGE, "audit knows one word, verify, and not %s",
                        text_clean(cli->arguments[0], clean, sizeof clean));
    int code = cli_open_reader(cli, &store, NULL);
    if (code)
        return code;
    audit.list = json_array();
    code = choose(cli, store, &audit);
    for (size_t i = 0; i < audit.count && !code; i++)
        code = verify_one(cli, store, audit.ids[i], &audit);
    if (!code)
        code = print_audit(cli, &audit);
    if (!code && audit.broken)
        code = cli_fail(cli, EXIT_ERROR,
                        "the records were changed after they were written: keep this "
                        "state directory as evidence and restore a copy");
    json_decref(audit.list);
    buf_free(&audit.text);
    free(audit.ids);
    return code;
}

const struct cli_verb cmd_audit = {
    .name = "audit",
    .summary = "verify the hash chain of the records",
    .arguments = "verify",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "Recomputes the chain of hashes over every record of all campaigns (or of "
        "--campaign) and\n"
        "prints its head. It finds edits, gaps, swaps and a cut end. Keep the heads "
        "elsewhere: whoever\n"
        "can rewrite the whole file can also rewrite the chain. Exit 1: a chain is "
        "broken.",
    .example = "  slipway audit verify\n"
               "  slipway audit verify --json | jq -r '.campaigns[].head'",
    .run = run,
};
