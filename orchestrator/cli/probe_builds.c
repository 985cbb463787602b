/*
 * probe_builds.c - see probe_builds.h. What is not told or not known contradicts nothing.
 */
#include "cli/probe_builds.h"

#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

void probe_builds_read(const char *result, struct probe_builds *out)
{
    auto_json json_t *json =
        result ? json_parse(result, strlen(result), JSON_BYTES_MAX, NULL) : NULL;
    const char *build = json_text(json, "build");
    const char *client = json_text(json_object_get(json, "sdk"), "build");
    (void)text_clean(build ? build : "", out->build, sizeof out->build);
    (void)text_clean(client ? client : "", out->client_build, sizeof out->client_build);
}

static bool differs(const char *known, const char *told)
{
    return *known && *told && strcmp(known, told) != 0;
}

char *probe_builds_contradict(const struct catalogue *catalogue, const char *kind,
                              const char *version, const struct probe_builds *told)
{
    const struct product *product = catalogue_product_of_kind(catalogue, kind);
    const struct release *found[2];
    struct version parsed;
    if (!product || !version_parse(version, &parsed) || parsed.count != VERSION_FIELDS ||
        catalogue_find(product, version, found, ARRAY_LENGTH(found)) != 1)
        return NULL;
    const struct release *r = found[0];
    if (!differs(r->build, told->build) && !differs(r->client_build, told->client_build))
        return NULL;
    return xasprintf(
        "%s (%s) has build %s and client build %s in the catalogue, it tells "
        "%s and %s: a hot patch, or half an update",
        version, r->name, *r->build ? r->build : "unknown",
        *r->client_build ? r->client_build : "unknown",
        *told->build ? told->build : "none",
        *told->client_build ? told->client_build : "none");
}
