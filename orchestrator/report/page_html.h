/*
 * page_html.h - the sections of the HTML page, in order, and what they share. Private to
 * the page_*.c files. Each appends one <section> with its heading.
 */
#ifndef REPORT_PAGE_HTML_H
#define REPORT_PAGE_HTML_H

#include "report/page_model.h"
#include "report/page_write.h"

/* Built in from page.css and page.js (page.cmake); end with a new line. */
extern const char page_css[], page_js[];

#define PAGE_OPENINGS_SHOWN   3
#define PAGE_TIMETABLES_SHOWN 500
#define PAGE_NOTICES_SHOWN    12
#define PAGE_LIST_MAX         200 /* entries of a list of commands, failures, starved targets */

void page_summary_html(const struct page *page, struct buf *out);
void page_actions_html(const struct page *page, struct buf *out);
void page_timeline_html(const struct page *page, struct buf *out);
void page_timetable_html(const struct page *page, struct buf *out);
/* Nothing without a forecast. */
void page_forecast_html(const struct page *page, struct buf *out);
void page_blast_html(const struct page *page, struct buf *out);
void page_budget_html(const struct page *page, struct buf *out);
void page_stops_html(const struct page *page, struct buf *out);
void page_steps_html(const struct page *page, struct buf *out);
void page_calendars_html(const struct page *page, struct buf *out);
/* Nothing if there is none. */
bool page_has_links(const struct page *page);
void page_links_html(const struct page *page, struct buf *out);
bool page_has_warnings(const struct page *page);
void page_warnings_html(const struct page *page, struct buf *out);
bool page_has_evidence(const struct page *page);
void page_evidence_html(const struct page *page, struct buf *out);
void page_targets_html(const struct page *page, struct buf *out);
void page_about_html(const struct page *page, struct buf *out);

/* "<section id=ID aria-labelledby=ID-h><h2 id=ID-h>TITLE</h2>" and its end. */
void page_section(struct buf *out, const char *id, const char *title);
void page_section_end(struct buf *out);

/* The sentences of the summary, as plain text, one after another: for HTML and
   Markdown; NULL ends a paragraph. */
typedef void (*page_sentence_fn)(void *data, const char *sentence);
void page_summary_sentences(const struct page *page, page_sentence_fn say, void *data);

/* The data of all formats (page_json.c); the caller's. */
json_t *page_schedule_of(const struct page *page);

/* Who must act: one row each, in order of time. */
struct page_action {
    int64_t by_ms; /* 0: no date follows from the plan */
    char *when;    /* words if there is no date        */
    char *who, *what;
    bool done, late; /* late: the date had passed when the plan was made */
    bool notice;
};
struct page_actions {
    struct page_action *items;
    size_t count, room;
};
void page_actions_make(const struct page *page, struct page_actions *out);
void page_actions_clear(struct page_actions *actions);
#define auto_page_actions __attribute__((cleanup(page_actions_clear)))

/* ---- pictures (page_svg.c) ---- */

#define PAGE_LABEL_WIDTH 128 /* of what stays at the left */

struct page_plot {
    const struct page *page;
    double column; /* width of one */
    int width, head;
    bool hours; /* there is room for them */
};
struct page_plot page_plot_of(const struct page *page);
double page_plot_x(const struct page_plot *plot, int64_t local);
/* Dates, lines between nights and gaps, down to `height`. */
void page_plot_head(const struct page_plot *plot, int height, struct buf *out);
/* Cut to so many characters, escaped. */
void page_short(struct buf *out, const char *text, int characters);

struct page_chart {
    const char *id, *title, *desc;
    const struct page_series *planned, *actual;
    int cap; /* 0: no line for one */
    const char *cap_words;
};
void page_chart_svg(const struct page_plot *plot, const struct page_chart *chart,
                    struct buf *out);
/* A small one without axes. */
void page_spark_svg(const struct page *page, const struct page_series *series,
                    const char *title, struct buf *out);

/* ---- arguments (page_arguments.c) ---- */

/* A step's arguments as lines: ${vars.*} expanded, ${target.*} and ${steps.*} marked,
   secrets hidden. */
void page_arguments_html(const struct plan *plan, const char *with, struct buf *out);
/* Paths below "target." that the playbook's templates ask for. */
void page_target_paths(const struct plan *plan, struct map *out);
/* The value of such a path in a target's document, redacted, as plain text. */
void page_target_value(const json_t *doc, const char *path, struct buf *out);

#endif
