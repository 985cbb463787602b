/*
 * probe_findings.c - see probe_findings.h.
 *
 * The shape of a sentence is what is left without the target's name, its address and
 * all digits. Findings of one shape are one note. Nothing is lost by it: the note lists
 * its targets whole for scripts.
 */
#include "cli/probe_findings.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

struct probe_finding {
    enum note_kind kind;
    int said_by;    /* the first target of the plan that it is true of */
    char *sentence; /* its own, with its name and address              */
    char *masked;   /* the one that was found first, without them      */
    bool differs;   /* those of others have other numbers              */
    int *targets;
    size_t count, room;
};

/* ---- what two sentences have in common ---- */

static bool is_part_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Length of the word at `p`, 0 if it does not stand there as a whole. */
static size_t word_at(const char *start, const char *p, const char *word)
{
    size_t length = word ? strlen(word) : 0;
    if (!length || strncmp(p, word, length) != 0 || is_part_of_word(p[length]) ||
        (p > start && is_part_of_word(p[-1])))
        return 0;
    return length;
}

/* "~" for the target's own name and address. */
static void mask_own(const char *sentence, const char *name, const char *host,
                     struct buf *out)
{
    for (const char *p = sentence; *p;) {
        size_t length = word_at(sentence, p, name);
        if (!length)
            length = word_at(sentence, p, host);
        if (length)
            buf_addc(out, '~');
        else
            buf_addc(out, *p);
        p += length ? length : 1;
    }
}

/* "#" for each number: "-2", "40" and "3.5" are alike. */
static void mask_numbers(const char *text, struct buf *out)
{
    for (const char *p = text; *p;) {
        bool sign = *p == '-' && (p == text || !is_part_of_word(p[-1]));
        size_t skip = sign && isdigit((unsigned char)p[1]) ? 1 : 0;
        if (!isdigit((unsigned char)p[skip])) {
            buf_addc(out, *p++);
            continue;
        }
        buf_addc(out, '#');
        for (p += skip;
             isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1]));)
            p++;
    }
}

void probe_findings_add(struct probe_findings *findings, enum note_kind kind, int target,
                        const char *sentence, bool exact)
{
    const struct plan_target *t = &findings->plan->targets[target];
    auto_json json_t *doc = json_parse(t->doc, strlen(t->doc), JSON_BYTES_MAX, NULL);
    auto_buf struct buf masked = {0}, shape = {0};
    mask_own(sentence, t->name, json_text(doc, "host"), &masked);
    buf_addf(&shape, "%d ", (int)kind);
    if (exact)
        buf_adds(&shape, buf_text(&masked));
    else
        mask_numbers(buf_text(&masked), &shape);
    size_t at = map_intern(&findings->shapes, buf_text(&shape));
    if (at == findings->count)
        *vec_push(findings->items, findings->count, findings->room) =
            (struct probe_finding){.kind = kind,
                                   .said_by = target,
                                   .sentence = xstrdup(sentence),
                                   .masked = xstrdup(buf_text(&masked))};
    struct probe_finding *finding = &findings->items[at];
    finding->differs =
        finding->differs || strcmp(finding->masked, buf_text(&masked)) != 0;
    if (target < finding->said_by) { /* answers come in any order */
        finding->said_by = target;
        xreplace(&finding->sentence, sentence);
    }
    *vec_push(finding->targets, finding->count, finding->room) = target;
}

/* ---- telling ---- */

static int by_index(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int most_first(const void *a, const void *b)
{
    const struct probe_finding *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->targets[0] != y->targets[0] ? x->targets[0] - y->targets[0]
                                          : strcmp(x->sentence, y->sentence);
}

/* "vc-0008: …" or "14 targets (vc-0001, vc-0007, vc-0008 and 11 more): …" */
static void tell(const struct plan *plan, struct probe_finding *finding,
                 struct plan_notes *notes)
{
    auto_free const char **names = xcalloc(finding->count, sizeof *names);
    auto_buf struct buf who = {0};
    int wave = INT_MAX;
    qsort(finding->targets, finding->count, sizeof *finding->targets, by_index);
    for (size_t i = 0; i < finding->count; i++) {
        const struct plan_target *t = &plan->targets[finding->targets[i]];
        names[i] = t->name;
        wave = t->wave < wave ? t->wave : wave;
    }
    if (finding->count > 1)
        buf_addf(&who, "%zu targets (", finding->count);
    words_names(&who, names, finding->count, PROBE_NAMES_SHOWN);
    if (finding->differs)
        buf_addf(&who, "; the numbers are those of %s",
                 plan->targets[finding->said_by].name);
    if (finding->count > 1)
        buf_addc(&who, ')');
    plan_notes_add(notes, finding->kind, wave, "%s: %s", buf_text(&who),
                   finding->sentence);
    plan_notes_whom(notes, names, finding->count);
}

void probe_findings_tell(struct probe_findings *findings, struct plan_notes *notes)
{
    if (findings->count)
        qsort(findings->items, findings->count, sizeof *findings->items, most_first);
    for (size_t i = 0; i < findings->count; i++)
        tell(findings->plan, &findings->items[i], notes);
}

void probe_findings_clear(struct probe_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].sentence);
        free(findings->items[i].masked);
        free(findings->items[i].targets);
    }
    free(findings->items);
    map_free(&findings->shapes);
    *findings = (struct probe_findings){0};
}
