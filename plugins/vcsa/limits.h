/*
 * limits.h - every bound of the plugin in one place.
 */
#ifndef VCSA_LIMITS_H
#define VCSA_LIMITS_H

#define VCSA_BODY_MAX      (1024u * 1024u) /* bytes of an answer                  */
#define VCSA_LOGIN_MAX     (64u * 1024u)   /* bytes of the answer to a login      */
#define VCSA_TOKEN_MAX     4096u           /* bytes of a session key              */
#define VCSA_TEXT_MAX      400u            /* bytes of a message in a sentence    */
#define VCSA_CAUSES_MAX    3u              /* messages of one error that are told */
#define VCSA_LIST_MAX      512u            /* services, updates, nodes, jobs read */
#define VCSA_SHOWN_MAX     160u            /* bytes of a name or label in a result */
#define VCSA_NAMES_SAID    6u              /* names listed in a sentence          */
#define VCSA_VERSION_MAX   32u             /* bytes of "8.0.3.00400"              */
#define VCSA_SESSIONS_MAX  4096u           /* sessions held by this process       */
#define VCSA_PEM_MAX       (64u * 1024u)   /* bytes of one certificate            */
#define VCSA_EVIDENCE_EACH 8192u           /* bytes that are kept of one answer      */

#define VCSA_READ_MS   60000  /* one read, from connection to last byte       */
#define VCSA_ACT_MS    120000 /* one request that starts something            */
#define VCSA_CHECK_MS  900000 /* precheck and validate answer when they are over */
#define VCSA_STALL_MS  600000 /* and say nothing until then                   */
#define VCSA_LATER_MS  10000  /* look again at what was busy                  */
#define VCSA_LOGOUT_MS 3000   /* one logout                                   */
#define VCSA_CLOSE_MS  15000  /* all logouts at the end                       */

#define VCSA_IDLE_MS          (10 * 60 * 1000) /* then a session is logged out       */
#define VCSA_REFUSAL_MS       (5 * 60 * 1000)  /* a refused password is not repeated */
#define VCSA_LOGOUTS_PER_TIDY 16u              /* so that tidying never takes long   */

#endif
