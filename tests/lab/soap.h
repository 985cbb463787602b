/*
 * soap.h - one vim25 call of a manager, between soap.c (envelope, dispatch),
 * soap_schema.c (strict order), soap_methods.c and soap_props.c.
 */
#ifndef LAB_SOAP_H
#define LAB_SOAP_H

#include <libxml/tree.h>

#include "parts.h"

#define VIM_NAMESPACE "urn:vim25"

struct soap_call {
    const struct web_request *request;
    struct web_reply *reply;
    struct lab *lab;
    struct manager *manager;   /* NULL: a vCenter's own vpxd (vcsa_sdk.h) */
    struct appliance *vcenter; /* NULL: a manager */
    struct sessions *sessions; /* of the one that was asked */
    xmlNode *method;           /* the body's only child */
    const char *name;
    char *operation_id; /* SOAP header, NULL if absent */
    char *token;        /* session cookie, NULL if absent */
    struct vm *vm;      /* the VM that the call is about, if any */
    struct buf out;     /* children of the response element */
    struct buf fault;   /* rendered fault; set = the call failed */
};

/* ---- soap.c ---- */
/* Fail the call. `fields` is XML, already escaped, or NULL. The first wins. */
void soap_fault(struct soap_call *call, const char *type, const char *message,
                const char *fields);
/* First child element of that name, NULL if absent. */
xmlNode *soap_child(const xmlNode *parent, const char *name);
/* Next element after `node` (or the first child of parent if node is NULL). */
xmlNode *soap_next(const xmlNode *parent, const xmlNode *node);
/* Its text, NULL if absent; the caller's. */
char *soap_text(const xmlNode *parent, const char *name);
bool soap_bool(const xmlNode *parent, const char *name, bool fallback);
/* Attribute xsi:type without prefix, "" if absent; the caller's. */
char *soap_xsi_type(const xmlNode *node);
char *soap_attribute(const xmlNode *node, const char *name);
char *soap_content(const xmlNode *node);
void soap_escape(struct buf *out, const char *text);
void soap_element(struct buf *out, const char *name, const char *text);
void soap_moref(struct buf *out, const char *name, const char *type, const char *ref);
const char *soap_time(int64_t ms, char out[32]);

/* Answer a POST to /sdk of a manager, or of a vCenter's own vpxd. */
void soap_serve(const struct web_request *request, struct web_reply *reply);

/* ---- soap_schema.c ---- */
/* True if the method's children are exactly what the schema allows, in order;
   else the call failed with InvalidRequest. */
bool soap_check(struct soap_call *call);

/* ---- soap_methods.c ---- */
typedef void (*soap_method)(struct soap_call *call);
/* NULL if there is no such method. */
soap_method soap_find_method(const char *name, bool *needs_session);
struct vm *soap_vm(struct manager *manager, const char *ref);

/* ---- soap_props.c ---- */
void soap_retrieve_properties(struct soap_call *call);
void soap_continue_retrieve(struct soap_call *call);
void soap_cancel_retrieve(struct soap_call *call);

/* ---- soap_values.c: objects and their properties ---- */
struct soap_object {
    const char *type; /* static */
    char ref[40];
    struct manager *manager;
    struct vm *vm;
    struct task *task;
    struct snapshot *snapshot;
    struct view *view;
    int datastore;
};
/* False if no such object lives here. */
bool soap_resolve(struct manager *manager, const char *type, const char *ref,
                  struct soap_object *out);
enum soap_value { SOAP_VALUE_SET, SOAP_VALUE_UNSET, SOAP_VALUE_UNKNOWN };
/* Append <val ...> for one property path. */
enum soap_value soap_value(const struct soap_object *object, const char *path,
                           struct buf *out);
/* Every path that the type has, for <all>true</all>; NULL after the last. */
const char *soap_path(const char *type, size_t index);

#endif
