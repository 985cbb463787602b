/*
 * t_pages.h - lists of NSX-T, which come in pages: {results, result_count, cursor}.
 */
#ifndef NSX_T_PAGES_H
#define NSX_T_PAGES_H

#include "nsx/talk.h"

struct nsx_t_list {
    const char *path; /* ends with a query, to which the cursor is added       */
    const char *what; /* for a sentence: "open alarms"                         */
    const char *page; /* where a human sees all of them: "System > Upgrade"    */
};

typedef void nsx_t_take_fn(const json_t *item, void *context);

/* Give every item of all pages to `take`. A list that does not end, or cannot be told from
   an empty one, is a failure: half of it would look like all of it. */
enum nsx_answer nsx_t_each(struct nsx_talk *talk, const struct nsx_t_list *list,
                           nsx_t_take_fn *take, void *context);

/* The manager itself says that this release has no such list. A proxy's 404 says nothing. */
bool nsx_t_has_no_list(const struct nsx_talk *talk, enum nsx_answer answer);

#endif
