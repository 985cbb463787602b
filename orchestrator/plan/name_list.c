/* name_list.c - names in a sentence: enough to recognise, never a wall. */
#include "plan/draft.h"

#define NAMES_SHOWN    6
#define NAME_SHOWN_MAX 64 /* bytes of one name, so that one cannot hide the others */

#include "util/text.h"

#include <string.h>

void name_list_add(struct name_list *list, const char *name)
{
    if (list->count++ >= NAMES_SHOWN)
        return;
    if (list->text.length)
        buf_adds(&list->text, ", ");
    text_sanitize(&list->text, name, strlen(name), NAME_SHOWN_MAX);
}

const char *name_list_text(struct name_list *list)
{
    if (list->count > NAMES_SHOWN)
        buf_addf(&list->text, " and %zu more", list->count - NAMES_SHOWN);
    return buf_text(&list->text);
}

void name_list_clear(struct name_list *list)
{
    buf_free(&list->text);
    *list = (struct name_list){0};
}
