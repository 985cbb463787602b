/*
 * log.c - see log.h. A line that cannot be written is dropped: logging must
 * never stop an upgrade.
 */
#include "exec/log.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/redact.h"
#include "util/timefmt.h"

static const char *level_name(enum slipway_level level)
{
    return level == SLIPWAY_WARNING ? "warning"
           : level == SLIPWAY_INFO  ? "info"
                                    : "debug";
}

static void add_quoted(struct buf *line, const char *key, const char *text, size_t length,
                       size_t max)
{
    auto_buf struct buf clean = {0};
    redact_line(&clean, text, length, max);
    buf_addf(line, " %s=\"", key);
    for (const char *p = buf_text(&clean); *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_addc(line, '\\');
        buf_addc(line, *p);
    }
    buf_addc(line, '"');
}

void log_linev(const struct log *log, enum slipway_level level,
               const struct exec_request *request, const char *format, va_list args)
{
    if (level < log->level)
        return;
    struct timespec now;
    char when[32];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    auto_buf struct buf line = {0}, text = {0};
    buf_addf(
        &line, "time=%s level=%s",
        time_iso((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, when, sizeof when),
        level_name(level));
    if (request) {
        buf_addf(&line, " intent=%lld", (long long)request->intent);
        if (request->key)
            add_quoted(&line, "key", request->key, strlen(request->key), 160);
        if (request->use)
            add_quoted(&line, "use", request->use, strlen(request->use), 64);
    }
    buf_addv(&text, format, args);
    add_quoted(&line, "msg", buf_text(&text), text.length, LOG_TEXT_MAX);
    buf_addc(&line, '\n');
    ssize_t written = write(log->fd, buf_text(&line), line.length);
    (void)written;
}

void log_line(const struct log *log, enum slipway_level level,
              const struct exec_request *request, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_linev(log, level, request, format, args);
    va_end(args);
}
