/*
 * group_story.h - the words of stories about one link group, which is the plan's first and
 * has MEMBERS members from the first target on. Include cmocka.h before it.
 */
#ifndef TEST_GROUP_STORY_H
#define TEST_GROUP_STORY_H

#include "world.h"

#define MEMBERS 3

static inline const struct target_state *target_at(const struct world *w, int target)
{
    return &engine_state(w->engine)->targets[target];
}

static inline enum group_state_id group_of(const struct world *w)
{
    return engine_state(w->engine)->groups[0].state;
}

static inline struct world *begin(const struct plan_shape *shape)
{
    struct world *w = world_create(shape, 1);
    world_start(w);
    return w;
}

static inline void end(struct world *w)
{
    assert_true(world_crash(w)); /* the journal gives the live state */
    assert_null(w->broken);
    world_destroy(w);
}

static inline void run(struct world *w)
{
    assert_true(world_run(w, 200000));
    assert_null(w->broken);
}

static inline void run_until(struct world *w, enum group_state_id state)
{
    for (int i = 0; i < 100000; i++) {
        if (group_of(w) == state)
            return;
        assert_true(world_step(w));
    }
    fail_msg("the group never gets to %s", machine_state(&group_machine, (int)state));
}

static inline void say(struct world *w, enum verb verb, int target)
{
    world_command(w, verb, target, -1, "because");
}

static inline const char *last_rejection(const struct world *w)
{
    for (size_t i = w->journal_count; i-- > 0;) {
        if (w->journal[i].kind == RECORD_REJECTED)
            return w->journal[i].text;
        if (w->journal[i].kind == RECORD_COMMAND)
            break;
    }
    return "";
}

static inline void all_are(const struct world *w, enum target_state_id state)
{
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(target_at(w, i)->state, state);
}

#endif
