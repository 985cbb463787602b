/*
 * readiness_text.c - readiness for people, for scripts and for spreadsheets.
 *
 * Whoever reads it in the morning wants to know who needs work: those come first, each with
 * what blocks it and what to do. The ready ones are names.
 */
#include "report/layout.h"
#include "report/page_write.h"
#include "report/readiness.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

/* ---- text ---- */

static void write_head(const struct readiness *r, const struct layout *layout)
{
    auto_buf struct buf text = {0};
    char at[WORDS_TIME_MAX];
    buf_addf(&text, "%s, looked at %s: ", r->campaign,
             words_at(r->began_ms, r->now_ms, at, sizeof at));
    words_count(&text, r->counts[READINESS_READY], "target");
    buf_adds(&text, " ready");
    if (r->warned)
        buf_addf(&text, " (%d with warnings)", r->warned);
    buf_addf(&text, ", %d not ready", r->counts[READINESS_NOT]);
    if (r->counts[READINESS_UNKNOWN])
        buf_addf(&text, ", %d not looked at yet", r->counts[READINESS_UNKNOWN]);
    layout_paragraph(layout, "", r->counts[READINESS_NOT] ? COLOUR_YELLOW : COLOUR_NONE,
                     buf_text(&text));
}

static void write_finding(const struct readiness_finding *finding,
                          const struct layout *layout)
{
    bool blocks = finding->severity == SEVERITY_BLOCK;
    auto_buf struct buf text = {0};
    buf_addf(&text, "%s: %s", finding->step, finding->text);
    layout_paragraph(layout, blocks ? "    ! " : "    - ",
                     blocks ? COLOUR_YELLOW : COLOUR_NONE, buf_text(&text));
    if (finding->advice)
        layout_paragraph(layout, "        ", COLOUR_DIM, finding->advice);
}

static void write_target(const struct readiness_target *target,
                         const struct layout *layout)
{
    auto_buf struct buf text = {0};
    buf_adds(&text, target->name);
    if (*target->version)
        buf_addf(&text, " (%s)", target->version);
    buf_addf(&text, "  %d blocking, ", target->blocks);
    words_count(&text, target->warnings, "warning");
    layout_paragraph(layout, "  ", COLOUR_BOLD, buf_text(&text));
    for (size_t i = 0; i < target->count; i++)
        write_finding(&target->findings[i], layout);
}

/* Those with findings, in full. */
static void write_group(const struct readiness *r, enum readiness_verdict verdict,
                        const char *heading, const struct layout *layout)
{
    bool begun = false;
    for (size_t i = 0; i < r->plan->target_count; i++) {
        const struct readiness_target *target = &r->targets[i];
        if (target->verdict != verdict || !target->count)
            continue;
        if (!begun)
            layout_heading(layout, heading);
        begun = true;
        write_target(target, layout);
    }
}

/* Those without, by name. */
static void write_names(const struct readiness *r, enum readiness_verdict verdict,
                        const char *heading, const struct layout *layout)
{
    auto_buf struct buf names = {0};
    for (size_t i = 0; i < r->plan->target_count; i++)
        if (r->targets[i].verdict == verdict && !r->targets[i].count)
            buf_addf(&names, "%s%s", names.length ? ", " : "", r->targets[i].name);
    if (!names.length)
        return;
    layout_heading(layout, heading);
    layout_paragraph(layout, "  ", COLOUR_NONE, buf_text(&names));
}

void readiness_text(const struct readiness *readiness, bool colour, struct buf *out)
{
    const struct layout layout = {out, colour};
    write_head(readiness, &layout);
    write_group(readiness, READINESS_NOT, "not ready", &layout);
    write_group(readiness, READINESS_READY, "ready, with warnings", &layout);
    write_group(readiness, READINESS_UNKNOWN, "not looked at yet, with warnings",
                &layout);
    write_names(readiness, READINESS_READY, "ready", &layout);
    write_names(readiness, READINESS_UNKNOWN, "not looked at yet", &layout);
}

/* ---- CSV ---- */

static void field(struct buf *out, const char *text)
{
    buf_adds(out, out->length && out->data[out->length - 1] != '\n' ? "," : "");
    page_csv_field(out, text);
}

static void field_number(struct buf *out, int number)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%d", number);
    field(out, text);
}

static void add_row(const struct readiness_target *target, struct buf *out)
{
    auto_buf struct buf because = {0};
    for (size_t i = 0; i < target->count; i++)
        buf_addf(&because, "%s%s%s: %s", i ? "; " : "",
                 target->findings[i].severity == SEVERITY_WARN ? "(warning) " : "",
                 target->findings[i].step, target->findings[i].text);
    field(out, target->name);
    field(out, target->site);
    field(out, target->version);
    field(out, readiness_verdict_name(target->verdict));
    field_number(out, target->blocks);
    field_number(out, target->warnings);
    field(out, buf_text(&because));
    buf_adds(out, "\r\n");
}

void readiness_csv(const struct readiness *readiness, struct buf *out)
{
    buf_adds(out, "target,site,version,verdict,blocking,warnings,because\r\n");
    for (size_t i = 0; i < readiness->plan->target_count; i++)
        add_row(&readiness->targets[i], out);
}

/* ---- JSON ---- */

static json_t *finding_json(const struct readiness_finding *finding)
{
    return json_pack("{s:o, s:s, s:o, s:o}", "step", words_json_text(finding->step),
                     "severity", severity_name(finding->severity), "text",
                     words_json_text(finding->text), "advice",
                     words_json_text(finding->advice));
}

static json_t *known_json(const char *text)
{
    return words_json_text(*text ? text : NULL);
}

static json_t *target_json(const struct readiness_target *target)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < target->count; i++)
        (void)json_array_append_new(findings, finding_json(&target->findings[i]));
    return json_pack("{s:o, s:o, s:o, s:s, s:i, s:i, s:o}", "name",
                     words_json_text(target->name), "site", known_json(target->site),
                     "version", known_json(target->version), "verdict",
                     readiness_verdict_name(target->verdict), "blocking", target->blocks,
                     "warnings", target->warnings, "findings", findings);
}

char *readiness_json(const struct readiness *r)
{
    json_t *targets = json_array();
    for (size_t i = 0; i < r->plan->target_count; i++)
        (void)json_array_append_new(targets, target_json(&r->targets[i]));
    auto_json json_t *json = json_pack(
        "{s:i, s:o, s:o, s:{s:i, s:i, s:i, s:i}, s:o}", "schema_version", 1, "campaign",
        words_json_text(r->campaign), "began", words_json_time(r->began_ms), "counts",
        "ready", r->counts[READINESS_READY], "with_warnings", r->warned, "not_ready",
        r->counts[READINESS_NOT], "unknown", r->counts[READINESS_UNKNOWN], "targets",
        targets);
    return json_canonical(json);
}
