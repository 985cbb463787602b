/* issues.c - see issues.h. Files of issues are written by people and are not trusted with
   a terminal: the layout makes their texts harmless. */
#include "report/issues.h"

#include <stdlib.h>
#include <string.h>

#include "engine/machines.h"
#include "model/playbook.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* The playbook's advice is no word of the appliance: nothing is recognised by it. Who only
   went along with its link group has no failure of its own: its reason names who has. */
bool issue_find(const struct issue_book *book, const struct issue_facts *facts,
                struct issue_note *out)
{
    size_t length = 0;
    if (!book || !facts->message || !*facts->message ||
        !strncmp(facts->message, GROUP_WENT_ALONG, strlen(GROUP_WENT_ALONG)))
        return false;
    (void)advice_find(facts->message, &length);
    auto_free char *message = xstrndup(facts->message, length);
    struct issue_facts bare = *facts;
    bare.message = message;
    return book->find(book->data, &bare, out);
}

static void paragraph(const char *indent, const char *lead, const char *text,
                      const struct layout *layout)
{
    auto_buf struct buf start = {0};
    if (!text || !*text)
        return;
    buf_addf(&start, "%s%s", indent, lead);
    layout_paragraph(layout, buf_text(&start), COLOUR_NONE, text);
}

void issue_write(const struct issue_note *issue, const char *indent,
                 const struct layout *layout)
{
    auto_buf struct buf head = {0};
    buf_addf(&head, "%s (%s%s%s)", issue->title, issue->id, *issue->source ? "; " : "",
             issue->source);
    paragraph(indent, "Known   ", buf_text(&head), layout);
    paragraph(indent, "Cause   ", issue->cause, layout);
    paragraph(indent, "Do      ", issue->advice, layout);
    for (size_t i = 0; i < issue->command_count; i++)
        paragraph(indent, i ? "        " : "By hand ", issue->commands[i], layout);
}

json_t *issue_json(const struct issue_note *issue)
{
    if (!issue)
        return json_null();
    json_t *commands = json_array();
    for (size_t i = 0; i < issue->command_count; i++)
        (void)json_array_append_new(commands, words_json_text(issue->commands[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     words_json_text(issue->id), "title", words_json_text(issue->title),
                     "severity", words_json_text(issue->severity), "source",
                     words_json_text(*issue->source ? issue->source : NULL), "cause",
                     words_json_text(issue->cause), "advice",
                     words_json_text(issue->advice), "recovery", commands);
}
