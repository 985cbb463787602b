/*
 * merge.h - one catalogue out of several files: the last word counts, and is noted.
 * Internal to catalogue/. Every merge_* takes over what its item owns.
 */
#ifndef CATALOGUE_MERGE_H
#define CATALOGUE_MERGE_H

#include "catalogue/catalogue.h"

struct merging {
    struct catalogue *catalogue;
    struct product *product; /* of the file that is being read */
    const struct decoder *decoder;
};

/* Begin a file about this product. */
struct merging merge_open(struct catalogue *catalogue, const char *product,
                          const struct decoder *decoder);

/* The array and its texts are taken over; may be NULL. */
void merge_kinds(struct merging *merging, char **kinds, size_t count);
/* Items without what names them were complained about; they are dropped here. Twice
   the same in one file is an error. */
void merge_release(struct merging *merging, struct release *release);
void merge_line(struct merging *merging, struct line *line);
void merge_upgrade(struct merging *merging, struct upgrade *upgrade);
void merge_exception(struct merging *merging, struct exception *exception);

/* What only all files together can tell: exceptions name releases that are there, and
   no kind belongs to two products. */
void merge_check(const struct catalogue *catalogue, struct problem_list *problems);

#endif
