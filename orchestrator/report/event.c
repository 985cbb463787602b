/* event.c - see event.h. Texts of records come from outside and are neutralised. */
#include "report/event.h"

#include <stdlib.h>

#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/timefmt.h"

#define WHO_WIDTH 16

/* ---- sentences ---- */

static void add_text(struct buf *out, const char *text)
{
    if (!text || !*text)
        return;
    buf_adds(out, ": ");
    words_clean(out, text);
}

static void add_at(struct buf *out, const char *label, int64_t at_ms)
{
    char at[WORDS_TIME_MAX];
    if (at_ms)
        buf_addf(out, "%s%s", label, time_iso(at_ms, at, sizeof at));
}

static const char *step_words(enum step_event event)
{
    static const char *const words[STEP_EVENT_COUNT] = {
        [STEP_BEGIN] = "begins",
        [STEP_ISSUE] = "is issued",
        [STEP_PENDING] = "is under way",
        [STEP_FINISHED] = "is done",
        [STEP_TRY_LATER] = "had no effect and is tried again",
        [STEP_ATTEMPT_FAILED] = "failed and is tried again",
        [STEP_FAIL] = "failed",
        [STEP_UNKNOWN] = "is in doubt",
        [STEP_LOST] = "is in doubt: the owner ended with the call under way",
        [STEP_LOST_HARMLESS] = "was cut off by the owner's end and is made again",
        [STEP_NOT_STARTED] = "never began, as asking showed",
        [STEP_ADOPT] = "is still running, as asking showed",
        [STEP_GIVE_UP] = "stays in doubt: asked in vain",
        [STEP_ASK_AGAIN] = "is asked about again",
        [STEP_RESET] = "is over",
    };
    return (size_t)event < ARRAY_LENGTH(words) && words[event] ? words[event] : "?";
}

static void step_sentence(const struct store_event *e, struct buf *out)
{
    const struct record *r = e->record;
    words_activity(out, (enum activity)r->activity, e->item);
    if ((r->activity == ACTIVITY_CHECK || r->activity == ACTIVITY_READ) &&
        (unsigned)r->moment < MOMENT_COUNT)
        buf_addf(out, " (%s)", moment_name((enum moment)r->moment));
    buf_addf(out, " %s", step_words((enum step_event)r->event));
    if (r->event == STEP_ISSUE) {
        buf_addf(out, ", intent %lld", (long long)r->intent);
        add_at(out, ", deadline ", r->number);
    }
    if (r->event == STEP_TRY_LATER || r->event == STEP_ATTEMPT_FAILED)
        add_at(out, " at ", r->number);
    add_text(out, r->text);
}

static void recovery_sentence(const struct store_event *e, struct buf *out)
{
    static const char *const words[RECOVERY_EVENT_COUNT] = {
        [RECOVERY_BEGIN] = "begins",
        [RECOVERY_DONE] = "is done: the step is tried again",
        [RECOVERY_FAIL] = "failed",
        [RECOVERY_CURED] = "cured it",
        [RECOVERY_IN_VAIN] = "was in vain",
    };
    const struct record *r = e->record;
    char took[WORDS_TIME_MAX];
    bool known = (size_t)r->event < ARRAY_LENGTH(words);
    buf_adds(out, "recovery of known issue ");
    words_clean(out, r->text);
    buf_addf(out, " %s", known ? words[r->event] : "?");
    if (r->event == RECOVERY_BEGIN && r->attempt > 1)
        buf_addf(out, " (time %d)", r->attempt);
    if (r->event == RECOVERY_CURED || r->event == RECOVERY_IN_VAIN)
        buf_addf(out, " after %s", words_took(r->number, took, sizeof took));
    add_text(out, r->detail);
}

static void move_sentence(const struct store_event *e, struct buf *out)
{
    words_state(out, e->from ? e->from : "?");
    buf_adds(out, " -> ");
    words_state(out, e->to ? e->to : "?");
    add_text(out, e->record->text);
}

