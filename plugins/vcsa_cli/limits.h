/*
 * limits.h - every bound of the plugin, in one place. What a connection may bring is
 * bounded in ssh/limits.h.
 */
#ifndef VCSA_CLI_LIMITS_H
#define VCSA_CLI_LIMITS_H

#define CLI_VERSION_MAX 24u          /* "8.0.3.00400" */
#define CLI_WORD_MAX    120u         /* names of services, states, aliases  */
#define CLI_CONF_BYTES  (64u * 1024) /* a state file                        */
#define CLI_SERVICES    256u
#define CLI_SUPPORTED   256u /* source versions that a patch accepts        */
#define CLI_FILESYSTEMS 64u
#define CLI_STORES      32u /* of certificates */
#define CLI_ENTRIES     256u
#define CLI_NAMES       64u  /* of one certificate  */
#define CLI_NAME_MAX    256u /* bytes of one of them */
#define CLI_LINES_KEPT  20u  /* of a log in a result                         */
#define CLI_LINE_KEPT   200u
#define CLI_NAMES_SAID  5u
#define CLI_URL_MAX     1024u
#define CLI_LOG_TAIL    16384u /* bytes of a log that a look reads          */

/* Bytes of vcsa-cli.logs: of one file, and of all; a result must have room for them. */
#define CLI_EVIDENCE_LEAST 1024u
#define CLI_EVIDENCE_EACH  12288u
#define CLI_EVIDENCE_ALL   65536u

#define CLI_LOOK_MS   10000 /* between two looks, unless the step says     */
#define CLI_BUSY_MS   5000  /* services restart, try again                 */
#define CLI_SHELL_MAX 86400 /* seconds that bash may stay on               */

#define CLI_SECOND_MS 1000LL
#define CLI_DAY_MS    (24LL * 3600 * 1000)

#endif
