/*
 * step_decode.c - the items of `steps:`, `health:` and `version:`.
 *
 * Defaults that depend on the phase or on the rollback are settled here, so that the
 * model holds no "not said".
 */
#include <stdlib.h>
#include <string.h>

#include "playbook/playbook_reader.h"
#include "playbook/tables.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/xalloc.h"

#define PREPARE_TIMEOUT_MS      (10LL * 60 * 1000)
#define EVIDENCE_TIMEOUT_MAX_MS (10 * 60 * 1000)
#define LOOK_TIMEOUT_MS         30000LL
#define CHECK_FOR_MS            60000LL
#define CHECK_EVERY_MS          5000LL
#define CHECK_EVERY_MIN_MS      100LL
#define CHECK_STABLE_MAX        1000

/* "retry(N)": the text behind it, or NULL. */
static const char *parse_retry(const char *text, int *retries)
{
    if (strncmp(text, "retry(", 6) != 0)
        return NULL;
    size_t digits = strspn(text + 6, "0123456789");
    if (!digits || digits > 2 || text[6 + digits] != ')')
        return NULL;
    *retries = (int)strtol(text + 6, NULL, 10);
    return text + 6 + digits + 1;
}

int on_failure_parse(const char *text, enum on_failure *action, int *retries)
{
    int count = 0;
    const char *rest = parse_retry(text, &count);
    if (rest) {
        if (count < 1 || count > STEP_RETRIES_MAX)
            return -1;
        if (!*rest) {
            *retries = count;
            return 0;
        }
        if (strncmp(rest, " then ", 6) != 0)
            return -1;
        text = rest + 6;
    }
    int value = on_failure_from(text);
    if (value < 0)
        return -1;
    *action = (enum on_failure)value;
    *retries = count;
    return 0;
}

/* What a failure may lead to depends on whether something was changed. A failed
   rollback strands the appliance, whatever anybody would like. */
static bool fits(enum phase phase, enum on_failure action)
{
    switch (action) {
    case ON_FAILURE_FAIL:
        return phase == PHASE_PREPARE;
    case ON_FAILURE_ROLLBACK:
        return phase == PHASE_CHANGE;
    case ON_FAILURE_CONTINUE:
        return phase != PHASE_ROLLBACK;
    default:
        return phase != PHASE_ROLLBACK && phase != PHASE_EVIDENCE;
    }
}

static const char *actions_of(enum phase phase)
{
    static const char *const actions[] = {
        "fail, park, continue, retry(N), or \"retry(N) then\" one of them",
        "rollback, park, continue, retry(N), or \"retry(N) then\" one of them",
        "retry(N); after that the appliance is stranded",
        "continue: the way back never waits for evidence"};
    return actions[phase];
}

/* What happens if the file does not say. */
static enum on_failure usual_action(enum phase phase, enum rollback_kind rollback)
{
    if (phase == PHASE_PREPARE)
        return ON_FAILURE_FAIL;
    if (phase == PHASE_EVIDENCE)
        return ON_FAILURE_CONTINUE;
    return phase == PHASE_CHANGE && rollback != ROLLBACK_NONE ? ON_FAILURE_ROLLBACK
                                                              : ON_FAILURE_PARK;
}

static bool decode_severity(const struct fields *fields, enum failure_severity *out)
{
    static const char *const names[] = {"block", "warn"};
    static const struct choice severities = {severity_from, names, ARRAY_LENGTH(names)};
    int value;
    if (!field_choice(fields, "severity", &severities, &value))
        return false;
    *out = (enum failure_severity)value;
    return true;
}

/* Shown to people as it stands, so it is one line and holds no template. */
static char *decode_advice(const struct fields *fields)
{
    char clean[OPERATION_ADVICE_MAX + 1];
    auto_free char *text = field_text(fields, "advice");
    if (!text)
        return NULL;
    if (strstr(text, "${"))
        decode_error(fields->decoder, field_node(fields, "advice"),
                     "advice is shown as it stands: it cannot hold a template");
    if (strlen(text) > OPERATION_ADVICE_MAX)
        decode_error(fields->decoder, field_node(fields, "advice"),
                     "advice is longer than %d bytes: say in one or two sentences what "
                     "somebody does next",
                     OPERATION_ADVICE_MAX);
    return xstrdup(text_clean(text, clean, sizeof clean));
}

/* A step that warns goes on, and one that goes on warns; but that a playbook which only
   looks may go on from what would block a change, to see the rest too. */
