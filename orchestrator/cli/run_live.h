/*
 * run_live.h - the live picture on the terminal: drawn in place below what was printed
 * before, at most as often as the loop ticks. The cursor and the keyboard's echo come
 * back on every way out of the process, and while it is stopped.
 */
#ifndef CLI_RUN_LIVE_H
#define CLI_RUN_LIVE_H

#include <stdbool.h>

#include "loop/driver.h"

struct run_live;

/* True if stdout is a terminal on which a picture can be drawn. */
bool run_live_possible(void);

struct run_live *run_live_open(bool colour);
/* Draw the picture as it is now. Nothing happens while we are in the background. */
void run_live_draw(struct run_live *live, const struct driver *driver, bool draining);
/* A line that stays, above the picture. */
void run_live_print(struct run_live *live, const char *line);
/* Take the picture away and give the terminal back. NULL is fine. */
void run_live_close(struct run_live *live);

#endif
