/*
 * crash.h - named moments at which a process can die, for tests that make it die there.
 *
 * A point costs one comparison and does nothing: only a test sets the hook, in its own
 * process, before there are threads.
 */
#ifndef UTIL_CRASH_H
#define UTIL_CRASH_H

typedef void (*crash_hook)(const char *point);

/* NULL: none, as in every real run. */
void crash_set_hook(crash_hook hook);
void crash_point(const char *point);

#endif
