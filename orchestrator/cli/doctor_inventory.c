/*
 * doctor_inventory.c - can everything be read that the imported inventory refers to?
 * (doctor.h)
 *
 * Secrets are looked at as when they are used (owner, mode, kind), but not read, and no
 * command is run. Many appliances share a secret: each reference is looked at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "exec/secret.h"
#include "store/inventory.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/program.h"

#define TOLD_MAX 10u /* of each sort; more are counted */

struct references {
    struct map secrets; /* canonical JSON */
    struct map files;   /* host keys and certificate authorities */
};

static bool is_secret(const json_t *json)
{
    return json_is_object(json) && json_object_size(json) == 1 &&
           (json_object_get(json, "file") || json_object_get(json, "cmd") ||
            json_object_get(json, "credential"));
}

static void collect(const char *key, const json_t *json, struct references *out)
{
    const char *name;
    json_t *value;
    if (!strcmp(key, "labels"))
        return;
    if (is_secret(json)) {
        auto_free char *text = json_canonical(json);
        (void)map_intern(&out->secrets, text);
        return;
    }
    if (json_is_string(json) && (!strcmp(key, "hostkey") || !strcmp(key, "ca")))
        (void)map_intern(&out->files, json_string_value(json));
    json_object_foreach((json_t *)json, name, value) collect(name, value, out);
}

static void examine_secrets(const struct map *secrets, struct findings *findings)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    size_t bad = 0;
    for (size_t i = 0; i < secrets->count; i++) {
        struct slipway_error err = {""};
        if (!secret_examine(secrets->keys[i], credentials, &err))
            continue;
        if (bad++ < TOLD_MAX)
            findings_add(findings, FINDING_FAIL, "secrets", "%s", err.text);
    }
    if (bad > TOLD_MAX)
        findings_add(findings, FINDING_FAIL, "secrets",
                     "%zu more like that; mend these first", bad - TOLD_MAX);
    if (!bad && secrets->count)
        findings_add(findings, FINDING_OK, "secrets", "%zu can be read by you alone",
                     secrets->count);
}

/* Whoever may write there decides who passes for an appliance. */
static bool others_can_write(const char *path)
{
    struct stat st;
    struct slipway_error err;
    auto_free char *real = realpath(path, NULL);
    if (!real || stat(real, &st))
        return false;
    return (st.st_uid && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH) ||
           program_check_folders(real, path, &err);
}

static void examine_files(const struct map *files, struct findings *findings)
{
    size_t bad = 0;
    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->keys[i];
        bool readable = !access(path, R_OK);
        int why = errno;
        if ((readable && !others_can_write(path)) || bad++ >= TOLD_MAX)
            continue;
        findings_add(findings, readable ? FINDING_WARN : FINDING_FAIL, "trust",
                     "%s: %s; it holds the host keys or the certificate authority "
                     "that appliances are known by",
                     path,
                     readable ? "others can change or replace it (chmod go-w, folders "
                                "above it included)"
                              : strerror(why));
    }
    if (bad > TOLD_MAX)
        findings_add(findings, FINDING_FAIL, "trust",
                     "%zu more like that; mend these first", bad - TOLD_MAX);
    if (!bad && files->count)
        findings_add(findings, FINDING_OK, "trust",
                     "%zu file%s of host keys and certificate authorities", files->count,
                     files->count == 1 ? "" : "s");
}

void doctor_inventory(struct store *store, struct findings *findings)
{
    struct slipway_error err = {""};
    __attribute__((cleanup(fleet_clear))) struct fleet fleet = {0};
    struct references references = {0};
    int code = store_load_fleet(store, &fleet, &err);
    if (code)
        findings_add(findings, FINDING_FAIL, "inventory", "%s", err.text);
    else if (!fleet.appliance_count)
        findings_add(findings, FINDING_OK, "inventory",
                     "empty, so its secrets were not looked at; fill it with: slipway "
                     "inventory import fleet.yaml");
    else
        findings_add(findings, FINDING_OK, "inventory", "%zu appliance%s, %zu manager%s",
                     fleet.appliance_count, fleet.appliance_count == 1 ? "" : "s",
                     fleet.manager_count, fleet.manager_count == 1 ? "" : "s");
    for (size_t i = 0; i < fleet.appliance_count; i++)
        collect("", fleet.appliances[i].doc, &references);
    for (size_t i = 0; i < fleet.manager_count; i++)
        collect("", fleet.managers[i].doc, &references);
    examine_secrets(&references.secrets, findings);
    examine_files(&references.files, findings);
    map_free(&references.secrets);
    map_free(&references.files);
}
