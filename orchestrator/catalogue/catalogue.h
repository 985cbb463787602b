/*
 * catalogue.h - which releases of a product there are, and which way leads from one to
 * another, as files of versions/ tell it.
 *
 *   catalogue_load(files) ─► struct catalogue ─► catalogue_find, path_find (path.h)
 *
 * Files add up: what a later one says of a release, a line, an upgrade or an exception
 * takes the place of what an earlier one said, and is noted.
 */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalogue/version.h"
#include "playbook/decode.h"

#define CATALOGUE_RELEASES_MAX 2000 /* of one file */
#define CATALOGUE_RULES_MAX    500  /* lines, upgrades, exceptions of one file */
#define CATALOGUE_KINDS_MAX    16
#define RELEASE_BUILDS_MAX     4

struct release {
    char *id;   /* "8.0u3d": unique in the product */
    char *name; /* "8.0 U3d"                       */
    char *line; /* "8.0"                           */
    bool has_version;
    struct version version;
    char *date; /* "2024-10-21", "" if not known */
    int64_t date_ms;
    char *build;        /* of the ISO, VAMI and REST; "" if not known        */
    char *client_build; /* of SOAP, vpxd and PowerCLI; "" if not known       */
    char **builds;      /* a pair of which nobody knows which one is which   */
    size_t build_count;
    char *withdrawn; /* why it must not be installed; "" if it may be       */
    bool has_minimum;
    struct version minimum; /* its patch accepts no older source of its line */
    char *notes;
    struct place place;
};

/* How a release becomes another one of its line. */
struct line {
    char *name, *playbook, *note;
    struct place place;
};

/* How any release of a line becomes one of another line. */
struct upgrade {
    char *from, *to; /* lines */
    char *playbook, *note;
    bool has_hosts;
    struct version hosts; /* the new vCenter manages no hosts older than this */
    struct place place;
};

/* What the dates alone do not tell: this very pair is allowed, or refused. */
struct exception {
    char *from, *to; /* ids of releases */
    bool allowed;
    char *why;
    struct place place;
};

struct product {
    char *name;
    char **kinds; /* appliances of these kinds are it */
    size_t kind_count;
    struct release *releases; /* in the order of the files */
    size_t release_count, release_room;
    struct line *lines;
    size_t line_count, line_room;
    struct upgrade *upgrades;
    size_t upgrade_count, upgrade_room;
    struct exception *exceptions;
    size_t exception_count, exception_room;
};

struct catalogue {
    struct product *products;
    size_t product_count, product_room;
    char **replaced; /* "my.yaml:7:5 replaces release 8.0u3d of vcenter.yaml:60:5" */
    size_t replaced_count, replaced_room;
};

/* Read these files into `out` (zeroed, or filled by earlier ones). Every problem is
   recorded; -1 if there was an error, then `out` is empty. */
int catalogue_load(char *const *paths, size_t count, struct catalogue *out,
                   struct problem_list *problems);

/* The files that belong to slipway and to the folder we are in: all of
   <share>/versions/ and ./versions/; then `extra` (NULL: none). */
int catalogue_load_all(const char *extra, struct catalogue *out,
                       struct problem_list *problems);

void catalogue_clear(struct catalogue *catalogue);
#define auto_catalogue __attribute__((cleanup(catalogue_clear)))

/* NULL if there is none of that name; of that kind of appliance. Borrowed. */
const struct product *catalogue_product(const struct catalogue *catalogue,
                                        const char *name);
const struct product *catalogue_product_of_kind(const struct catalogue *catalogue,
                                                const char *kind);

/*
 * The releases that a text may mean: an id or a name ("8.0u3d", "8.0 U3d"), a build of
 * either sort, or a version. A version that leaves its last numbers out ("8.0.3") means
 * all that begin so. How many there are; at most `max` of them, in the order of the
 * files, are written to `out`. Borrowed.
 */
size_t catalogue_find(const struct product *product, const char *text,
                      const struct release **out, size_t max);

/* The tables of a file of versions/, for the JSON Schema; the file's own first. */
extern const struct key_table table_versions;
const struct key_table *const *catalogue_tables(size_t *count);

#endif
