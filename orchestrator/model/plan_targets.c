/*
 * plan_targets.c - see plan_targets.h.
 *
 * The reader takes exactly what the writer writes: this order of members, no spaces.
 * Everything else is refused, and the caller then reads the text the general way,
 * which also finds the words for what is wrong. Texts with escapes are rare and are
 * given to the JSON library one by one.
 */
#include "model/plan_targets.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

/* ---- writing ---- */

/* True if a JSON text holds it as it is. */
static bool is_plain(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p >= 0x7f || *p == '"' || *p == '\\')
            return false;
    }
    return true;
}

static void write_text(struct buf *out, const char *key, const char *text)
{
    buf_adds(out, key);
    if (is_plain(text)) {
        buf_addc(out, '"');
        buf_adds(out, text);
        buf_addc(out, '"');
        return;
    }
    auto_json json_t *json = json_string(text);
    auto_free char *quoted = json_canonical(json);
    buf_adds(out, quoted);
}

static void write_number(struct buf *out, const char *key, int number)
{
    char digits[16];
    char *at = digits + sizeof digits;
    unsigned left = number < 0 ? 0u - (unsigned)number : (unsigned)number;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (number < 0)
        *--at = '-';
    buf_adds(out, key);
    buf_add(out, at, (size_t)(digits + sizeof digits - at));
}

static void write_target(struct buf *out, const struct plan_target *t)
{
    buf_adds(out, t->companion ? "{\"companion\":true," : "{");
    write_number(out, "\"datastore_limit\":", t->datastore_limit);
    buf_adds(out, ",\"doc\":");
    buf_adds(out, t->doc ? t->doc : "{}");
    buf_adds(out, ",\"domains\":[");
    for (int i = 0; i < t->domain_count; i++)
        write_number(out, i ? "," : "", t->domains[i]);
    write_text(out, "],\"link_group\":", t->link_group);
    write_text(out, ",\"manager\":", t->manager);
    write_number(out, ",\"manager_limit\":", t->manager_limit);
    write_text(out, ",\"name\":", t->name);
    write_text(out, ",\"site\":", t->site);
    write_text(out, ",\"version\":", t->version);
    write_number(out, ",\"wave\":", t->wave);
    buf_addc(out, '}');
}

void plan_targets_write(const struct plan *plan, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < plan->target_count; i++) {
        if (i)
            buf_addc(out, ',');
        write_target(out, &plan->targets[i]);
    }
    buf_addc(out, ']');
}

/* ---- reading ---- */

struct scan {
    const char *at, *end;
};

static bool accept(struct scan *s, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
        return false;
    s->at += length;
    return true;
}

/* Past the string that begins here; *plain: it has no escape. */
static bool skip_text(struct scan *s, bool *plain)
{
    *plain = true;
    if (s->at == s->end || *s->at != '"')
        return false;
    for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
        if (*s->at == '\\') {
            *plain = false;
            s->at++;
        }
    }
    if (s->at >= s->end)
        return false;
    s->at++;
    return true;
}

/* Past the object or array that begins here. What is inside is checked when somebody
   uses it; it only has to end where its brackets say. */
