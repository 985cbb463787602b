/* cmd_calendar_show.c - which calendars bind, and when it opens next. */
#include "cli/calendar.h"
#include "util/auto.h"

int calendar_show(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_calendar_subject struct calendar_subject subject = {0};
    auto_calendar_view struct calendar_view view = {0};
    auto_buf struct buf out = {0};
    int count = 0;
    int code = calendar_number(cli, "count", CALENDAR_SHOW_NEXT, &count);
    if (!code)
        code = calendar_subject_open(
            cli, cli->argument_count > 1 ? cli->arguments[1] : NULL, &subject);
    if (code)
        return code;
    if (calendar_fill(&subject, (size_t)count, &view, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    if (cli->json) {
        auto_free char *text = calendar_view_json(&view);
        buf_addf(&out, "%s\n", text);
    } else {
        calendar_show_text(&view, cli->colour, &out);
    }
    return cli_print(cli, buf_text(&out));
}
