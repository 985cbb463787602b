/*
 * soap_values.h - properties of managed objects: one table per type.
 */
#ifndef LAB_SOAP_VALUES_H
#define LAB_SOAP_VALUES_H

#include "soap.h"

typedef const struct soap_object soap_source;

/* `write` appends <val ...>, or answers false: unset on this object. A table
   ends with a NULL path. */
struct soap_property {
    const char *path;
    bool (*write)(soap_source *o, struct buf *out);
};

extern const struct soap_property soap_vm_properties[], soap_task_properties[];

bool soap_text_value(struct buf *out, const char *xsi, const char *text);
bool soap_long_value(struct buf *out, const char *xsi, int64_t value);
bool soap_bool_value(struct buf *out, bool value);
bool soap_moref_value(struct buf *out, const char *type, const char *ref);
bool soap_time_value(struct buf *out, int64_t ms);
/* Properties that are the same for all. */
bool soap_unset(soap_source *o, struct buf *out);
bool soap_always_false(soap_source *o, struct buf *out);
bool soap_always_true(soap_source *o, struct buf *out);
/* Tasks of one VM, or (NULL) of all, that are not forgotten yet. */
void soap_recent_tasks(struct buf *out, const struct manager *manager,
                       const struct vm *vm);
void soap_datastore_ref(const struct manager *manager, int index, char *out, size_t size);

#endif
