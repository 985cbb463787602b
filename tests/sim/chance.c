/*
 * chance.c - what falls out how, as a function and not as a stream: of the seed, of whom
 * it concerns, of what is asked, and of how often that was asked before.
 *
 * So whatever is taken out of a run leaves the rest as it was: an appliance behaves the
 * same with fewer beside it, and the third answer is lost whether or not the second was.
 * Every bad luck that comes about is noted; told to have that luck and no other, a run is
 * the same run again (scenario.c).
 */
#include "sim.h"

/* ---- streams, for drawing the plan: splitmix to spread the seed, then xorshift ---- */

static uint64_t spread(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct chance chance_of(uint64_t seed, uint64_t stream)
{
    uint64_t z = spread(seed * 0x9e3779b97f4a7c15u + stream * 0xbf58476d1ce4e5b9u + 1);
    return (struct chance){z ? z : 1};
}

uint64_t chance_next(struct chance *c)
{
    c->state ^= c->state << 13;
    c->state ^= c->state >> 7;
    c->state ^= c->state << 17;
    return c->state;
}

int chance_below(struct chance *c, int end)
{
    return end > 0 ? (int)((chance_next(c) >> 11) % (uint64_t)end) : 0;
}

int64_t chance_between(struct chance *c, int64_t low, int64_t high)
{
    return low + (int64_t)((chance_next(c) >> 11) % (uint64_t)(high - low + 1));
}

bool chance_is(struct chance *c, int per_mille)
{
    return per_mille > 0 && chance_below(c, 1000) < per_mille;
}

/* ---- draws of a run ---- */

const char *const luck_names[LUCK_COUNT] = {
    [LUCK_LOST_REQUEST] = "lost-request",
    [LUCK_LOST_REPLY] = "lost-reply",
    [LUCK_LATE_EFFECT] = "late-effect",
    [LUCK_REFUSED] = "refused-connection",
    [LUCK_REFUSED_HARD] = "refused-for-good",
    [LUCK_MUTE_POLL] = "mute-poll",
    [LUCK_MUTE_PROBE] = "mute-probe",
    [LUCK_DEAD_PROBE] = "dead-probe",
    [LUCK_FLAP] = "flap",
    [LUCK_TASK_FAILS] = "task-fails",
    [LUCK_TASK_TWICE] = "task-twice",
    [LUCK_TASK_STUCK] = "task-stuck",
    [LUCK_FOREIGN_TASK] = "foreign-task",
    [LUCK_CONSOLIDATE] = "consolidate",
    [LUCK_SESSION] = "session-expired",
    [LUCK_LOCKED] = "account-locked",
    [LUCK_OUTAGE] = "outage",
    [LUCK_MANAGER_OUTAGE] = "manager-outage",
    [LUCK_REBOOT] = "reboot",
    [LUCK_REBOOT_LATE] = "reboot-late",
    [LUCK_REBOOT_TWICE] = "reboot-twice",
    [LUCK_FORGETS] = "job-forgotten",
    [LUCK_RECOVERY_FAILS] = "recovery-fails",
    [LUCK_RECOVERY_DIES] = "recovery-dies",
    [LUCK_CRASH_BEFORE_COMMIT] = "crash-before-commit",
    [LUCK_CRASH_BEFORE_ACTING] = "crash-before-acting",
    [LUCK_LOST_IN_CRASH] = "never-sent",
    [LUCK_AWAY] = "long-away",
    [LUCK_CLOCK_FORWARD] = "clock-forward",
    [LUCK_CLOCK_BACK] = "clock-back",
    [LUCK_EVIDENCE_FAILS] = "evidence-fails",
    [LUCK_EVIDENCE_HANGS] = "evidence-hangs",
    [LUCK_EVIDENCE_LOST] = "evidence-lost",
    [LUCK_OUTSIDE_REMOVES] = "outside-removes",
    [LUCK_OUTSIDE_REVERTS] = "outside-reverts",
    [LUCK_OUTSIDE_POWERS_OFF] = "outside-powers-off",
};

static const struct machine_model *machine_of(const struct sim *sim, int target)
{
    return target < 0 ? &sim->nobody : &sim->machines[target];
}

/* What amounts were numbered from when there were so many kinds of luck: whatever comes
   later has a number of its own, so that a seed's machines take as long as they always
   did. */
#define FIRST_LUCKS 30
#define LATER_LUCKS 64

static int number_of_kind(int kind)
{
    if (kind >= LUCK_COUNT)
        return kind - LUCK_COUNT + FIRST_LUCKS;
    return kind < FIRST_LUCKS ? kind : kind + LATER_LUCKS;
}

/* Whom, what and the how-manieth time: a bad luck has one number. */
static uint64_t number_of(int id, int kind, unsigned ordinal)
{
    return (uint64_t)(unsigned)id << 40 | (uint64_t)(unsigned)number_of_kind(kind) << 32 |
           ordinal;
}

static uint64_t draw(struct sim *sim, int target, int kind, unsigned *ordinal)
{
    struct machine_model *m = target < 0 ? &sim->nobody : &sim->machines[target];
    *ordinal = m->drawn[kind]++;
    uint64_t z = number_of(m->id, kind, *ordinal) * 0x9e3779b97f4a7c15u;
    return spread((z ^ sim->seed * 0xd6e8feb86659fd93u) + 0x632be59bd9b4e019u) >> 11;
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

void sim_expect_luck(struct sim *sim, int target, enum luck kind, unsigned ordinal)
{
    *vec_push(sim->expected, sim->expected_count, sim->expected_room) =
        number_of(machine_of(sim, target)->id, (int)kind, ordinal);
}

void sim_settle_luck(struct sim *sim)
{
    if (sim->expected_count)
        qsort(sim->expected, sim->expected_count, sizeof *sim->expected, by_number);
}

static bool is_expected(const struct sim *sim, uint64_t number)
{
    return sim->expected_count && bsearch(&number, sim->expected, sim->expected_count,
                                          sizeof *sim->expected, by_number);
}

bool sim_luck(struct sim *sim, int target, enum luck kind, int per_mille)
{
    unsigned ordinal;
    uint64_t value = draw(sim, target, (int)kind, &ordinal);
    int id = machine_of(sim, target)->id;
    bool happens = sim->scripted ? is_expected(sim, number_of(id, (int)kind, ordinal))
                                 : (int)(value % 1000) < per_mille;
    if (!happens || sim->calm)
        return false;
    *vec_push(sim->lucks, sim->luck_count, sim->luck_room) =
        (struct luck_event){target, kind, ordinal};
    if (sim_sink >= 0 && !sim->verbose)
        (void)dprintf(sim_sink, "luck %s %s %u\n",
                      target < 0 ? "slipway" : sim->plan->targets[target].name,
                      luck_names[kind], ordinal);
    sim_tell(sim, "    %s: %s %u",
             target < 0 ? "slipway" : sim->plan->targets[target].name, luck_names[kind],
             ordinal);
    return true;
}

int64_t sim_amount(struct sim *sim, int target, enum extent kind, int64_t low,
                   int64_t high)
{
    unsigned ordinal;
    uint64_t value = draw(sim, target, LUCK_COUNT + (int)kind, &ordinal);
    return sim->shortest ? low : low + (int64_t)(value % (uint64_t)(high - low + 1));
}

bool sim_choice(struct sim *sim, int target, enum extent kind, int per_mille)
{
    return sim_amount(sim, target, kind, 0, 999) >= 1000 - per_mille;
}
