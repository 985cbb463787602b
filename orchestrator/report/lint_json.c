/* lint_json.c - the same for scripts (docs/json.md). */
#include <string.h>

#include "report/lint.h"
#include "util/auto.h"
#include "util/json.h"

#define LINT_JSON_SCHEMA 1

char *lint_json(const struct lint_view *view)
{
    json_t *files = json_array();
    for (size_t i = 0; i < view->file_count; i++) {
        const struct lint_file *file = &view->files[i];
        (void)json_array_append_new(
            files, json_pack("{s:o, s:s, s:o}", "file",
                             json_safe_string(file->path, strlen(file->path)), "kind",
                             file->kind, "summary",
                             file->summary
                                 ? json_safe_string(file->summary, strlen(file->summary))
                                 : json_null()));
    }
    auto_json json_t *doc =
        json_pack("{s:i, s:o, s:O, s:I, s:I}", "schema_version", LINT_JSON_SCHEMA,
                  "files", files, "problems", view->problem_list, "errors",
                  (json_int_t)view->errors, "warnings", (json_int_t)view->warnings);
    return json_pretty(doc);
}
