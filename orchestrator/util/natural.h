/*
 * natural.h - the order in which people count: vc-2 before vc-10.
 */
#ifndef UTIL_NATURAL_H
#define UTIL_NATURAL_H

/* Total order: runs of digits compare as numbers (of any length), everything else
   bytewise; names that differ only in leading zeros compare bytewise, so 0 means
   equal texts. -1, 0, 1. */
int text_natural_cmp(const char *a, const char *b);

#endif
