/* approval.c - see approval.h. */
#include "report/approval.h"

#include "report/layout.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/timefmt.h"

static void add_nights(const struct approval_view *view, struct buf *out)
{
    char first[32], last[32];
    if (!view->nights) {
        buf_adds(out, "none reserved: nothing binds its targets to a time");
        return;
    }
    words_count(out, (int)view->nights, "night");
    buf_addf(out, ", from %s (%s) to %s (%s)", view->first,
             time_minute(view->first_ms, first, sizeof first), view->last,
             time_minute(view->last_ms, last, sizeof last));
    if (view->without) {
        buf_adds(out, "; ");
        words_count(out, (int)view->without, "target");
        buf_adds(out, " without a slot");
    }
}

static void labelled(const struct layout *layout, const char *label, const char *text)
{
    char lead[32];
    (void)snprintf(lead, sizeof lead, "  %-10s", label);
    layout_paragraph(layout, lead, COLOUR_NONE, text);
}

void approval_text(const struct approval_view *view, bool colour, struct buf *out)
{
    struct layout layout = {out, colour};
    const struct plan *plan = view->plan;
    auto_buf struct buf text = {0};
    char at[32];
    buf_addf(&text, "Plan %.12s of campaign %s, made %s by %s", plan->digest,
             plan->campaign, time_minute(plan->created_ms, at, sizeof at),
             plan->created_by ? plan->created_by : "nobody known");
    layout_paragraph(&layout, "", COLOUR_BOLD, buf_text(&text));
    buf_reset(&text);
    words_count(&text, (int)plan->target_count, "target");
    buf_adds(&text, " in ");
    words_count(&text, (int)plan->wave_count, "wave");
    buf_addf(&text, ", playbook %s", plan->playbook.name);
    labelled(&layout, "Targets", buf_text(&text));
    buf_reset(&text);
    add_nights(view, &text);
    labelled(&layout, "Nights", buf_text(&text));
    buf_reset(&text);
    if (view->expires_ms)
        buf_addf(&text, "%s %s (%s)", view->expired ? "no longer: it expired" : "until",
                 view->expires, time_minute(view->expires_ms, at, sizeof at));
    else
        buf_adds(&text, "without an end; another plan needs another approval");
    labelled(&layout, "Holds", buf_text(&text));
    buf_reset(&text);
    buf_addf(&text, "%s%s%s", view->actor, view->remark ? ": " : "",
             view->remark ? view->remark : "");
    labelled(&layout, "By", buf_text(&text));
}

json_t *approval_json(const struct approval_view *view)
{
    return json_pack(
        "{s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:b}", "digest",
        words_json_text(view->plan->digest), "campaign",
        words_json_text(view->plan->campaign), "targets",
        (json_int_t)view->plan->target_count, "waves", (json_int_t)view->plan->wave_count,
        "nights", (json_int_t)view->nights, "targets_without_slot",
        (json_int_t)view->without, "first", words_json_time(view->first_ms), "last",
        words_json_time(view->last_ms), "expires", words_json_time(view->expires_ms),
        "by", words_json_text(view->actor), "remark", words_json_text(view->remark),
        "given", view->given);
}
