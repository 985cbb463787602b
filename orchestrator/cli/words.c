/* words.c - see words.h. */
#include "cli/words.h"

#include <ctype.h>
#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"

static const struct {
    const char *word; /* the placeholder begins with it, or ends if it has a dot */
    enum word_kind kind;
} meanings[] = {
    {"FILE", WORD_FILE},         {".yaml", WORD_FILE},          {".json", WORD_FILE},
    {".ics", WORD_FILE},         {"DIR", WORD_FOLDER},          {"TARGET", WORD_TARGET},
    {"CAMPAIGN", WORD_CAMPAIGN}, {"APPLIANCE", WORD_APPLIANCE}, {"PLUGIN", WORD_PLUGIN},
    {"VERB", WORD_VERB},
};

static const char blanks[] = " |[]";

static bool begins(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);
    return length >= size && !strncmp(text, word, size) &&
           (length == size || !isupper((unsigned char)text[size]));
}

static bool ends(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);
    return length > size && !strncmp(text + length - size, word, size);
}

/* CAMPAIGN.yaml is a file before it is a campaign: endings come first. */
static enum word_kind kind_of(const char *text, size_t length)
{
    for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++) {
        if (*meanings[i].word == '.' && ends(text, length, meanings[i].word))
            return meanings[i].kind;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++) {
        if (*meanings[i].word != '.' && begins(text, length, meanings[i].word))
            return meanings[i].kind;
    }
    return WORD_OTHER;
}

enum word_kind word_kind(const char *placeholders)
{
    enum word_kind found = WORD_OTHER;
    for (const char *p = placeholders; *(p += strspn(p, blanks));) {
        size_t length = strcspn(p, blanks);
        enum word_kind kind = kind_of(p, length);
        if (kind != WORD_OTHER && found != WORD_OTHER && kind != found)
            return WORD_OTHER;
        found = kind != WORD_OTHER ? kind : found;
        p += length;
    }
    return found;
}

static char *pick(const char *placeholders, bool choices)
{
    auto_buf struct buf out = {0};
    for (const char *p = placeholders; *(p += strspn(p, blanks));) {
        size_t length = strcspn(p, blanks), small = 0;
        while (small < length && (islower((unsigned char)p[small]) || p[small] == '-'))
            small++;
        if ((small == length) == choices) {
            if (out.length)
                buf_addc(&out, ' ');
            buf_add(&out, p, length);
        }
        p += length;
    }
    return out.length ? buf_take(&out) : xstrdup("");
}

char *word_choices(const char *placeholders)
{
    return pick(placeholders, true);
}

char *word_placeholders(const char *placeholders)
{
    return pick(placeholders, false);
}

void word_alternatives(const char *arguments, void (*visit)(void *data, const char *one),
                       void *data)
{
    static const char between[] = " | ";
    for (const char *p = arguments;;) {
        const char *end = strstr(p, between);
        auto_free char *one = end ? xstrndup(p, (size_t)(end - p)) : xstrdup(p);
        visit(data, one);
        if (!end)
            return;
        p = end + strlen(between);
    }
}
