/*
 * soap_schema.c - what each method's element may hold, in which order.
 *
 * vim25 types are xsd:sequence: a child in the wrong place, an unknown child,
 * a missing one or one in another namespace makes a real vCenter refuse the
 * whole request. Tables below are the sequences; one walker checks them.
 */
#include <string.h>

#include "soap.h"

#define DEPTH_MAX 16
#define OPTIONAL  true
#define REQUIRED  false

struct field {
    const char *name;
    bool optional, many;
    const struct field *inside; /* NULL: text */
};

static const struct field property_spec[] = {{"type", REQUIRED, false, NULL},
                                             {"all", OPTIONAL, false, NULL},
                                             {"pathSet", OPTIONAL, true, NULL},
                                             {0}};
static const struct field selection_spec[] = {{"name", OPTIONAL, false, NULL}, {0}};
static const struct field traversal_spec[] = {
    {"name", OPTIONAL, false, NULL},
    {"type", REQUIRED, false, NULL},
    {"path", REQUIRED, false, NULL},
    {"skip", OPTIONAL, false, NULL},
    {"selectSet", OPTIONAL, true, traversal_spec},
    {0}};
static const struct field object_spec[] = {{"obj", REQUIRED, false, NULL},
                                           {"skip", OPTIONAL, false, NULL},
                                           {"selectSet", OPTIONAL, true, traversal_spec},
                                           {0}};
static const struct field filter_spec[] = {
    {"propSet", REQUIRED, true, property_spec},
    {"objectSet", REQUIRED, true, object_spec},
    {"reportMissingObjectsInResults", OPTIONAL, false, NULL},
    {0}};
static const struct field retrieve_options[] = {{"maxObjects", OPTIONAL, false, NULL},
                                                {0}};

static const struct schema {
    const char *method;
    struct field fields[7];
} schemas[] = {
    {"RetrieveServiceContent", {{0}}},
    {"CurrentTime", {{0}}},
    {"Login",
     {{"userName", REQUIRED, false, NULL},
      {"password", REQUIRED, false, NULL},
      {"locale", OPTIONAL, false, NULL}}},
    {"Logout", {{0}}},
    {"FindByUuid",
     {{"datacenter", OPTIONAL, false, NULL},
      {"uuid", REQUIRED, false, NULL},
      {"vmSearch", REQUIRED, false, NULL},
      {"instanceUuid", OPTIONAL, false, NULL}}},
    {"FindAllByUuid",
     {{"datacenter", OPTIONAL, false, NULL},
      {"uuid", REQUIRED, false, NULL},
      {"vmSearch", REQUIRED, false, NULL},
      {"instanceUuid", OPTIONAL, false, NULL}}},
    {"FindByInventoryPath", {{"inventoryPath", REQUIRED, false, NULL}}},
    {"CreateContainerView",
     {{"container", REQUIRED, false, NULL},
      {"type", OPTIONAL, true, NULL},
      {"recursive", REQUIRED, false, NULL}}},
    {"DestroyView", {{0}}},
    {"RetrievePropertiesEx",
     {{"specSet", REQUIRED, true, filter_spec},
      {"options", REQUIRED, false, retrieve_options}}},
    {"ContinueRetrievePropertiesEx", {{"token", REQUIRED, false, NULL}}},
    {"CancelRetrievePropertiesEx", {{"token", REQUIRED, false, NULL}}},
    {"CreateSnapshot_Task",
     {{"name", REQUIRED, false, NULL},
      {"description", OPTIONAL, false, NULL},
      {"memory", REQUIRED, false, NULL},
      {"quiesce", REQUIRED, false, NULL}}},
    {"RevertToSnapshot_Task",
     {{"host", OPTIONAL, false, NULL}, {"suppressPowerOn", OPTIONAL, false, NULL}}},
    {"RevertToCurrentSnapshot_Task",
     {{"host", OPTIONAL, false, NULL}, {"suppressPowerOn", OPTIONAL, false, NULL}}},
    {"RemoveSnapshot_Task",
     {{"removeChildren", REQUIRED, false, NULL}, {"consolidate", OPTIONAL, false, NULL}}},
    {"RemoveAllSnapshots_Task", {{"consolidate", OPTIONAL, false, NULL}}},
    {"ConsolidateVMDisks_Task", {{0}}},
    {"PowerOnVM_Task", {{"host", OPTIONAL, false, NULL}}},
    {"PowerOffVM_Task", {{0}}},
    {"ResetVM_Task", {{0}}},
    {"ShutdownGuest", {{0}}},
    {"RebootGuest", {{0}}},
    {"AddLicense",
     {{"licenseKey", REQUIRED, false, NULL}, {"labels", OPTIONAL, true, NULL}}},
    {"DecodeLicense", {{"licenseKey", REQUIRED, false, NULL}}},
    {"QueryAssignedLicenses", {{"entityId", OPTIONAL, false, NULL}}},
    {"UpdateAssignedLicense",
     {{"entity", REQUIRED, false, NULL},
      {"licenseKey", REQUIRED, false, NULL},
      {"entityDisplayName", OPTIONAL, false, NULL}}},
    {"RefreshDatastore", {{0}}},
    {"CancelTask", {{0}}},
};

static bool in_vim_namespace(const xmlNode *node)
{
    return node->ns && strcmp((const char *)node->ns->href, VIM_NAMESPACE) == 0;
}

/* NULL if it fits, else the name of the element at fault. */
static const char *misfit(const xmlNode *parent, const xmlNode *node,
                          const struct field *fields, int depth)
{
    if (depth > DEPTH_MAX)
        return "depth";
    for (const struct field *field = fields; field->name; field++) {
        size_t count = 0;
        while (node && strcmp((const char *)node->name, field->name) == 0 &&
               (field->many || !count)) {
            const struct field *inside = field->inside;
            auto_free char *type = soap_xsi_type(node);
            if (strcmp(type, "SelectionSpec") == 0)
                inside = selection_spec;
            const char *bad = !in_vim_namespace(node) ? field->name
                              : inside
                                  ? misfit(node, soap_next(node, NULL), inside, depth + 1)
                                  : NULL;
            if (bad)
                return bad;
            count++;
            node = soap_next(parent, node);
        }
        if (!count && !field->optional)
            return field->name;
    }
    return node ? (const char *)node->name : NULL;
}

static const struct field *fields_of(const char *method)
{
    for (size_t i = 0; i < ARRAY_LENGTH(schemas); i++)
        if (strcmp(schemas[i].method, method) == 0)
            return schemas[i].fields;
    return NULL;
}

bool soap_check(struct soap_call *call)
{
    const struct field *fields = fields_of(call->name);
    const xmlNode *self = soap_next(call->method, NULL);
    const char *bad = NULL;
    if (!fields)
        bad = call->name;
    else if (!in_vim_namespace(call->method))
        bad = call->name;
    else if (!self || strcmp((const char *)self->name, "_this") != 0)
        bad = "_this";
    else
        bad = misfit(call->method, soap_next(call->method, self), fields, 0);
    if (!bad)
        return true;
    auto_free char *text = xasprintf(
        "Element %s of %s is missing, unknown or out of order.", bad, call->name);
    soap_fault(call, "InvalidRequest", text, NULL);
    return false;
}
