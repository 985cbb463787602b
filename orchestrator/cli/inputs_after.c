/*
 * inputs_after.c - see inputs_after.h.
 *
 * The state of the other campaign is read when a plan is made and when it begins: what
 * happened there in between makes the plan stale. Without a state, or without that
 * campaign in it, everybody waits.
 */
#include "cli/inputs_after.h"

#include <stdlib.h>
#include <string.h>

#include "report/words.h"
#include "store/query.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/xalloc.h"

void after_clear(struct inputs_after *after)
{
    free(after->fates);
    *after = (struct inputs_after){0};
}

/* ---- what became of them there ---- */

struct reading {
    struct inputs *inputs;
    struct map names;   /* of the fleet, in its order       */
    const char *wanted; /* what it will bring; NULL: unknown */
};

static void set_version(struct appliance *appliance, const char *version)
{
    if (!version || !*version)
        return;
    xreplace(&appliance->version, version);
    if (appliance->doc)
        (void)json_object_set_new(appliance->doc, "version", json_string(version));
}

static int take_target(void *data, const struct store_target *target)
{
    struct reading *r = data;
    struct inputs_after *after = &r->inputs->after;
    long at = map_find(&r->names, target->name);
    if (at < 0 || target->companion)
        return 0;
    struct appliance *appliance = &r->inputs->fleet.appliances[at];
    after->fates[at].state = target->state;
    after->fates[at].fate = target->state == TARGET_SUCCEEDED ? AFTER_READY
                            : after->over                     ? AFTER_LOST
                                                              : AFTER_WAITS;
    if (after->fates[at].fate != AFTER_LOST)
        set_version(appliance,
                    target->state == TARGET_SUCCEEDED ? target->version_now : r->wanted);
    return 0;
}

/* vars.target_version of a campaign; the caller's. */
static char *wanted_of(struct store *store, int64_t campaign)
{
    struct slipway_error err;
    auto_free char *text = NULL;
    auto_plan struct plan *plan = NULL;
    size_t length = 0;
    if (store_plan(store, campaign, &text, &length, &err) ||
        plan_from_json(text, length, &plan, &err))
        return NULL;
    auto_json json_t *vars =
        json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, NULL);
    return xstrdup_null(json_text(vars, "target_version"));
}

/* An id or a digest may look like a name: only the name counts. */
static bool find(struct store *store, const char *name, struct store_campaign *out)
{
    struct slipway_error err;
    return !store_find_campaign(store, name, out, &err) && !strcmp(out->name, name);
}

static bool is_over(const struct store_campaign *campaign)
{
    return machine_is_final(&campaign_machine, (int)campaign->state);
}

static void read_targets(struct store *store, const struct store_campaign *campaign,
                         struct inputs *inputs)
{
    struct slipway_error err;
    struct store_target_filter filter = STORE_ANY_TARGET;
    auto_free char *wanted = inputs->after.over ? NULL : wanted_of(store, campaign->id);
    struct reading reading = {.inputs = inputs, .wanted = wanted};
    for (size_t i = 0; i < inputs->fleet.appliance_count; i++)
        (void)map_intern(&reading.names, inputs->fleet.appliances[i].name);
    (void)store_targets(store, campaign->id, &filter, take_target, &reading, &err);
    map_free(&reading.names);
}

void after_load(struct cli *cli, struct inputs *inputs)
{
    struct inputs_after *after = &inputs->after;
    struct slipway_error err;
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    after->fates = xcalloc(inputs->fleet.appliance_count + 1, sizeof *after->fates);
    if (!inputs->campaign.after || store_open_reader(cli->state_dir, &store, &err) ||
        !find(store, inputs->campaign.after, &campaign))
        return;
    after->found = true;
    after->over = is_over(&campaign);
    after->state = campaign.state;
    read_targets(store, &campaign, inputs);
}

const char *after_objection(const struct inputs *inputs, int appliance)
{
    const struct after_fate_of *fate = &inputs->after.fates[appliance];
    return fate->fate == AFTER_LOST ? machine_state(&target_machine, (int)fate->state)
                                    : NULL;
}

/* ---- words ---- */

struct crowd {
    const char **names;
    size_t count;
    struct buf words;
};

#define NAMES_SHOWN 6u

static void join(struct crowd *crowd, const char *name, const char *how)
{
    if (crowd->count < NAMES_SHOWN)
        buf_addf(&crowd->words, "%s%s%s%s%s", crowd->count ? ", " : "", name,
                 how ? " (" : "", how ? how : "", how ? ")" : "");
    crowd->names = xreallocarray(crowd->names, crowd->count + 1, sizeof *crowd->names);
    crowd->names[crowd->count++] = name;
}

static void leave(struct crowd *crowd)
{
    free(crowd->names);
    buf_free(&crowd->words);
}

