/* cmd_calendar_show.c - which calendars bind, and when it opens next. */
#include "cli/calendar.h"

int calendar_show(struct cli *cli)
{
    return calendar_look(cli, CALENDAR_SHOW_NEXT, calendar_show_text);
}
