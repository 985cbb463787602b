/*
 * path.h - which hops lead from one release to another, and why other ways are closed.
 * Pure: a function of the catalogue and two texts.
 *
 * The rules, in this order: a withdrawn release is no target; exceptions of the
 * catalogue count before the dates; nothing goes back to an older version; inside a
 * line a patch may ask for a minimum; between lines there must be an upgrade; and a
 * release that is older than the source by its date is refused though its number may
 * be greater ("back in time").
 */
#ifndef CATALOGUE_PATH_H
#define CATALOGUE_PATH_H

#include "catalogue/catalogue.h"
#include "util/buf.h"

#define PATH_HOPS_MAX     6
#define PATH_REFUSALS_MAX 200

enum hop_kind { HOP_PATCH, HOP_UPGRADE, HOP_KIND_COUNT };
const char *hop_kind_name(enum hop_kind kind); /* "patch", "major upgrade" */

struct hop {
    const struct release *from, *to; /* from: path.source for the first one */
    enum hop_kind kind;
    const char *playbook;        /* borrowed, as `note` */
    const char *note;            /* "" if none */
    const struct version *hosts; /* it manages none older than these; NULL: not known */
    bool undated;                /* a date is missing: back-in-time was not checked */
};

/* One step that is closed, in one sentence. */
struct refusal {
    const struct release *from, *to;
    char *why;
};

enum path_verdict {
    PATH_FOUND,
    PATH_THERE,          /* it has that version already                      */
    PATH_NONE,           /* there is no way; `why` says so                    */
    PATH_UNKNOWN_TARGET, /* the catalogue does not know the target: no answer */
    PATH_NO_VERSION,     /* a text is neither a release nor a version         */
    PATH_VERDICTS
};
const char *path_verdict_name(enum path_verdict verdict);

struct path {
    enum path_verdict verdict;
    const struct release *source; /* may be `unknown` below */
    const struct release *target; /* NULL if not known */
    struct hop hops[PATH_HOPS_MAX];
    size_t hop_count;
    struct refusal *refused; /* the direct way first, if it is closed */
    size_t refused_count, refused_room;
    char **remarks; /* what should be known besides */
    size_t remark_count, remark_room;
    char *why;              /* a sentence if the verdict is not PATH_FOUND */
    struct release unknown; /* a source that the catalogue does not have */
};

/*
 * `from`, `to`: what catalogue_find() understands. An unknown source that is a version
 * is taken by its line; its date is not known then. A text that means several releases
 * is taken as the newest of them. What is in `out` borrows from the product.
 */
void path_find(const struct product *product, const char *from, const char *to,
               struct path *out);
void path_clear(struct path *path);
#define auto_path __attribute__((cleanup(path_clear)))

/* May this one step be taken? NULL and *hop filled, or why not (the caller's). */
char *path_step(const struct product *product, const struct release *from,
                const struct release *to, struct hop *hop);

/* "8.0.3.00400 (8.0 U3d)", "8.0 U3d", "8.0.3.00300". Append. */
void path_release_words(const struct release *release, struct buf *out);

/* "vcsa-upgrade to 7.0.3.02200 (7.0 U3t), then vcsa-patch to ...". Append. */
void path_words(const struct path *path, struct buf *out);

#endif
