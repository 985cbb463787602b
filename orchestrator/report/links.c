/* links.c - see links.h: from the rows of targets, the group's moves, and the checks. */
#include "report/links.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define REPLICATION ".replication" /* operations that tell it: vcsa.replication, ... */

struct reading {
    const struct plan *plan;
    const char *wanted; /* version; NULL: the campaign names none */
    struct link_reports *links;
};

/* ---- members ---- */

static struct link_report *link_at(struct reading *r, int unit)
{
    return unit >= 0 && (size_t)unit < r->links->count ? &r->links->items[unit] : NULL;
}

/* Was it there before the campaign? */
static bool has_wanted(const char *wanted, const struct store_target *t)
{
    return wanted && t->version_from && *t->version_from &&
           text_version_cmp(t->version_from, wanted) >= 0;
}

static int visit_target(void *data, const struct store_target *t)
{
    const struct reading *r = data;
    struct link_report *link = link_at(data, t->unit);
    if (!link)
        return 0;
    link->state = t->unit_state;
    if (!link->reason && t->unit_reason && *t->unit_reason)
        link->reason = xstrdup(t->unit_reason);
    const char *version = t->version_now ? t->version_now : t->version_from;
    *vec_push(link->members, link->member_count, link->member_room) =
        (struct link_member){.name = xstrdup(t->name),
                             .version = xstrdup(version ? version : ""),
                             .companion = t->companion,
                             .has_it = t->companion && has_wanted(r->wanted, t)};
    return 0;
}

/* ---- when it was down ---- */

static struct link_outage *open_outage(struct link_report *link)
{
    if (!link->outage_count)
        return NULL;
    struct link_outage *last = &link->outages[link->outage_count - 1];
    return last->back_ms ? NULL : last;
}

static void goes_down(struct link_report *link, bool rollback, int64_t at_ms)
{
    struct link_outage *outage = open_outage(link);
    if (!outage) {
        outage = vec_push(link->outages, link->outage_count, link->outage_room);
        *outage = (struct link_outage){.down_ms = at_ms};
    }
    outage->rollback = outage->rollback || rollback;
    outage->snapshots = outage->snapshots || !rollback;
}

/* What a move of the group's machine means here. */
static int visit_move(void *data, const struct store_event *event)
{
    const struct record *r = event->record;
    struct link_report *link = r->target < 0 ? link_at(data, r->index) : NULL;
    if (!link)
        return 0;
    if (r->to == GROUP_SHUTTING_DOWN && r->from != r->to)
        goes_down(link, false, r->at_ms);
    if (r->to == GROUP_POWERING_OFF && r->from != r->to)
        goes_down(link, true, r->at_ms);
    bool proven = r->from == GROUP_PROVING && r->to == GROUP_CHANGING;
    bool restored = r->from == GROUP_RESTORING && r->to == GROUP_CLEARING;
    struct link_outage *outage = open_outage(link);
    if (outage && (proven || restored))
        outage->back_ms = r->at_ms;
    if (r->from == GROUP_REVERTING && r->to == GROUP_RESTARTING)
        link->reverted = true;
    if (r->to == GROUP_GATHERING) /* once more from the start */
        link->reverted = false;
    return 0;
}

/* ---- replication ---- */

static bool tells_replication(const struct plan *plan, int check)
{
    const struct playbook *playbook = &plan->playbook;
    if (check < 0 || (size_t)check >= playbook->check_count)
        return false;
    const char *use = playbook->checks[check].op.use;
    size_t length = strlen(use), tail = strlen(REPLICATION);
    return length > tail && !strcmp(use + length - tail, REPLICATION);
}

static bool is_asked(const struct plan *plan)
{
    for (size_t i = 0; i < plan->playbook.check_count; i++) {
        if (tells_replication(plan, (int)i))
            return true;
    }
    return false;
}

/* The newest word of each member since all of it was down counts. */
static int visit_check(void *data, const struct store_check *check)
{
    struct reading *r = data;
    if (!tells_replication(r->plan, check->check) || check->target < 0 ||
        (size_t)check->target >= r->plan->target_count)
        return 0;
    int unit = plan_unit_of(r->plan, check->target);
    struct link_report *link = link_at(r, unit);
    size_t at = link ? (size_t)(check->target - r->plan->units[unit].first) : 0;
    if (!link || at >= link->member_count || !link->outage_count)
        return 0;
    struct link_member *member = &link->members[at];
    int64_t since_ms = link->outages[link->outage_count - 1].down_ms;
    if (check->at_ms < since_ms || check->at_ms < member->looked_ms)
        return 0;
    member->looked_ms = check->at_ms;
    member->in_step = check->verdict == VERDICT_GREEN;
    return 0;
}

static enum link_replication judge(const struct link_report *link, bool asked)
{
    size_t in_step = 0;
    if (!link->outage_count)
        return LINK_NOT_DOWN;
    if (!asked)
        return LINK_NOT_ASKED;
    for (size_t i = 0; i < link->member_count; i++) {
        const struct link_member *m = &link->members[i];
        if (m->looked_ms && !m->in_step)
            return LINK_BROKEN;
        in_step += m->looked_ms > 0;
    }
    return in_step == link->member_count ? LINK_IN_STEP : LINK_LOOKED_AT;
}

/* ---- all of it ---- */

static void make_all(const struct plan *plan, const struct plan_facts *facts,
                     struct link_reports *out)
{
    out->count = plan->unit_count;
    out->items = xcalloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++) {
        const struct plan_unit *unit = &plan->units[i];
        bool known = facts && i < facts->unit_count;
        out->items[i] = (struct link_report){
            .name = xstrdup(unit->name),
            .wave = xstrdup(plan->waves[plan->targets[unit->first].wave].name),
            .planned_ms = known ? facts->units[i].down_ms : 0,
            .planned_worst_ms = known ? facts->units[i].down_worst_ms : 0};
    }
}

int links_load(struct store *store, int64_t campaign, const struct plan *plan,
               const struct plan_facts *facts, struct link_reports *out,
               struct slipway_error *err)
{
    auto_json json_t *vars =
        json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, NULL);
    struct reading reading = {
        .plan = plan, .wanted = json_text(vars, "target_version"), .links = out};
    struct store_target_filter all = STORE_ANY_TARGET;
    struct store_event_filter moves = STORE_ANY_EVENT;
    moves.kind = RECORD_GROUP;
    if (!plan->unit_count)
        return STORE_OK;
    make_all(plan, facts, out);
    int code = store_targets(store, campaign, &all, visit_target, &reading, err);
    if (!code)
        code = store_events(store, campaign, &moves, visit_move, &reading, err);
    if (!code)
        code = store_checks(store, campaign, -1, visit_check, &reading, err);
    bool asked = is_asked(plan);
    for (size_t i = 0; i < out->count && !code; i++)
        out->items[i].replication = judge(&out->items[i], asked);
    return code;
}

void links_clear(struct link_reports *links)
{
    for (size_t i = 0; i < links->count; i++) {
        struct link_report *link = &links->items[i];
        for (size_t k = 0; k < link->member_count; k++) {
            free(link->members[k].name);
            free(link->members[k].version);
        }
        free(link->members);
        free(link->outages);
        free(link->name);
        free(link->wave);
        free(link->reason);
    }
    free(links->items);
    *links = (struct link_reports){0};
}
