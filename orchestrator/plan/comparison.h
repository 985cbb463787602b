/* comparison.h - what the files of plan_compare() share. Private to plan/. */
#ifndef PLAN_COMPARISON_H
#define PLAN_COMPARISON_H

#include "plan/clockwork.h"
#include "plan/compare.h"

struct comparison {
    const struct plan *was, *now;
    local_time_fn local;
    struct plan_differences *out;
};

/* One more difference, about none in particular. */
__attribute__((format(printf, 3, 4))) void comparison_add(const struct comparison *c,
                                                          enum plan_change change,
                                                          const char *format, ...);
/* The same for the last one, which is about `count` targets. */
void comparison_count(const struct comparison *c, size_t count);

/* "changed from 40 to 80", if it did. */
void comparison_number(const struct comparison *c, const char *what, int64_t was,
                       int64_t now);
void comparison_duration(const struct comparison *c, const char *what, int64_t was_ms,
                         int64_t now_ms);
void comparison_text(const struct comparison *c, enum plan_change change,
                     const char *what, const char *was, const char *now);

void compare_targets(const struct comparison *c);
void compare_slots(const struct comparison *c);
void compare_playbooks(const struct comparison *c);
void compare_vars(const struct comparison *c);
void compare_plugins(const struct comparison *c);
void compare_strategies(const struct comparison *c);
void compare_calendars(const struct comparison *c);

#endif
