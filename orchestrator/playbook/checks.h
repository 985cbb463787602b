/*
 * checks.h - is this text a host, an address, a pin, a name? Pure.
 */
#ifndef PLAYBOOK_CHECKS_H
#define PLAYBOOK_CHECKS_H

#include <stdbool.h>

#define NAME_MAX_BYTES 64

/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
bool check_name(const char *text);

/* A member of `vars`, the id of a step: as a name, but without dots, because dots
   separate the parts of a template's path. */
bool check_word(const char *text);

/* [A-Za-z_][A-Za-z0-9_]*: may stand in an expression as it is. */
bool check_identifier(const char *text);

/* [A-Za-z0-9][A-Za-z0-9._/-]{0,62} */
bool check_label(const char *text);

/* A host name (RFC 1123) or an IPv4 or IPv6 address without brackets. */
bool check_host(const char *text);
bool check_is_ipv6(const char *text);

/* NULL if it is https://HOST[:PORT][/PATH], else what is wrong, as the end of the
   sentence "url ...". */
const char *check_url(const char *text);

/* sha256// and the 44 base64 characters of a SHA-256 */
bool check_pin(const char *text);

/* 8-4-4-4-12 hexadecimal digits */
bool check_uuid(const char *text);

#endif
