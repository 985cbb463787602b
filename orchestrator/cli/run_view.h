/*
 * run_view.h - what an operator sees while a campaign runs: a live picture on a
 * terminal, one plain line per event in a pipe.
 */
#ifndef CLI_RUN_VIEW_H
#define CLI_RUN_VIEW_H

#include "cli/cli.h"
#include "loop/loop.h"

struct run_view;

/* `plain`: lines also on a terminal. */
struct run_view *run_view_create(struct cli *cli, bool plain);
void run_view_destroy(struct run_view *view);
const struct loop_observer *run_view_observer(struct run_view *view);
/* The last words: how it stands, and what to type next. */
void run_view_end(struct run_view *view, const struct driver *driver, enum loop_end end);

#endif
