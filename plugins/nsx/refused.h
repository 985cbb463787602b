/*
 * refused.h - passwords that a manager refused a moment ago, as hashes: they are not sent
 * again for NSX_REFUSAL_MS, because repeated failures lock the account. Safe for threads.
 */
#ifndef NSX_REFUSED_H
#define NSX_REFUSED_H

#include <stdbool.h>
#include <stdint.h>

struct nsx_refused;

struct nsx_refused *nsx_refused_new(void);
void nsx_refused_free(struct nsx_refused *refused);

void nsx_refused_add(struct nsx_refused *refused, const char *url, const char *user,
                     const char *password, int64_t now_ms);
bool nsx_refused_has(struct nsx_refused *refused, const char *url, const char *user,
                     const char *password, int64_t now_ms);

#endif
