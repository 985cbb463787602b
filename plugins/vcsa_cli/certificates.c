/*
 * certificates.c - vcsa-cli.certificates: when the certificates in VECS end.
 *
 *   vecs-cli store list ─► vecs-cli entry list --store S --text, for each
 *
 * Left out are TRUSTED_ROOT_CRLS (no certificates) and BACKUP_STORE* (old ones, expired
 * by right). The STS signing certificate is not in VECS: it is in `unknown`, and
 * checksts.py tells it (KB 79248).
 *
 * `named` tells whether the TLS certificate is made out to the name by which the appliance
 * goes and which its services register (its PNID, vmafd-cli get-pnid). Null if one of the two
 * cannot be had: the rest is worth knowing all the same.
 */
#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa_cli/clock.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

#define VECS         "/usr/lib/vmware-vmafd/bin/vecs-cli"
#define VMAFD        "/usr/lib/vmware-vmafd/bin/vmafd-cli"
#define MACHINE      "MACHINE_SSL_CERT"
#define MACHINE_NAME "__MACHINE_CERT"
#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:"

/* By its full path where appliancesh passes words on; by name elsewhere. */
static const char *program(const struct talk *talk, const char *path)
{
    return talk->dialect == TALK_BASH ? strrchr(path, '/') + 1 : path;
}

static bool counts(const char *store)
{
    return strcmp(store, "TRUSTED_ROOT_CRLS") != 0 &&
           strncmp(store, "BACKUP_STORE", strlen("BACKUP_STORE")) != 0;
}

struct findings {
    json_t *list, *unknown, *tls, *least;
    json_t *machine; /* the entry of the TLS certificate, owned */
    int64_t now_ms;
    json_int_t least_days;
};

static void add(struct findings *findings, const char *store, const json_t *entry)
{
    const char *alias = json_text(entry, "alias");
    auto_free char *name = xasprintf("%s %s", store, alias);
    const json_t *ends = json_object_get(entry, "ends_ms");
    bool machine = !strcmp(store, MACHINE) && !strcmp(alias, MACHINE_NAME);
    if (machine && !findings->machine)
        findings->machine = json_deep_copy(entry);
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
    if (machine)
        findings->tls = life;
}

static enum slipway_outcome read_store(struct talk *talk, const char *store,
                                       struct findings *findings)
{
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_ask_words(
        talk, &told, program(talk, VECS), "entry", "list", "--store", store, "--text");
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
        outcome = talk_ask_words(talk, &told, program(talk, VECS), "store", "list");
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

/* The name by which the appliance goes, "" if it does not tell. */
static enum slipway_outcome read_name(struct talk *talk, char out[CLI_NAME_MAX])
{
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_ask_words(
        talk, &told, program(talk, VMAFD), "get-pnid", "--server-name", "localhost");
    (void)plain_first(outcome == SLIPWAY_DONE ? buf_text(&told) : "", out, CLI_NAME_MAX);
    if (out[strspn(out, NAME_LETTERS)])
        *out = '\0'; /* it says something else */
    return outcome == SLIPWAY_FAILED || outcome == SLIPWAY_REFUSED ? SLIPWAY_DONE
                                                                   : outcome;
}

static void add_named(const json_t *machine, const char *name, json_t *result)
{
    int named = *name && machine ? parse_is_named(machine, name) : -1;
    (void)json_object_set_new(result, "hostname",
                              *name ? json_string(name) : json_null());
    (void)json_object_set_new(result, "named",
                              named < 0 ? json_null() : json_boolean(named));
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
    char name[CLI_NAME_MAX];
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = read_all(&talk, &findings);
    auto_json json_t *machine = findings.machine;
    if (outcome == SLIPWAY_DONE)
        outcome = read_name(&talk, name);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    if (!findings.tls)
        (void)json_array_append_new(unknown, json_string("tls"));
    json_t *result = json_pack(
        "{s:O, s:O, s:o, s:o, s:o}", "certificates", list, "unknown", unknown, "tls",
        json_or_null(findings.tls), "first_to_end", json_or_null(findings.least),
        "least_days", findings.least ? json_integer(findings.least_days) : json_null());
    add_named(machine, name, result);
    return talk_done(&talk, result);
}
