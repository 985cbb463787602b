/*
 * log.h - one line per event, key=value, to a file descriptor.
 *
 *   time=2026-11-21T02:13:05Z level=warning intent=12 use=ssh.job msg="..."
 *
 * The text is redacted and sanitised here, so no line can carry a secret, steer
 * a terminal or forge a second line. One write() per line.
 */
#ifndef EXEC_LOG_H
#define EXEC_LOG_H

#include <stdarg.h>

#include "exec/exec.h"

#define LOG_TEXT_MAX 4096u /* bytes of msg; the rest is cut */

struct log {
    int fd;
    enum slipway_level level; /* least level that is written */
};

/* `request` may be NULL. */
__attribute__((format(printf, 4, 5))) void log_line(const struct log *log,
                                                    enum slipway_level level,
                                                    const struct exec_request *request,
                                                    const char *format, ...);
__attribute__((format(printf, 4, 0))) void log_linev(const struct log *log,
                                                     enum slipway_level level,
                                                     const struct exec_request *request,
                                                     const char *format, va_list args);

#endif
