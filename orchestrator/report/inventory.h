/*
 * inventory.h - the imported fleet for people and for scripts: a list, one appliance
 * whole, what an import changed, what a probe found.
 *
 * Secrets are only ever there as references.
 */
#ifndef REPORT_INVENTORY_H
#define REPORT_INVENTORY_H

#include <jansson.h>
#include <stdbool.h>

#include "report/layout.h"
#include "store/inventory.h"

#define INVENTORY_JSON_SCHEMA 1

/* ---- list: add each appliance, then write ---- */

struct inventory_table {
    struct table table;
    size_t count, drifted, never_seen;
};
void inventory_table_add(struct inventory_table *list, const struct store_appliance *a);
/* `filtered`: the sentence for an empty list is another one. Append. */
void inventory_table_text(const struct inventory_table *list, bool filtered, bool colour,
                          struct buf *out);
void inventory_table_clear(struct inventory_table *list);

/* One appliance as an object of the list or of `show`. */
json_t *inventory_json_appliance(const struct store_appliance *appliance, bool whole);

/* ---- show ---- */

void inventory_show_text(const struct store_appliance *appliance, bool colour,
                         struct buf *out);

/* ---- import ---- */

/* What `import` came to; how many appliances are there now is `total`. */
void inventory_import_text(const struct store_import *import, const char *file,
                           bool pruned, int total, struct buf *out);
json_t *inventory_import_json(const struct store_import *import, bool pruned, int total);

/* ---- probe ---- */

enum probe_verdict {
    PROBE_SAME,        /* as the inventory says                       */
    PROBE_DRIFT,       /* another version than the inventory says     */
    PROBE_OUTSIDE,     /* another version than slipway saw last       */
    PROBE_NEW,         /* the inventory did not know a version        */
    PROBE_BUILDS,      /* builds that the catalogue does not know for it */
    PROBE_DISAGREE,    /* two ways of reading gave two versions       */
    PROBE_UNREACHABLE, /* it did not answer                           */
    PROBE_REFUSED,     /* it lets nobody in, or must not be talked to */
    PROBE_NO_VERSION,  /* it answered, and no version was in it       */
    PROBE_VERDICTS
};
const char *probe_verdict_name(enum probe_verdict verdict);

struct probe_row {
    const char *name, *planned; /* planned: "" if not known */
    const char *known;          /* what slipway saw last, else planned */
    const char *seen;           /* NULL: none */
    const char *build;          /* of the management; "" if it told none */
    const char *client_build;   /* of SOAP; "" likewise */
    enum probe_verdict verdict;
    const char *sentence; /* NULL: nothing to say */
};
struct probe_view {
    const struct probe_row *rows;
    size_t count;
    const char *playbook;     /* whose version reads were used */
    bool recorded;            /* the state was written */
    const char *not_recorded; /* why not, or NULL */
    bool colour;
};
void inventory_probe_text(const struct probe_view *view, struct buf *out);
/* The caller's. */
char *inventory_probe_json(const struct probe_view *view);

#endif
