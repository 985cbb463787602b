/*
 * cmd_calendar_next.c - the next openings, in local time and UTC; and the look at a subject
 * that `calendar show` shares.
 */
#include "cli/calendar.h"
#include "util/auto.h"

int calendar_look(struct cli *cli, int usual, calendar_text_fn text)
{
    struct slipway_error err = {""};
    auto_calendar_subject struct calendar_subject subject = {0};
    auto_calendar_view struct calendar_view view = {0};
    auto_buf struct buf out = {0};
    int count = 0;
    int code = calendar_number(cli, "count", usual, &count);
    if (!code)
        code = calendar_subject_open(
            cli, cli->argument_count > 1 ? cli->arguments[1] : NULL, &subject);
    if (code)
        return code;
    if (calendar_fill(&subject, (size_t)count, &view, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    if (cli->json) {
        auto_free char *json = calendar_view_json(&view);
        buf_addf(&out, "%s\n", json);
    } else {
        text(&view, cli->colour, &out);
    }
    return cli_print(cli, buf_text(&out));
}

int calendar_next(struct cli *cli)
{
    return calendar_look(cli, CALENDAR_NEXT_DEFAULT, calendar_next_text);
}
