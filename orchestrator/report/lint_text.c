/*
 * lint_text.c - first what is wrong, in the form that editors jump to, then what the
 * sound files hold, then the count.
 */
#include "report/layout.h"
#include "report/lint.h"
#include "util/auto.h"
#include "util/text.h"

static void add_count(struct buf *out, size_t count, const char *noun)
{
    buf_addf(out, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

void lint_text(const struct lint_view *view, struct buf *out)
{
    char clean[1024];
    buf_adds(out, view->problems);
    for (size_t i = 0; i < view->file_count; i++) {
        const struct lint_file *file = &view->files[i];
        if (file->summary)
            buf_addf(out, "%s: %s\n", text_clean(file->path, clean, sizeof clean),
                     file->summary);
    }
    add_count(out, view->file_count, "file");
    buf_adds(out, ", ");
    if (!view->errors && !view->warnings)
        buf_adds(out, "no problems");
    if (view->errors)
        add_count(out, view->errors, "error");
    if (view->errors && view->warnings)
        buf_adds(out, ", ");
    if (view->warnings)
        add_count(out, view->warnings, "warning");
    buf_addc(out, '\n');
}