/* "3 targets are ready: vc-1, vc-2, vc-3"; nothing if there is nobody. */
static void note_crowd(struct plan_notes *notes, enum note_kind kind,
                       const struct crowd *crowd, const char *one, const char *many,
                       const char *what)
{
    if (!crowd->count)
        return;
    auto_free char *more = crowd->count > NAMES_SHOWN
                               ? xasprintf(" and %zu more", crowd->count - NAMES_SHOWN)
                               : xstrdup("");
    plan_notes_add(notes, kind, -1, "%zu %s %s: %s%s", crowd->count,
                   crowd->count == 1 ? one : many, what, buf_text(&crowd->words), more);
    plan_notes_whom(notes, crowd->names, crowd->count);
}

static void note_other(const struct inputs *inputs, struct plan_notes *notes)
{
    const struct inputs_after *after = &inputs->after;
    const char *name = inputs->campaign.after;
    if (!after->found)
        plan_notes_add(notes, NOTE_STOP, -1,
                       "it goes after campaign %s, which was never run in this state: "
                       "`slipway run` ends with exit code 5 until that is over; then "
                       "plan again",
                       name);
    else if (!after->over)
        plan_notes_add(notes, NOTE_STOP, -1,
                       "it goes after campaign %s, which is %s: `slipway run` ends with "
                       "exit code 5 until that is over; then plan again, because who "
                       "does not succeed there is left out",
                       name, machine_state(&campaign_machine, (int)after->state));
    else
        plan_notes_add(notes, NOTE_TARGET, -1,
                       "it goes after campaign %s, which is %s: versions are those that "
                       "were read back there",
                       name, machine_state(&campaign_machine, (int)after->state));
}

static void count_all(const struct inputs *inputs, struct crowd crowds[AFTER_FATES])
{
    for (size_t i = 0; i < inputs->selected_count; i++) {
        int at = inputs->selected[i];
        join(&crowds[inputs->after.fates[at].fate], inputs->fleet.appliances[at].name,
             NULL);
    }
    for (size_t i = 0; i < inputs->out_count; i++) {
        const struct left_out *out = &inputs->out[i];
        if (out->why == OUT_AFTER)
            join(&crowds[AFTER_LOST], inputs->fleet.appliances[out->appliance].name,
                 after_objection(inputs, out->appliance));
    }
}

void after_note(const struct inputs *inputs, struct plan_notes *notes)
{
    struct crowd crowds[AFTER_FATES] = {{.names = NULL}};
    if (!inputs->campaign.after)
        return;
    note_other(inputs, notes);
    count_all(inputs, crowds);
    auto_free char *lost = xasprintf("left out, for not having succeeded in campaign %s",
                                     inputs->campaign.after);
    auto_free char *apart = xasprintf("no part of campaign %s", inputs->campaign.after);
    if (inputs->after.found) {
        note_crowd(notes, NOTE_TARGET, &crowds[AFTER_READY], "target is", "targets are",
                   "ready");
        note_crowd(notes, NOTE_STOP, &crowds[AFTER_WAITS], "target waits", "targets wait",
                   "for it");
        note_crowd(notes, NOTE_WARNING, &crowds[AFTER_LOST], "target is", "targets are",
                   lost);
        note_crowd(notes, NOTE_TARGET, &crowds[AFTER_APART], "target was", "targets were",
                   apart);
    }
    for (size_t i = 0; i < AFTER_FATES; i++)
        leave(&crowds[i]);
}

/* ---- may it begin? ---- */

int after_refuse(struct cli *cli, struct store *store, const struct plan *plan)
{
    char self[512];
    auto_buf struct buf file = {0};
    auto_store_campaign struct store_campaign other = {0};
    if (!plan->after)
        return EXIT_DONE;
    words_quoted(&file, plan->campaign_file ? plan->campaign_file : "CAMPAIGN.yaml");
    (void)cli_command(cli, self, sizeof self);
    if (!find(store, plan->after, &other))
        return cli_fail(cli, EXIT_WAITING,
                        "campaign %s goes after campaign %s, which was never run in this "
                        "state; run that first, then plan this one again",
                        plan->campaign, plan->after);
    if (!is_over(&other))
        return cli_fail(cli, EXIT_WAITING,
                        "campaign %s goes after campaign %s, which is %s; finish that "
                        "with: %s resume, then plan this one again",
                        plan->campaign, plan->after,
                        machine_state(&campaign_machine, (int)other.state), self);
    if (other.since_ms > plan->created_ms)
        return cli_fail(cli, EXIT_STALE,
                        "campaign %s ended after this plan was made, and the plan does "
                        "not know how; plan again with: %s plan %s",
                        plan->after, self, buf_text(&file));
    return EXIT_DONE;
}
