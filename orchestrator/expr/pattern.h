/*
 * pattern.h - a regular expression before the C library sees it.
 */
#ifndef EXPR_PATTERN_H
#define EXPR_PATTERN_H

#define PATTERN_BYTES_MAX 256u  /* of the pattern                              */
#define PATTERN_DEPTH_MAX 32u   /* of brackets                                 */
#define PATTERN_COST_MAX  2000u /* characters, after repetitions are spelt out */

/* Why the pattern is refused, or NULL. */
const char *pattern_fault(const char *pattern);

#endif