/* One that arrived waits for the others; else all of it comes to its next phase. */
static void group_sentence(const struct store_event *e, struct buf *out)
{
    const struct record *r = e->record;
    if (r->target < 0 && r->event == GROUP_LOOK_AGAIN) {
        buf_adds(out, "looks again: what its guards found is old");
        return;
    }
    if (r->target < 0) {
        move_sentence(e, out);
        return;
    }
    buf_adds(out, "waits for the others of its link group (");
    words_state(out, e->to ? e->to : "?");
    buf_addc(out, ')');
    add_text(out, r->text);
}

static const char *plain_words(enum record_kind kind)
{
    static const char *const words[RECORD_KIND_COUNT] = {
        [RECORD_OWNER] = "a process takes the state over",
        [RECORD_POSITION] = "comes to its next step",
        [RECORD_BASELINE] = "verdict before the change",
        [RECORD_VERSION] = "version read",
        [RECORD_SNAPSHOT] = "snapshot taken",
        [RECORD_SNAPSHOT_GONE] = "snapshot gone",
        [RECORD_REVERTING] = "is reverted: a new incarnation begins",
        [RECORD_SOAK] = "soaks until",
        [RECORD_HOLD] = "held",
        [RECORD_RELEASE] = "released",
        [RECORD_SET] = "setting",
        [RECORD_ACKNOWLEDGED] = "failure seen: it no longer counts",
        [RECORD_APPROVED] = "approved",
        [RECORD_COMMAND] = "asked for",
        [RECORD_REJECTED] = "rejected",
        [RECORD_CALENDAR] = "a calendar changes",
        [RECORD_OVERRIDE] = "OVERRIDE: windows and freezes do not bind",
        [RECORD_WINDOW] = "may finish its change",
        [RECORD_OVERRUN] = "ended after its window's close",
    };
    return (size_t)kind < ARRAY_LENGTH(words) && words[kind] ? words[kind] : "?";
}

static void add_details(const struct store_event *e, struct buf *out)
{
    const struct record *r = e->record;
    char took[WORDS_TIME_MAX];
    switch (r->kind) {
    case RECORD_OWNER:
        buf_addf(out, " (epoch %lld)", (long long)r->number);
        break;
    case RECORD_POSITION:
        add_text(out, e->item);
        break;
    case RECORD_BASELINE:
        add_text(out, e->item);
        buf_addf(out, " %s", store_verdict_name((enum verdict)r->number));
        add_text(out, r->text);
        break;
    case RECORD_VERSION:
        if ((unsigned)r->moment < MOMENT_COUNT)
            buf_addf(out, " (%s)", moment_name((enum moment)r->moment));
        add_text(out, r->text);
        break;
    case RECORD_SNAPSHOT:
    case RECORD_SNAPSHOT_GONE:
        add_text(out, r->detail);
        add_text(out, r->text);
        break;
    case RECORD_REVERTING:
        buf_addf(out, " (%d)", r->incarnation);
        break;
    case RECORD_SOAK:
        add_at(out, " ", r->number);
        break;
    case RECORD_HOLD:
        add_at(out, " until ", r->number);
        add_text(out, r->text);
        break;
    case RECORD_SET:
        add_text(out, r->text);
        buf_addf(out, " = %lld", (long long)r->number);
        break;
    case RECORD_COMMAND:
        add_text(out, r->text);
        add_text(out, r->detail);
        break;
    case RECORD_APPROVED:
        add_at(out, " until ", r->number);
        add_text(out, r->text);
        break;
    case RECORD_OVERRIDE:
        add_at(out, " until ", r->number);
        if (!r->number)
            buf_adds(out, " no more");
        add_text(out, r->text);
        break;
    case RECORD_WINDOW:
        add_at(out, ", its opening closes ", r->number);
        break;
    case RECORD_OVERRUN:
        buf_addf(out, ", %s late", words_took(r->number, took, sizeof took));
        break;
    default:
        add_text(out, r->text);
    }
}

