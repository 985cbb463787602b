/*
 * soap.h - one vim25 request and its answer, without any session.
 *
 *     struct vsphere_request request = {0};
 *     vsphere_request_begin(&request, key, "CreateSnapshot_Task", "VirtualMachine", ref);
 *     xml_write_element(&request.writer, "name", name);   in the order of the schema
 *     ... send it: session.h ...
 *
 * Whether a method changes anything is decided here, by a list of those that only
 * read: everything else is an effect, travels on its own fresh connection, is
 * refused in a dry run, and is in doubt when its answer is lost.
 */
#ifndef VSPHERE_SOAP_H
#define VSPHERE_SOAP_H

#include "common/http.h"
#include "common/xml.h"
#include "vsphere/fault.h"

#define VSPHERE_NS           "urn:vim25"
#define VSPHERE_ENVELOPE_NS  "http://schemas.xmlsoap.org/soap/envelope/"
#define VSPHERE_ANSWER_MAX   XML_BYTES_MAX
#define VSPHERE_TIMEOUT_MS   60000
#define VSPHERE_COOKIE_MAX   4096u
#define VSPHERE_VERSION_MAX  16
#define VSPHERE_VERSION_BASE "6.0" /* until the server has said its own */

/* How an exchange ended: what the caller may conclude. */
enum vsphere_answer {
    VSPHERE_OK,      /* the method's own answer                              */
    VSPHERE_FAULT,   /* the server said no: nothing (further) happened       */
    VSPHERE_LATER,   /* nothing happened, and trying later can help          */
    VSPHERE_NO,      /* nothing happened, and trying again will not help     */
    VSPHERE_LOST,    /* only for effects: nobody knows whether it happened   */
    VSPHERE_STOPPED, /* the host asked to stop; nothing happened             */
};

struct vsphere_request {
    struct xml_writer writer;
    const char *method; /* borrowed */
};

/* Open the envelope up to and including `_this`. `key` goes into the header
   operationID, which the server logs and may show as the task's activationId. */
void vsphere_request_begin(struct vsphere_request *request, const char *key,
                           const char *method, const char *type, const char *ref);
/* A reference argument: <name type="...">ref</name>. */
void vsphere_request_ref(struct vsphere_request *request, const char *name,
                         const char *type, const char *ref);
/* Close the method, the body and the envelope. */
void vsphere_request_end(struct vsphere_request *request);
void vsphere_request_free(struct vsphere_request *request);
#define auto_request __attribute__((cleanup(vsphere_request_free)))

/* True for methods that change nothing on the server's side that matters. */
bool vsphere_method_reads(const char *method);

struct vsphere_endpoint {
    const char *url;
    struct http_tls tls;
    char version[VSPHERE_VERSION_MAX]; /* for SOAPAction */
};

struct vsphere_reply {
    struct xml *document;
    const struct xml_node *body; /* <MethodResponse> */
    char *cookie;                /* "vmware_soap_session=..." if one was set */
};
void vsphere_reply_free(struct vsphere_reply *reply);
#define auto_reply __attribute__((cleanup(vsphere_reply_free)))

/* One exchange: what goes in, then what came out. */
struct vsphere_exchange {
    struct http_client *http;
    struct slipway_call *call; /* NULL outside of a call */
    const struct vsphere_endpoint *endpoint;
    const char *method;
    const char *bytes; /* the envelope */
    size_t length;
    const char *cookie; /* NULL: none */
    int timeout_ms;

    struct vsphere_reply *reply; /* filled with VSPHERE_OK    */
    struct vsphere_fault *fault; /* filled with VSPHERE_FAULT */
    struct slipway_error *err;   /* set with everything else  */
};

enum vsphere_answer vsphere_soap(struct vsphere_exchange *exchange);

/* A child of the answer that holds a reference of the given type (NULL: any);
   NULL if absent, malformed or of another type. Borrowed. */
const char *vsphere_ref_of(const struct xml_node *node, const char *type);

#endif
