/*
 * exec_document.h - JSON files that a job is given: written with what the target document
 * and its secrets hold, and destroyed when the job is over.
 *
 * A text that begins with a mark stands for something of the target document:
 *     "@target rest.login.user"             that text
 *     "@host manager.url"                   the host of that URL
 *     "@secret rest.vami.login.password"    the secret that is referred to there
 * "@@" at the beginning is a single @.
 */
#ifndef PLUGINS_EXEC_DOCUMENT_H
#define PLUGINS_EXEC_DOCUMENT_H

#include "slipway/plugin.h"
#include "util/json.h"

#define EXEC_DOCUMENTS_MAX      8u
#define EXEC_DOCUMENT_NAME_MAX  64u
#define EXEC_DOCUMENT_BYTES_MAX (256u * 1024u)

/* Names and marks, as far as they can be judged without a target. Pure. */
int exec_documents_check(const json_t *documents, struct slipway_error *err);

/* Write each as a file of the folder, readable for us only. With `ascii`, a text with
   other characters is refused. -1 with a sentence that holds no secret. */
int exec_documents_write(struct slipway_call *call, const json_t *documents,
                         const json_t *target, bool ascii, const char *folder,
                         struct slipway_error *err);

/* Overwrite and remove them; what is not there is fine. */
void exec_documents_wipe(const json_t *documents, const char *folder);

#endif
