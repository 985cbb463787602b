/* words.c - see words.h. */
#include "report/words.h"

#include <stdio.h>
#include <string.h>

#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define TEXT_SHOWN_MAX 4096u /* bytes of one reason or sentence */
#define DAY_MS         86400000LL

const char *words_took(int64_t ms, char *out, size_t size)
{
    return duration_format(ms < 1000 ? 0 : ms - ms % 1000, out, size);
}

const char *words_at(int64_t ms, int64_t now_ms, char *out, size_t size)
{
    if (!ms)
        (void)snprintf(out, size, "never");
    else if (ms / DAY_MS == now_ms / DAY_MS)
        (void)time_clock(ms, out, size);
    else
        (void)time_minute(ms, out, size);
    return out;
}

void words_since(struct buf *out, int64_t since_ms, int64_t now_ms)
{
    char at[WORDS_TIME_MAX], took[WORDS_TIME_MAX];
    buf_addf(out, "since %s (%s)", words_at(since_ms, now_ms, at, sizeof at),
             words_took(now_ms - since_ms, took, sizeof took));
}

void words_count(struct buf *out, int count, const char *noun)
{
    buf_addf(out, "%d %s%s", count, noun, count == 1 ? "" : "s");
}

void words_names(struct buf *out, const char *const *names, size_t count, size_t shown)
{
    /* "and 1 more" is no shorter than a name */
    size_t listed = count > shown + 1 ? shown : count;
    for (size_t i = 0; i < listed; i++) {
        bool last = i && i + 1 == count;
        buf_adds(out, !i ? "" : last ? " and " : ", ");
        words_clean(out, names[i]);
    }
    if (listed < count)
        buf_addf(out, " and %zu more", count - listed);
}

void words_clean(struct buf *out, const char *text)
{
    if (text)
        text_sanitize(out, text, strlen(text), TEXT_SHOWN_MAX);
}

/* The sign that would make a list, a number of one, or a line of what begins with it. */
static bool opens_block(const char *start, const char *p)
{
    if (p == start)
        return strchr("-+", *p) ? strchr(" -", p[1]) != NULL : *p == '=' && p[1] == '=';
    return strchr(".)", *p) && strchr(" ", p[1]) &&
           strspn(start, "0123456789") == (size_t)(p - start);
}

/* The sign in "https://" or "www.x" without which nobody makes a link of it. */
static bool opens_link(const char *start, const char *p)
{
    if (*p == ':')
        return p[1] == '/' && p[2] == '/';
    return *p == '.' && p - start >= 3 && !strncasecmp(p - 3, "www", 3);
}

void words_markdown(struct buf *out, const char *text, size_t max)
{
    auto_buf struct buf clean = {0};
    text_sanitize(&clean, text, strlen(text), max);
    const char *start = buf_text(&clean) + strspn(buf_text(&clean), " ");
    for (const char *p = start; *p; p++) {
        if (*p == '<')
            buf_adds(out, "&lt;");
        else if (*p == '&')
            buf_adds(out, "&amp;");
        else if (*p == '@')
            buf_adds(out, "&#64;"); /* notifies nobody */
        else {
            if (strchr("\\`*_[]|#~!>", *p) || opens_block(start, p) ||
                opens_link(start, p))
                buf_addc(out, '\\');
            buf_addc(out, *p);
        }
    }
}

void words_quoted(struct buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-/@%+=:,";
    auto_buf struct buf clean = {0};
    words_clean(&clean, text);
    const char *p = buf_text(&clean);
    if (*p && !p[strspn(p, plain)]) {
        buf_adds(out, p);
        return;
    }
    buf_addc(out, '\'');
    for (; *p; p++) {
        if (*p == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, *p);
    }
    buf_addc(out, '\'');
}

void words_state(struct buf *out, const char *state)
{
    for (; *state; state++)
        buf_addc(out, *state == '_' ? ' ' : *state);
}

/* ---- what a target is doing ---- */

/* An operation of a recovery is called ISSUE.1of2. */
static void add_recovery(struct buf *out, const char *id)
{
    const char *dot = strrchr(id, '.'), *of = dot ? strstr(dot, "of") : NULL;
    auto_free char *issue = xstrndup(id, of ? (size_t)(dot - id) : strlen(id));
    buf_addc(out, ' ');
    words_clean(out, issue);
    if (!of)
        return;
    auto_free char *number = xstrndup(dot + 1, (size_t)(of - dot - 1));
    buf_adds(out, ", ");
    words_clean(out, number);
    buf_adds(out, " of ");
    words_clean(out, of + 2);
}

void words_activity(struct buf *out, enum activity activity, const char *id)
{
    static const char *const phrases[ACTIVITY_COUNT] = {
        [ACTIVITY_NONE] = "nothing",
        [ACTIVITY_STEP] = "step",
        [ACTIVITY_READ] = "reading the version",
        [ACTIVITY_CHECK] = "check",
        [ACTIVITY_RECOVER] = "recovery of known issue",
        [ACTIVITY_GUARD] = "asking whether a snapshot may be taken",
        [ACTIVITY_SNAPSHOT] = "taking the snapshot",
        [ACTIVITY_PRUNE] = "removing our oldest snapshot",
        [ACTIVITY_REVERT] = "reverting to our snapshot",
        [ACTIVITY_POWER_ON] = "powering it on",
        [ACTIVITY_POWER_OFF] = "shutting it down",
    };
    buf_adds(out, (size_t)activity < ARRAY_LENGTH(phrases) ? phrases[activity] : "?");
    if (!id)
        return;
    if (activity == ACTIVITY_RECOVER) {
        add_recovery(out, id);
        return;
    }
    buf_adds(out, activity == ACTIVITY_READ ? " (" : " ");
    words_clean(out, id);
    buf_adds(out, activity == ACTIVITY_READ ? ")" : "");
}