void event_sentence(const struct store_event *event, struct buf *out)
{
    switch (event->record->kind) {
    case RECORD_CAMPAIGN:
    case RECORD_WAVE:
    case RECORD_TARGET:
        move_sentence(event, out);
        break;
    case RECORD_GROUP:
        group_sentence(event, out);
        break;
    case RECORD_STEP:
        step_sentence(event, out);
        break;
    case RECORD_RECOVERY:
        recovery_sentence(event, out);
        break;
    case RECORD_CLOCK:
        buf_adds(out, event->record->number ? "the clock is trusted"
                                            : "the clock is NOT trusted");
        add_text(out, event->record->text);
        break;
    default:
        buf_adds(out, plain_words(event->record->kind));
        add_details(event, out);
    }
}

/* ---- lines ---- */

static void add_who(const struct store_event *e, struct buf *out)
{
    auto_buf struct buf who = {0};
    if (e->target_name)
        words_clean(&who, e->target_name);
    else if (e->record->kind == RECORD_GROUP && e->record->detail) {
        buf_adds(&who, "link group ");
        words_clean(&who, e->record->detail);
    } else if (e->wave_name) {
        buf_adds(&who, "wave ");
        words_clean(&who, e->wave_name);
    } else {
        buf_adds(&who, "campaign");
    }
    int pad = WHO_WIDTH - text_columns(buf_text(&who));
    buf_addf(out, "%s%*s  ", buf_text(&who), pad > 0 ? pad : 0, "");
}

void event_line(const struct store_event *event, struct buf *out)
{
    char at[WORDS_TIME_MAX];
    buf_addf(out, "%6lld  %s  ", (long long)event->record->seq,
             time_iso(event->record->at_ms, at, sizeof at));
    add_who(event, out);
    event_sentence(event, out);
    if (event->record->actor) {
        buf_adds(out, ", by ");
        words_clean(out, event->record->actor);
    }
    buf_addc(out, '\n');
}

/* ---- JSON ---- */

static json_t *word(const char *text)
{
    return text ? json_string(text) : json_null();
}

void event_json(const struct store_event *event, struct buf *out)
{
    const struct record *r = event->record;
    bool step = r->kind == RECORD_STEP, moment = (unsigned)r->moment < MOMENT_COUNT;
    auto_buf struct buf sentence = {0};
    event_sentence(event, &sentence);
    auto_json json_t *o = json_pack(
        "{s:i, s:I, s:o, s:s, s:o, s:o}", "schema_version", EVENT_JSON_SCHEMA, "seq",
        (json_int_t)r->seq, "at", words_json_time(r->at_ms), "kind",
        record_kind_name(r->kind), "target", words_json_text(event->target_name), "wave",
        words_json_text(event->wave_name));
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"from", word(event->from)},
        {"event", word(event->event)},
        {"to", word(event->to)},
        {"activity",
         step ? json_string(activity_name((enum activity)r->activity)) : json_null()},
        {"item", words_json_text(event->item)},
        {"moment",
         step && moment ? json_string(moment_name((enum moment)r->moment)) : json_null()},
        {"attempt", json_integer(r->attempt)},
        {"incarnation", json_integer(r->incarnation)},
        {"intent", r->intent ? json_integer(r->intent) : json_null()},
        {"number", json_integer(r->number)},
        {"text", words_json_text(r->text)},
        {"detail", words_json_text(r->detail)},
        {"actor", words_json_text(r->actor)},
        {"sentence", words_json_text(buf_text(&sentence))},
        {"hash", word(event->hash)},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
        (void)json_object_set_new(o, members[i].key, members[i].value);
    auto_free char *text = json_canonical(o);
    buf_adds(out, text);
    buf_addc(out, '\n');
}
