/*
 * left_out.h - who was selected and is left out of a plan, and why, in words that stay with
 * the plan: `why` tells them weeks later.
 */
#ifndef CLI_LEFT_OUT_H
#define CLI_LEFT_OUT_H

#include "cli/inputs.h"

struct absent_list {
    struct plan_absent *items;
    size_t count;
};

/* Parallel to inputs->out. absent_list_clear() afterwards. */
struct absent_list left_out_list(const struct inputs *inputs);
void absent_list_clear(struct absent_list *list);
#define auto_absent_list __attribute__((cleanup(absent_list_clear)))

#endif
