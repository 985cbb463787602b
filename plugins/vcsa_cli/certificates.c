/*
 * certificates.c - vcsa-cli.certificates: when the certificates in VECS end.
 *
 *   vecs-cli store list ─► vecs-cli entry list --store S --text, for each
 *
 * Left out are TRUSTED_ROOT_CRLS (no certificates) and BACKUP_STORE* (old ones, expired
 * by right). The STS signing certificate is not in VECS: it is in `unknown`, and
 * checksts.py tells it (KB 79248).
 */
#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa_cli/clock.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/parse.h"

#define VECS         "/usr/lib/vmware-vmafd/bin/vecs-cli"
#define MACHINE      "MACHINE_SSL_CERT"
#define MACHINE_NAME "__MACHINE_CERT"

/* vecs-cli by its full path where appliancesh passes words on; by name elsewhere. */
static const char *program(const struct talk *talk)
{
    return talk->dialect == TALK_BASH ? "vecs-cli" : VECS;
}

static bool counts(const char *store)
{
    return strcmp(store, "TRUSTED_ROOT_CRLS") != 0 &&
           strncmp(store, "BACKUP_STORE", strlen("BACKUP_STORE")) != 0;
}

struct findings {
    json_t *list, *unknown, *tls, *least;
    int64_t now_ms;
    json_int_t least_days;
};

static void add(struct findings *findings, const char *store, const json_t *entry)
{
    const char *alias = json_text(entry, "alias");
    auto_free char *name = xasprintf("%s %s", store, alias);
    const json_t *ends = json_object_get(entry, "ends_ms");
    if (!ends) {
        (void)json_array_append_new(findings->unknown, json_string(name));
        return;
    }
    json_t *life = clock_life(json_integer_value(ends), findings->now_ms);
    json_int_t days = json_number(life, "days_left", 0);
    (void)json_object_set_new(life, "name", json_string(name));
    (void)json_array_append_new(findings->list, life);
    if (!findings->least || days < findings->least_days) {
        findings->least = life;
        findings->least_days = days;
    }
    if (!strcmp(store, MACHINE) && !strcmp(alias, MACHINE_NAME))
        findings->tls = life;
}

static enum slipway_outcome read_store(struct talk *talk, const char *store,
                                       struct findings *findings)
{
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_ask_words(talk, &told, program(talk), "entry",
                                                  "list", "--store", store, "--text");
    if (outcome != SLIPWAY_DONE)
        return outcome;
    auto_json json_t *entries = parse_entries(buf_text(&told));
    for (size_t i = 0; i < json_array_size(entries); i++)
        add(findings, store, json_array_get(entries, i));
    return SLIPWAY_DONE;
}

static enum slipway_outcome read_all(struct talk *talk, struct findings *findings)
{
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = clock_read(talk, &findings->now_ms);
    if (outcome == SLIPWAY_DONE)
        outcome = talk_ask_words(talk, &told, program(talk), "store", "list");
    if (outcome != SLIPWAY_DONE)
        return outcome;
    auto_json json_t *stores = parse_stores(buf_text(&told));
    for (size_t i = 0; i < json_array_size(stores) && outcome == SLIPWAY_DONE; i++) {
        const char *store = json_string_value(json_array_get(stores, i));
        if (counts(store))
            outcome = read_store(talk, store, findings);
    }
    return outcome;
}

static json_t *json_or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

enum slipway_outcome cli_certificates(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_json json_t *list = json_array(), *unknown = json_pack("[s]", "sts");
    struct findings findings = {.list = list, .unknown = unknown};
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = read_all(&talk, &findings);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    if (!findings.tls)
        (void)json_array_append_new(unknown, json_string("tls"));
    return talk_done(
        &talk,
        json_pack("{s:O, s:O, s:o, s:o, s:o}", "certificates", list, "unknown", unknown,
                  "tls", json_or_null(findings.tls), "first_to_end",
                  json_or_null(findings.least), "least_days",
                  findings.least ? json_integer(findings.least_days) : json_null()));
}
