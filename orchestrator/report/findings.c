/* findings.c - see findings.h. */
#include "report/findings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/layout.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define FINDINGS_JSON_SCHEMA 1

static const char *const levels[] = {"ok", "warn", "FAIL"};

void findings_add(struct findings *findings, enum finding_level level, const char *what,
                  const char *format, ...)
{
    auto_buf struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    *vec_push(findings->items, findings->count, findings->room) =
        (struct finding){level, xstrdup(what), xstrdup(buf_text(&text))};
    findings->counts[level]++;
}

void findings_text(const struct findings *findings, bool colour, struct buf *out)
{
    static const enum layout_colour colours[] = {COLOUR_NONE, COLOUR_YELLOW, COLOUR_RED};
    struct layout layout = {out, colour};
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->items[i];
        auto_buf struct buf text = {0};
        char lead[16];
        (void)snprintf(lead, sizeof lead, "%-4s  ", levels[f->level]);
        buf_addf(&text, "%s: %s", f->what, f->text);
        layout_line(&layout, lead, colours[f->level], buf_text(&text));
    }
    buf_addf(out, "\n%zu ok, %zu warn, %zu FAIL\n", findings->counts[FINDING_OK],
             findings->counts[FINDING_WARN], findings->counts[FINDING_FAIL]);
}

char *findings_json(const struct findings *findings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->items[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o, s:o}", "level", levels[f->level], "what",
                            words_json_text(f->what), "text", words_json_text(f->text)));
    }
    auto_json json_t *doc =
        json_pack("{s:i, s:o, s:I, s:I, s:I}", "schema_version", FINDINGS_JSON_SCHEMA,
                  "findings", list, "ok", (json_int_t)findings->counts[FINDING_OK],
                  "warn", (json_int_t)findings->counts[FINDING_WARN], "fail",
                  (json_int_t)findings->counts[FINDING_FAIL]);
    return json_pretty(doc);
}

void findings_clear(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].what);
        free(findings->items[i].text);
    }
    free(findings->items);
    *findings = (struct findings){0};
}
