/*
 * xml_scan.h - the gate in front of libxml2: one linear pass that refuses what
 * is dangerous to parse. Private to xml.c and its fuzz target.
 */
#ifndef COMMON_XML_SCAN_H
#define COMMON_XML_SCAN_H

#include <stddef.h>

#include "slipway/error.h"

/* 0 if the bytes may be given to a parser; -1 with a sentence otherwise. It
   says nothing about well-formedness. */
int xml_scan(const char *bytes, size_t length, struct slipway_error *err);

#endif
