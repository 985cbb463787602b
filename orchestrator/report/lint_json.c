/* lint_json.c - the same for scripts (docs/json.md). */
#include "report/lint.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

#define LINT_JSON_SCHEMA 1

char *lint_json(const struct lint_view *view)
{
    json_t *files = json_array();
    for (size_t i = 0; i < view->file_count; i++) {
        const struct lint_file *file = &view->files[i];
        (void)json_array_append_new(files, json_pack("{s:o, s:s, s:o}", "file",
                                                     words_json_text(file->path), "kind",
                                                     file->kind, "summary",
                                                     words_json_text(file->summary)));
    }
    auto_json json_t *doc =
        json_pack("{s:i, s:o, s:O, s:I, s:I}", "schema_version", LINT_JSON_SCHEMA,
                  "files", files, "problems", view->problem_list, "errors",
                  (json_int_t)view->errors, "warnings", (json_int_t)view->warnings);
    return json_pretty(doc);
}
