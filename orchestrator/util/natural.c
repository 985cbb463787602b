/* natural.c - see natural.h. No number is ever converted, so none overflows. */
#include "util/natural.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Compare the runs of digits that both texts start with, and step over them. */
static int compare_numbers(const char **a, const char **b)
{
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    size_t la = strspn(*a, "0123456789"), lb = strspn(*b, "0123456789");
    int order = la != lb ? (la < lb ? -1 : 1) : strncmp(*a, *b, la);
    *a += la;
    *b += lb;
    return order;
}

int text_natural_cmp(const char *a, const char *b)
{
    const char *p = a, *q = b;
    int order = 0;
    while (!order && *p && *q) {
        if (is_digit(*p) && is_digit(*q)) {
            order = compare_numbers(&p, &q);
        } else {
            order = (unsigned char)*p - (unsigned char)*q;
            p++;
            q++;
        }
    }
    if (!order)
        order = (unsigned char)*p - (unsigned char)*q;
    if (!order)
        order = strcmp(a, b);
    return order < 0 ? -1 : order > 0;
}