bool words_is_gate(const struct store_target *target)
{
    const char *use = target->activity_use;
    return target->step_state == STEP_RUNNING && use &&
           (!strcmp(use, "gate") || !strcmp(use, "builtin.gate"));
}

static void add_moment(struct buf *out, const struct store_target *t)
{
    static const char *const moments[MOMENT_COUNT] = {
        [MOMENT_BEFORE] = "before the change",
        [MOMENT_AFTER] = "after the change",
        [MOMENT_SOAK] = "after the soak",
        [MOMENT_RESTORED] = "after the rollback",
        [MOMENT_STARTED] = "after the restart"};
    if ((t->activity == ACTIVITY_CHECK || t->activity == ACTIVITY_READ) &&
        (size_t)t->moment < ARRAY_LENGTH(moments))
        buf_addf(out, " %s", moments[t->moment]);
}

/* A guard is a read, which waits for nothing but people. A link group waits at its door. */
static bool is_held_guard(const struct store_target *t, int64_t now_ms)
{
    bool held = t->hold_reason && (!t->hold_until_ms || t->hold_until_ms > now_ms);
    return held && t->activity == ACTIVITY_GUARD && t->unit < 0;
}

bool words_queues(const struct store_target *t, int64_t now_ms)
{
    bool effect = t->activity == ACTIVITY_SNAPSHOT || t->activity == ACTIVITY_PRUNE ||
                  t->activity == ACTIVITY_REVERT || t->activity == ACTIVITY_POWER_ON ||
                  t->activity == ACTIVITY_POWER_OFF ||
                  ((t->activity == ACTIVITY_STEP || t->activity == ACTIVITY_RECOVER) &&
                   t->state != TARGET_PREPARING);
    return (effect || is_held_guard(t, now_ms)) && t->step_state == STEP_WAITING &&
           t->not_before_ms <= now_ms;
}

bool words_is_between(const struct store_target *t, int64_t now_ms)
{
    return (t->state == TARGET_CHANGING || t->state == TARGET_SNAPSHOTTING) &&
           words_queues(t, now_ms);
}

static void add_waiting(struct buf *out, const struct store_target *t, int64_t now_ms)
{
    char at[WORDS_TIME_MAX];
    if (t->not_before_ms > now_ms)
        buf_addf(out, ": tried again at %s",
                 words_at(t->not_before_ms, now_ms, at, sizeof at));
    else if (words_queues(t, now_ms))
        buf_adds(out, ": waits for its turn");
}

static void add_progress(struct buf *out, const struct store_target *t)
{
    if (t->progress >= 0 && t->progress_text)
        buf_addf(out, ", %d %%", t->progress);
    if (t->progress_text && *t->progress_text) {
        buf_adds(out, ", ");
        words_clean(out, t->progress_text);
    }
}

void words_doing(struct buf *out, const struct store_target *t, int64_t now_ms)
{
    if (t->step_state == STEP_IDLE)
        return;
    if (words_is_gate(t)) {
        buf_adds(out, "waits for approval in gate ");
        words_clean(out, t->activity_id);
        return;
    }
    words_activity(out, t->activity, t->activity_id);
    if (t->activity == ACTIVITY_RECOVER && t->activity_use) {
        buf_adds(out, ": ");
        words_clean(out, t->activity_use);
    }
    add_moment(out, t);
    if (t->step_state == STEP_WAITING)
        add_waiting(out, t, now_ms);
    else if (t->step_state == STEP_IN_DOUBT)
        buf_adds(out, " is in doubt");
    else if (t->step_state == STEP_FAILED)
        buf_adds(out, " failed");
    add_progress(out, t);
}

const char *words_question(enum activity activity)
{
    switch (activity) {
    case ACTIVITY_SNAPSHOT:
        return "the manager: is the snapshot there, or its task still running?";
    case ACTIVITY_REVERT:
        return "the manager: did a task revert the VM after the intent was written?";
    case ACTIVITY_PRUNE:
        return "the manager: is the snapshot still there?";
    case ACTIVITY_POWER_ON:
        return "the manager: is the VM on?";
    case ACTIVITY_POWER_OFF:
        return "the manager: is the VM off?";
    case ACTIVITY_STEP:
    case ACTIVITY_RECOVER:
        return "the appliance: does the job of this intent exist, and how did it end?";
    default:
        return "it reads only and is simply read again";
    }
}

const char *words_bytes(int64_t bytes, char *out, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < ARRAY_LENGTH(units); unit++)
        value /= 1024;
    (void)snprintf(out, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

/* ---- JSON ---- */

json_t *words_json_time(int64_t ms)
{
    char at[WORDS_TIME_MAX];
    return ms ? json_string(time_iso(ms, at, sizeof at)) : json_null();
}

json_t *words_json_text(const char *text)
{
    auto_buf struct buf clean = {0};
    if (!text)
        return json_null();
    words_clean(&clean, text);
    return json_stringn(buf_text(&clean), clean.length);
}

json_t *words_json_text_or_null(const char *text)
{
    return text && *text ? words_json_text(text) : json_null();
}
