/*
 * version.h - versions as appliances write them: 2 to 4 numbers between dots, compared
 * field by field as numbers.
 *
 * "8.0.3.00400" and "8.0.3.400" are one version; "6.5.0" is shorter than the rule and
 * stands for "6.5.0.0". Pure.
 */
#ifndef CATALOGUE_VERSION_H
#define CATALOGUE_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERSION_FIELDS   4
#define VERSION_TEXT_MAX 48 /* bytes that version_text() needs */
#define LINE_TEXT_MAX    24 /* and version_line() */

struct version {
    uint32_t fields[VERSION_FIELDS]; /* missing ones are 0            */
    size_t count;                    /* as written                    */
    int digits;                      /* of the last one, as written   */
};

/* False if it is no version: a letter, a sign, an empty field, a field of more than 9
   digits, fewer than 2 or more than 4 fields. */
bool version_parse(const char *text, struct version *out);

/* -1, 0 or 1. */
int version_compare(const struct version *a, const struct version *b);

/* As it was written: each product pads its last number in its own way ("8.0.3.00400",
   "9.1.0.0100", NSX "4.1.2.1"). Returns `out`. */
const char *version_text(const struct version *version, char *out, size_t size);

/* "8.0": releases of one line are patches of each other. Returns `out`. */
const char *version_line(const struct version *version, char *out, size_t size);

/* True if all of the shorter one's fields are the other's first: 8.0.3 of 8.0.3.00400. */
bool version_begins(const struct version *version, const struct version *shorter);

#endif
