/*
 * t_pages.c - lists of NSX-T, page after page.
 *
 * How it works: the cursor of one page asks for the next; a page without one is the last.
 *
 * Failure: a page that cannot be read fails the whole list, and so does a list of more pages
 * than NSX_PAGES_MAX.
 */
#include "nsx/t_pages.h"

#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"

/* False: the cursor is nothing that can be sent back. "" after the last page. */
static bool take_cursor(const json_t *value, char out[NSX_CURSOR_MAX])
{
    const json_t *cursor = json_object_get(value, "cursor");
    const char *text = json_string_value(cursor);
    if (cursor && !json_is_null(cursor) && (!text || strlen(text) >= NSX_CURSOR_MAX))
        return false;
    (void)snprintf(out, NSX_CURSOR_MAX, "%s", text ? text : "");
    return true;
}

/* An empty list may be left out, if its count is there. */
static bool tells_list(const json_t *value)
{
    const json_t *results = json_object_get(value, "results");
    return json_is_array(results) ||
           (!results && json_number(value, "result_count", -1) == 0);
}

static enum nsx_answer read_page(struct nsx_talk *talk, const struct nsx_t_list *list,
                                 char cursor[NSX_CURSOR_MAX], json_t **page)
{
    auto_free char *encoded = nsx_encoded(cursor);
    auto_free char *path =
        xasprintf("%s%s%s", list->path, cursor[0] ? "&cursor=" : "", encoded);
    enum nsx_answer answer = nsx_get(talk, path, page);
    if (answer != NSX_OK)
        return answer;
    return tells_list(*page) && take_cursor(*page, cursor)
               ? NSX_OK
               : nsx_because(talk, NSX_LOST, "%s: its list of %s cannot be read",
                             talk->target.name, list->what);
}

enum nsx_answer nsx_t_each(struct nsx_talk *talk, const struct nsx_t_list *list,
                           nsx_t_take_fn *take, void *context)
{
    char cursor[NSX_CURSOR_MAX] = "";
    for (size_t count = 0; count < NSX_PAGES_MAX; count++) {
        auto_json json_t *page = NULL;
        enum nsx_answer answer = read_page(talk, list, cursor, &page);
        const json_t *results = json_object_get(page, "results");
        for (size_t i = 0; answer == NSX_OK && i < json_array_size(results); i++)
            take(json_array_get(results, i), context);
        if (answer != NSX_OK || !cursor[0])
            return answer;
    }
    return nsx_because(talk, NSX_NO,
                       "%s: there are more %s than can be read here; look at %s on the "
                       "manager's page",
                       talk->target.name, list->what, list->page);
}

bool nsx_t_has_no_list(const struct nsx_talk *talk, enum nsx_answer answer)
{
    return answer == NSX_ERROR && talk->fault.status == 404;
}
