/* left_out.c - see left_out.h. Each reason goes on from "left out, ". */
#include "cli/left_out.h"

#include <stdlib.h>

#include "cli/inputs_after.h"
#include "util/text.h"
#include "util/xalloc.h"

static char *reason_of(const struct inputs *inputs, const struct left_out *out)
{
    const struct appliance *at = &inputs->fleet.appliances[out->appliance];
    char text[200];
    switch (out->why) {
    case OUT_AFTER:
        return xasprintf("for being %s in campaign %s, which comes before",
                         after_objection(inputs, out->appliance),
                         text_clean(inputs->campaign.after, text, sizeof text));
    case OUT_LINKED:
        return xasprintf(
            "because the members of its link group %s would be more than one "
            "upgrade apart",
            text_clean(at->link_group, text, sizeof text));
    default:
        return xasprintf("because another hop comes first from %s: a campaign of its own",
                         text_clean(at->version, text, sizeof text));
    }
}

struct absent_list left_out_list(const struct inputs *inputs)
{
    struct absent_list list = {xcalloc(inputs->out_count + 1, sizeof *list.items), 0};
    for (; list.count < inputs->out_count; list.count++) {
        const struct left_out *out = &inputs->out[list.count];
        list.items[list.count] =
            (struct plan_absent){xstrdup(inputs->fleet.appliances[out->appliance].name),
                                 reason_of(inputs, out)};
    }
    return list;
}

void absent_list_clear(struct absent_list *list)
{
    plan_absent_free(list->items, list->count);
    *list = (struct absent_list){0};
}
