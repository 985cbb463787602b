/* inventory_json.c - the inventory for scripts (inventory.h, docs/json.md). */
#include <string.h>

#include "report/inventory.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/timefmt.h"

/* What is not known is null, never "". */
static json_t *time_or_null(int64_t ms)
{
    char at[32];
    return ms ? json_string(time_iso(ms, at, sizeof at)) : json_null();
}

static json_t *parsed(const char *text)
{
    json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    return json ? json : json_null();
}

json_t *inventory_json_appliance(const struct store_appliance *a, bool whole)
{
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        words_json_text_or_null(a->name), "host", words_json_text_or_null(a->host),
        "kind", words_json_text_or_null(a->kind), "site",
        words_json_text_or_null(a->site), "version", words_json_text_or_null(a->version),
        "seen_version", words_json_text_or_null(a->seen_version), "seen_at",
        time_or_null(a->seen_ms), "link_group", words_json_text_or_null(a->link_group),
        "calendar", words_json_text_or_null(a->calendar), "manager",
        words_json_text_or_null(a->manager), "datastore",
        words_json_text_or_null(a->datastore), "labels", parsed(a->labels), "imported_at",
        time_or_null(a->imported_ms));
    if (whole)
        (void)json_object_set_new(object, "document", parsed(a->doc));
    return object;
}

json_t *inventory_import_json(const struct store_import *import, bool pruned, int total)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:i}", "schema_version",
                     INVENTORY_JSON_SCHEMA, "added", import->added, "changed",
                     import->changed, "same", import->same, "removed", import->removed,
                     "managers", import->managers, "prune", pruned, "appliance_count",
                     total);
}

const char *probe_verdict_name(enum probe_verdict verdict)
{
    static const char *const names[] = {
        [PROBE_SAME] = "same",
        [PROBE_DRIFT] = "drift",
        [PROBE_OUTSIDE] = "outside",
        [PROBE_NEW] = "new",
        [PROBE_BUILDS] = "builds",
        [PROBE_DISAGREE] = "disagree",
        [PROBE_UNREACHABLE] = "unreachable",
        [PROBE_REFUSED] = "refused",
        [PROBE_NO_VERSION] = "no_version",
    };
    return names[verdict];
}

char *inventory_probe_json(const struct probe_view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->count; i++) {
        const struct probe_row *row = &view->rows[i];
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "name",
                            words_json_text_or_null(row->name), "version",
                            words_json_text_or_null(row->planned), "known_version",
                            words_json_text_or_null(row->known), "seen_version",
                            words_json_text_or_null(row->seen), "build",
                            words_json_text_or_null(row->build), "client_build",
                            words_json_text_or_null(row->client_build), "verdict",
                            probe_verdict_name(row->verdict), "sentence",
                            words_json_text_or_null(row->sentence)));
    }
    auto_json json_t *doc =
        json_pack("{s:i, s:o, s:b, s:o, s:o}", "schema_version", INVENTORY_JSON_SCHEMA,
                  "playbook", words_json_text_or_null(view->playbook), "recorded",
                  view->recorded, "not_recorded",
                  words_json_text_or_null(view->recorded ? NULL : view->not_recorded),
                  "appliances", list);
    return json_pretty(doc);
}
