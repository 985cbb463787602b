/*
 * soap_ask.h - a question by SOAP that anybody may ask of port 443: no login, no session.
 */
#ifndef VCSA_SOAP_ASK_H
#define VCSA_SOAP_ASK_H

#include "common/xml.h"
#include "vcsa/talk.h"

#define VCSA_SOAP_NS "http://schemas.xmlsoap.org/soap/envelope/"

struct vcsa_question {
    const char *path;   /* "/sdk"                                          */
    const char *header; /* its SOAPAction, whole                           */
    const char *body;   /* the envelope                                    */
    const char *who;    /* "vpxd", for the sentence                        */
    size_t max_body;    /* bytes of the answer                             */
};

/* VCSA_OK: something answered, with whatever status; *response is the caller's to free. */
enum vcsa_answer vcsa_soap_ask(struct vcsa_talk *talk,
                               const struct vcsa_question *question,
                               struct http_response *response);

/* The Body of an answer of status 200, in *xml, which is the caller's; NULL if it is none. */
const struct xml_node *vcsa_soap_body(const struct http_response *response,
                                      struct xml **xml);

#endif