static bool skip_brackets(struct scan *s)
{
    int depth = 0;
    bool ignored;
    do {
        if (s->at == s->end)
            return false;
        if (*s->at == '"') {
            if (!skip_text(s, &ignored))
                return false;
            continue;
        }
        if (*s->at == '{' || *s->at == '[')
            depth++;
        else if (*s->at == '}' || *s->at == ']')
            depth--;
        else if (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r')
            return false;
        s->at++;
        if (depth > JSON_DEPTH_MAX)
            return false;
    } while (depth > 0);
    return true;
}

static bool skip_value(struct scan *s)
{
    bool ignored;
    if (s->at == s->end)
        return false;
    if (*s->at == '"')
        return skip_text(s, &ignored);
    if (*s->at == '{' || *s->at == '[')
        return skip_brackets(s);
    const char *start = s->at;
    while (s->at < s->end && !strchr(",}] \n\t\r", *s->at))
        s->at++;
    return s->at > start;
}

int plan_spans_find(const char *text, size_t length, struct plan_spans *out)
{
    struct scan s = {text, text + length};
    struct plan_spans found = {0};
    if (!text_is_utf8(text, length) || !accept(&s, "{"))
        return -1;
    do {
        const char *member = s.at;
        bool digest = accept(&s, "\"digest\":"), targets = accept(&s, "\"targets\":");
        bool ignored;
        if (!digest && !targets && (!skip_text(&s, &ignored) || !accept(&s, ":")))
            return -1;
        const char *value = s.at;
        if (!skip_value(&s))
            return -1;
        if ((digest && found.digest) || (targets && found.targets))
            return -1;
        if (digest) {
            found.digest = member;
            found.digest_length = (size_t)(s.at - member) + 1;
        } else if (targets) {
            found.targets = value;
            found.targets_length = (size_t)(s.at - value);
        }
    } while (accept(&s, ","));
    if (!accept(&s, "}") || s.at != s.end || !found.digest || !found.targets ||
        found.digest[found.digest_length - 1] != ',')
        return -1;
    *out = found;
    return 0;
}

/* A text with escapes, through the library. */
static char *decode_text(const char *start, size_t length)
{
    auto_json json_t *json = json_parse(start, length, length, NULL);
    return xstrdup_null(json_string_value(json));
}

static bool take_text(struct scan *s, const char *key, char **out)
{
    bool plain;
    if (!accept(s, key))
        return false;
    const char *start = s->at;
    if (!skip_text(s, &plain))
        return false;
    size_t length = (size_t)(s->at - start);
    *out = plain ? xstrndup(start + 1, length - 2) : decode_text(start, length);
    return *out != NULL;
}

/* A number of at most six digits, as the writer writes it, in [low, high]. */
static bool take_number(struct scan *s, const char *key, int low, int high, int *out)
{
    if (!accept(s, key))
        return false;
    bool negative = accept(s, "-");
    const char *start = s->at;
    int number = 0;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9' && s->at - start < 7)
        number = number * 10 + (*s->at++ - '0');
    bool odd = s->at == start || s->at - start > 6 ||
               (*start == '0' && (s->at - start > 1 || negative));
    *out = negative ? -number : number;
    return !odd && *out >= low && *out <= high;
}

static bool take_doc(struct scan *s, char **out)
{
    if (!accept(s, ",\"doc\":"))
        return false;
    const char *start = s->at;
    if (start == s->end || *start != '{' || !skip_brackets(s))
        return false;
    *out = xstrndup(start, (size_t)(s->at - start));
    return true;
}

static bool take_domains(struct scan *s, const struct plan *plan, struct plan_target *t)
{
    if (!accept(s, ",\"domains\":["))
        return false;
    if (accept(s, "]"))
        return true;
    do {
        if (t->domain_count == TARGET_DOMAINS_MAX ||
            !take_number(s, "", 0, (int)plan->domain_count - 1,
                         &t->domains[t->domain_count++]))
            return false;
    } while (accept(s, ","));
    return accept(s, "]");
}

static bool take_target(struct scan *s, const struct plan *plan, struct plan_target *t)
{
    int limits = (int)plan->limit_count - 1;
    t->companion = accept(s, "{\"companion\":true,");
    return (t->companion || accept(s, "{")) &&
           take_number(s, "\"datastore_limit\":", -1, limits, &t->datastore_limit) &&
           take_doc(s, &t->doc) && take_domains(s, plan, t) &&
           take_text(s, ",\"link_group\":", &t->link_group) &&
           take_text(s, ",\"manager\":", &t->manager) &&
           take_number(s, ",\"manager_limit\":", -1, limits, &t->manager_limit) &&
           take_text(s, ",\"name\":", &t->name) && take_text(s, ",\"site\":", &t->site) &&
           take_text(s, ",\"version\":", &t->version) &&
           take_number(s, ",\"wave\":", 0, (int)plan->wave_count - 1, &t->wave) &&
           accept(s, "}");
}

static void drop_targets(struct plan *plan)
{
    for (size_t i = 0; i < plan->target_count; i++)
        plan_target_clear(&plan->targets[i]);
    free(plan->targets);
    plan->targets = NULL;
    plan->target_count = 0;
}

/* The waves say how many there must be, so the room is known. */
static size_t expected_count(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->wave_count; i++)
        count += (size_t)plan->waves[i].count;
    return count;
}

int plan_targets_read(struct plan *plan, const char *text, size_t length)
{
    struct scan s = {text, text + length};
    size_t expected = expected_count(plan);
    if (expected == 0 || expected > PLAN_TARGETS_MAX || !accept(&s, "["))
        return -1;
    plan->targets = xcalloc(expected, sizeof *plan->targets);
    do {
        if (plan->target_count == expected ||
            !take_target(&s, plan, &plan->targets[plan->target_count++])) {
            drop_targets(plan);
            return -1;
        }
    } while (accept(&s, ","));
    if (accept(&s, "]") && s.at == s.end)
        return 0;
    drop_targets(plan);
    return -1;
}