static void check_severity(const struct fields *fields, const struct step *step,
                           enum failure_severity severity)
{
    const struct yaml_node *node = field_node(fields, "severity");
    bool goes_on = step->on_failure == ON_FAILURE_CONTINUE;
    if (severity == SEVERITY_BLOCK && goes_on && step->phase == PHASE_PREPARE)
        return;
    if (severity == SEVERITY_WARN && step->phase == PHASE_ROLLBACK)
        decode_error(fields->decoder, node,
                     "severity: warn does not fit the phase rollback: a step of it that "
                     "fails strands the appliance");
    else if ((severity == SEVERITY_WARN) != goes_on)
        decode_error(
            fields->decoder, node,
            "severity: %s and on_failure: %s contradict each other; leave one of "
            "them out",
            severity_name(severity), on_failure_name(step->on_failure));
}

static void decode_on_failure(const struct fields *fields,
                              const struct playbook *playbook, struct step *step)
{
    enum failure_severity severity = SEVERITY_BLOCK;
    bool rated = decode_severity(fields, &severity);
    bool warns = severity == SEVERITY_WARN && step->phase != PHASE_ROLLBACK;
    enum on_failure usual =
        warns ? ON_FAILURE_CONTINUE : usual_action(step->phase, playbook->rollback);
    enum on_failure action = usual;
    auto_free char *text = field_text(fields, "on_failure");
    const struct yaml_node *node = field_node(fields, "on_failure");
    bool says = text && (strncmp(text, "retry(", 6) != 0 || strstr(text, "then"));
    step->on_failure = usual;
    if (text && on_failure_parse(text, &action, &step->retries) != 0)
        decode_error(fields->decoder, node, "on_failure must be %s (N: 1 to %d)",
                     actions_of(step->phase), STEP_RETRIES_MAX);
    else if (text && says && !fits(step->phase, action))
        decode_error(
            fields->decoder, node, "on_failure: %s does not fit the phase %s; write %s",
            on_failure_name(action), phase_name(step->phase), actions_of(step->phase));
    else if (action == ON_FAILURE_ROLLBACK && playbook->rollback == ROLLBACK_NONE)
        decode_error(fields->decoder, node,
                     "on_failure: rollback, but the playbook says rollback: none");
    step->on_failure = action;
    step->severity = rated ? severity : step_severity(action);
    if (rated)
        check_severity(fields, step, severity);
}

static void decode_snapshot_key(const struct fields *fields,
                                const struct playbook *playbook, struct step *step)
{
    bool possible =
        step->phase == PHASE_CHANGE && playbook->rollback == ROLLBACK_SNAPSHOT;
    bool wanted = possible && step->op.repeat != SLIPWAY_READ;
    if (field_boolean(fields, "snapshot", &wanted) && wanted && !possible)
        decode_error(fields->decoder, field_node(fields, "snapshot"),
                     "snapshot: true needs the phase change and rollback: snapshot");
    step->snapshot = wanted;
}

static bool decode_phase(const struct fields *fields, enum phase *out)
{
    static const char *const names[] = {"prepare", "change", "rollback", "evidence"};
    static const struct choice phases = {phase_from, names, ARRAY_LENGTH(names)};
    int value;
    if (!field_choice(fields, "phase", &phases, &value))
        return false;
    *out = (enum phase)value;
    return true;
}

static void decode_limits(const struct fields *fields, struct step *step)
{
    (void)field_texts(fields, "limits", STEP_LIMITS_MAX, &step->limits,
                      &step->limit_count);
    for (size_t i = 0; i < step->limit_count; i++) {
        if (!strcmp(step->limits[i], "manager") || !strcmp(step->limits[i], "datastore"))
            decode_error(fields->decoder, field_node(fields, "limits"),
                         "limits: %s is counted by itself, for the calls that concern "
                         "snapshots; a step cannot name it",
                         step->limits[i]);
    }
}

/* What is in the way of a rollback must be short, and must not add to the damage. */
static void check_evidence(const struct fields *fields, const struct step *step)
{
    if (step->phase != PHASE_EVIDENCE)
        return;
    if (step->op.repeat != SLIPWAY_READ)
        decode_error(fields->decoder, field_node(fields, "use"),
                     "evidence is only read: %s with these arguments is %s", step->op.use,
                     repeat_name(step->op.repeat));
    if (step->op.timeout_ms > EVIDENCE_TIMEOUT_MAX_MS)
        decode_error(fields->decoder, field_node(fields, "timeout"),
                     "a step of the phase evidence may take at most %d minutes: the way "
                     "back waits for it",
                     EVIDENCE_TIMEOUT_MAX_MS / 60000);
    if (step->retries)
        decode_error(fields->decoder, field_node(fields, "on_failure"),
                     "evidence is not tried again: the way back waits for it");
}

static void decode_expected(const struct fields *fields, struct step *step)
{
    char timeout[32];
    if (field_duration(fields, "expected", TIMEOUT_MIN_MS, TIMEOUT_MAX_MS,
                       &step->expected_ms) &&
        step->expected_ms > step->op.timeout_ms)
        decode_error(fields->decoder, field_node(fields, "expected"),
                     "expected is longer than the step's timeout of %s",
                     duration_format(step->op.timeout_ms, timeout, sizeof timeout));
}

