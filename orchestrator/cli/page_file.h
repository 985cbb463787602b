/*
 * page_file.h - reports that are written to files, for `plan` and `report`.
 */
#ifndef CLI_PAGE_FILE_H
#define CLI_PAGE_FILE_H

#include "cli/cli.h"
#include "report/page.h"

/* Write the text to a file, whole or not at all. An exit code, explained. */
int page_file_write(const struct cli *cli, const char *path, const struct buf *text);

/* The HTML file that --html names, if it is given; a line on stderr says so. */
int page_file_html(const struct cli *cli, const struct page_view *view);

/* Fill in what every report of this program shares. `command` keeps the text. */
void page_file_view(const struct cli *cli, char *command, size_t size,
                    struct page_view *view);

#endif
