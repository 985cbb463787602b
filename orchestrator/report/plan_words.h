/*
 * plan_words.h - the words that the renderings of a plan share. Private to report/.
 */
#ifndef REPORT_PLAN_WORDS_H
#define REPORT_PLAN_WORDS_H

#include "report/plan_text.h"

#define DIGEST_SHOWN 12 /* hex digits that people compare */

/* Notes in the order in which they are read: how it was made, what it risks, what
   stops it. The last two are marked. */
struct note_section {
    enum note_kind kind;
    const char *heading;
};
extern const struct note_section note_sections[];
extern const size_t note_section_count;

/* "3.2 %" of tenths of a percent */
const char *share_text(int share, char out[16]);
/* "↑", "=", "⏸", "!", "+" */
const char *mark_text(enum target_mark mark);
enum target_mark mark_at(const struct plan_view *view, size_t target);
/* Words for a step: "snapshot before, on failure rollback, 2 retries, limits repo" */
void step_words(const struct plan *plan, const struct step *step, struct buf *out);
/* "green within 2m, 3 in a row, every 10s, after upgrade" */
void check_words(const struct check *check, struct buf *out);
/* "failed step of prepare, at most 2 times: sleep, vcsa.unstage"; "" for one that is for a
   human. */
void recovery_words(const struct playbook *playbook, const struct recovery *recovery,
                    struct buf *out);
/* "rollback by snapshot", "native rollback", "no rollback" */
const char *rollback_words(enum rollback_kind kind);
/* "tolerates 2, then pauses" */
void budget_words(int budget, int targets, enum on_exceed action, struct buf *out);
/* "the campaign tolerates 10, then pauses" */
void campaign_budget_words(const struct plan *plan, struct buf *out);
/* "115 of 240 appliances, in 4 waves, at most 40 in flight" */
void target_words(const struct plan_view *view, struct buf *out);
/* "repo https://..., target_version 8.0.3" */
void vars_words(const struct plan *plan, struct buf *out);
/* Facts of a wave; zeros if there are none. */
struct wave_facts facts_at(const struct plan_view *view, size_t wave);
/* The capped domain values of which most can be down at once, the worst first; how many
   there are. */
#define PEAKS_SHOWN 8
size_t top_peaks(const struct plan_view *view, size_t out[PEAKS_SHOWN]);
/* A text in Markdown, neutralised and escaped; the same as a cell of a table. */
void markdown_text(struct buf *out, const char *text);
void markdown_cell(struct buf *out, const char *text);
/* Which targets of a wave are listed: all, or the first and last few. */
struct listing {
    int head, skipped, tail;
};
struct listing listing_of(const struct plan_view *view, const struct plan_wave *wave);

#endif
