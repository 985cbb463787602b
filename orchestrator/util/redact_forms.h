/*
 * redact_forms.h - the shapes in which a secret can turn up in a text.
 */
#ifndef UTIL_REDACT_FORMS_H
#define UTIL_REDACT_FORMS_H

#include <stddef.h>

typedef void (*redact_form)(void *context, const char *bytes, size_t length);

/* Call `form` for each of them; some may be equal or very short. */
void redact_forms(const char *secret, size_t length, redact_form form, void *context);

#endif
