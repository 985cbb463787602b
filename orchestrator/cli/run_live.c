/*
 * run_live.c - see run_live.h.
 *
 * The picture is lines below the cursor's old place. To redraw, go up as many rows as
 * the last picture takes in today's width (a narrower window has wrapped its lines),
 * write each line with "erase to the end", erase what is below. One write per picture,
 * so that nothing flickers. Signals: SIGINT, SIGTERM and SIGHUP belong to the loop; the
 * others that end or stop the process give the terminal back first.
 */
#include "cli/run_live.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/run_frame.h"
#include "loop/clock.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT    24

#define HIDE_CURSOR "\x1b[?25l"
#define SHOW_CURSOR "\x1b[?25h"
#define ERASE_LINE  "\x1b[K"
#define ERASE_BELOW "\x1b[J"

struct run_live {
    bool colour;
    struct run_frame frame;
    int columns_before[LIVE_LINES_MAX]; /* of the lines that are on the screen */
    size_t lines_before;
};

/* What signal handlers need; there is one terminal. */
static struct {
    volatile sig_atomic_t taken;
    struct termios keyboard; /* as it was */
    bool has_keyboard;
} terminal;

/* Ends of the process that the loop does not take. */
static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT};

/* ---- the terminal ---- */

static void write_all(const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written <= 0)
            return;
        bytes += written;
        length -= (size_t)written;
    }
}

static bool in_foreground(void)
{
    return tcgetpgrp(STDOUT_FILENO) == getpgrp();
}

static void take_terminal(void)
{
    struct termios quiet = terminal.keyboard;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    if (terminal.has_keyboard)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    write_all(HIDE_CURSOR, sizeof HIDE_CURSOR - 1);
    terminal.taken = 1;
}

/* Safe in a signal handler. */
static void give_terminal_back(void)
{
    if (!terminal.taken)
        return;
    terminal.taken = 0;
    write_all(SHOW_CURSOR, sizeof SHOW_CURSOR - 1);
    if (terminal.has_keyboard)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal.keyboard);
}

static void on_fatal(int number)
{
    give_terminal_back();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* Ctrl-Z: the next picture takes the terminal again. */
static void on_stop(int number)
{
    (void)number;
    give_terminal_back();
    (void)raise(SIGSTOP);
}

static void watch_signals(void)
{
    struct sigaction fatal = {.sa_handler = on_fatal};
    struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < ARRAY_LENGTH(fatal_signals); i++) {
        struct sigaction before;
        /* a sanitizer's handler stays */
        if (!sigaction(fatal_signals[i], NULL, &before) && before.sa_handler == SIG_DFL)
            (void)sigaction(fatal_signals[i], &fatal, NULL);
    }
    (void)sigaction(SIGTSTP, &stop, NULL);
}

bool run_live_possible(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
           in_foreground();
}

static struct live_screen screen_of(const struct run_live *live)
{
    struct winsize size;
    struct live_screen screen = {COLUMNS_DEFAULT, ROWS_DEFAULT, live->colour};
    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col && size.ws_row) {
        screen.columns = size.ws_col;
        screen.rows = size.ws_row;
    }
    return screen;
}

/* ---- drawing ---- */

/* Up to where the last picture began. */
static void add_return(const struct run_live *live, int columns, struct buf *out)
{
    int rows = 0;
    for (size_t i = 0; i < live->lines_before; i++)
        rows += live->columns_before[i] > columns
                    ? (live->columns_before[i] + columns - 1) / columns
                    : 1;
    buf_addc(out, '\r');
    if (rows)
        buf_addf(out, "\x1b[%dA", rows);
}

static void add_picture(struct run_live *live, const struct live_screen *screen,
                        struct buf *out)
{
    struct live_picture picture = {.count = 0};
    live_draw(&live->frame.live, screen, &picture);
    for (size_t i = 0; i < picture.count; i++) {
        buf_adds(out, buf_text(&picture.lines[i].text));
        buf_adds(out, ERASE_LINE "\n");
        live->columns_before[i] = picture.lines[i].columns;
    }
    live->lines_before = picture.count;
    buf_adds(out, ERASE_BELOW);
    live_picture_clear(&picture);
}

void run_live_draw(struct run_live *live, const struct driver *driver, bool draining)
{
    auto_buf struct buf out = {0};
    if (!in_foreground()) {
        live->lines_before = 0; /* somebody else writes there now */
        return;
    }
    if (!terminal.taken) { /* we were stopped: begin below what came since */
        live->lines_before = 0;
        take_terminal();
    }
    struct live_screen screen = screen_of(live);
    run_frame_update(&live->frame, driver, draining, clock_now_ms());
    add_return(live, screen.columns, &out);
    add_picture(live, &screen, &out);
    write_all(buf_text(&out), out.length);
}

void run_live_print(struct run_live *live, const char *line)
{
    auto_buf struct buf out = {0};
    struct live_screen screen = screen_of(live);
    add_return(live, screen.columns, &out);
    buf_adds(&out, ERASE_BELOW);
    buf_adds(&out, line);
    buf_addc(&out, '\n');
    if (live->lines_before) /* the same picture, until the next tick */
        add_picture(live, &screen, &out);
    write_all(buf_text(&out), out.length);
}

struct run_live *run_live_open(bool colour)
{
    struct run_live *live = xcalloc(1, sizeof *live);
    live->colour = colour;
    terminal.has_keyboard =
        isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &terminal.keyboard);
    (void)fflush(stdout);
    watch_signals();
    (void)atexit(give_terminal_back);
    take_terminal();
    return live;
}

void run_live_close(struct run_live *live)
{
    auto_buf struct buf out = {0};
    if (!live)
        return;
    if (live->lines_before && in_foreground()) {
        add_return(live, screen_of(live).columns, &out);
        buf_adds(&out, ERASE_BELOW);
        write_all(buf_text(&out), out.length);
    }
    give_terminal_back();
    free(live);
}