void step_decode(struct playbook_reader *reader, const struct yaml_node *node,
                 struct playbook *playbook)
{
    struct fields fields;
    struct step step = {0};
    if (fields_open(&reader->decoder, node, &table_step, &fields) != 0)
        return;
    bool known = decode_phase(&fields, &step.phase);
    if (known && step.phase != PHASE_PREPARE && !field_node(&fields, "timeout"))
        decode_error(&reader->decoder, node,
                     "a step of the phase %s needs a timeout: the longest it may take",
                     phase_name(step.phase));
    if (!operation_decode(reader, &fields, NULL, PREPARE_TIMEOUT_MS, &step.op))
        return;
    if (known)
        decode_on_failure(&fields, playbook, &step);
    step.op.advice = decode_advice(&fields);
    decode_expected(&fields, &step);
    decode_snapshot_key(&fields, playbook, &step);
    decode_limits(&fields, &step);
    check_evidence(&fields, &step);
    playbook->steps =
        xreallocarray(playbook->steps, playbook->step_count + 1, sizeof step);
    playbook->steps[playbook->step_count++] = step;
}

/* What is looked at again and again must not change anything. */
static void demand_harmless(struct playbook_reader *reader, const struct fields *fields,
                            const struct operation *op, const char *what)
{
    if (op->repeat != SLIPWAY_READ && op->repeat != SLIPWAY_IDEMPOTENT)
        decode_error(&reader->decoder, field_node(fields, "use"),
                     "%s is repeated, but %s with these arguments is %s; if it only "
                     "reads, and the operation allows it, write class: read",
                     what, op->use, repeat_name(op->repeat));
}

static void decode_looks(const struct fields *fields, struct check *check)
{
    int64_t stable;
    (void)field_duration(fields, "for", 0, TIMEOUT_MAX_MS, &check->for_ms);
    (void)field_duration(fields, "every", CHECK_EVERY_MIN_MS, TIMEOUT_MAX_MS,
                         &check->every_ms);
    if (field_integer(fields, "stable", 1, CHECK_STABLE_MAX, &stable))
        check->stable = (int)stable;
    if ((check->stable - 1) * check->every_ms > check->for_ms)
        decode_error(fields->decoder, fields->node,
                     "health check %s can never be green: %d looks in a row take longer "
                     "than `for`",
                     check->op.id, check->stable);
}

void check_decode(struct playbook_reader *reader, const struct yaml_node *node,
                  struct playbook *playbook)
{
    static const char *const names[] = {"compare", "require", "ignore"};
    static const struct choice rules = {baseline_from, names, ARRAY_LENGTH(names)};
    struct fields fields;
    struct check check = {.for_ms = CHECK_FOR_MS,
                          .every_ms = CHECK_EVERY_MS,
                          .stable = 1,
                          .after_step = -1};
    int baseline;
    if (fields_open(&reader->decoder, node, &table_health, &fields) != 0 ||
        !operation_decode(reader, &fields, NULL, LOOK_TIMEOUT_MS, &check.op))
        return;
    demand_harmless(reader, &fields, &check.op, "a health check");
    decode_looks(&fields, &check);
    if (field_choice(&fields, "baseline", &rules, &baseline))
        check.baseline = (enum baseline_rule)baseline;
    check.op.advice = decode_advice(&fields);
    if (decode_severity(&fields, &check.severity) && check.severity == SEVERITY_WARN &&
        check.baseline == BASELINE_REQUIRE)
        decode_error(
            &reader->decoder, field_node(&fields, "severity"),
            "severity: warn and baseline: require contradict each other: one lets "
            "the target go on, the other does not");
    check.after = field_text(&fields, "after");
    playbook->checks =
        xreallocarray(playbook->checks, playbook->check_count + 1, sizeof check);
    playbook->checks[playbook->check_count++] = check;
}

void read_decode(struct playbook_reader *reader, const struct yaml_node *node,
                 struct playbook *playbook)
{
    struct fields fields;
    struct operation op;
    auto_free char *id = playbook->read_count
                             ? xasprintf("version-%zu", playbook->read_count + 1)
                             : xstrdup("version");
    if (fields_open(&reader->decoder, node, &table_version, &fields) != 0 ||
        !operation_decode(reader, &fields, id, LOOK_TIMEOUT_MS, &op))
        return;
    demand_harmless(reader, &fields, &op, "reading the version");
    playbook->reads = xreallocarray(playbook->reads, playbook->read_count + 1, sizeof op);
    playbook->reads[playbook->read_count++] = op;
}
