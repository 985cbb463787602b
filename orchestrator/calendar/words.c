/* words.c - see words.h. Everything is copied into fixed room; longer words are refused. */
#include "calendar/words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "calendar/civil.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"

int words_cut(struct words *words, const char *text, size_t length, size_t column,
              const char *example, struct slipway_error *err)
{
    *words = (struct words){.example = example, .err = err, .end = column + length};
    for (size_t i = 0; i < length;) {
        size_t from = i;
        if (isspace((unsigned char)text[i])) {
            i++;
            continue;
        }
        while (i < length && !isspace((unsigned char)text[i]))
            i++;
        words->end = column + i;
        if (words->count >= WORDS_MAX || i - from >= WORD_ROOM)
            return slipway_error_set(
                err, -1, "column %zu: too much for one form; write it like: %s",
                column + from, example);
        struct word *word = &words->items[words->count++];
        memcpy(word->text, text + from, i - from);
        word->column = column + from;
    }
    return 0;
}

int words_refuse(const struct words *words, size_t index, const char *format, ...)
{
    auto_buf struct buf what = {0};
    char shown[120] = "the end";
    size_t column = words->end;
    va_list args;
    va_start(args, format);
    buf_addv(&what, format, args);
    va_end(args);
    if (index < words->count) {
        char clean[100];
        (void)text_clean(words->items[index].text, clean, sizeof clean);
        (void)snprintf(shown, sizeof shown, "\"%s\"", clean);
        column = words->items[index].column;
    }
    return slipway_error_set(words->err, -1, "column %zu: %s %s; write it like: %s",
                             column, shown, buf_text(&what), words->example);
}

/* `count` digits at *at, then `after` ('\0': no matter). */
static bool digits(const char **at, int count, char after, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        *out = *out * 10 + (**at - '0');
    }
    if (after && *(*at)++ != after)
        return false;
    return true;
}

bool word_date(const char *text, int64_t *out_day)
{
    int year, month, day;
    if (!digits(&text, 4, '-', &year) || !digits(&text, 2, '-', &month) ||
        !digits(&text, 2, '\0', &day) || *text || !civil_exists(year, month, day) ||
        year < YEAR_FIRST || year > YEAR_LAST)
        return false;
    *out_day = civil_days(year, month, day);
    return true;
}

bool word_clock(const char *text, int64_t *out_s)
{
    int hour, minute, second = 0;
    if (!digits(&text, 2, ':', &hour) || !digits(&text, 2, '\0', &minute))
        return false;
    if (*text == ':') {
        text++;
        if (!digits(&text, 2, '\0', &second))
            return false;
    }
    if (*text || hour > 23 || minute > 59 || second > 59)
        return false;
    *out_s = hour * 3600 + minute * 60 + second;
    return true;
}

int words_zone(const struct words *words, size_t index,
               const struct calendar_options *options, const struct zone **out)
{
    struct slipway_error inner;
    const char *name = options ? options->zone : NULL;
    if (index < words->count)
        name = words->items[index].text;
    if (!name)
        return words_refuse(words, index,
                            "where a time zone is expected (neither `zone:` nor "
                            "--zone is set)");
    if (!zone_find(name, out, &inner))
        return 0;
    if (index >= words->count)
        return slipway_error_set(words->err, -1, "%s", inner.text);
    return slipway_error_set(words->err, -1, "column %zu: %s", words->items[index].column,
                             inner.text);
}
