/*
 * members.c - see members.h.
 *
 * Rounds from the surest sign to the weakest. In a round a node and a member become a pair
 * only if neither of them fits anybody else who is left, so that a sign which fits two
 * decides nothing.
 *
 * Failure: a name that cannot be looked up has no address, which is no sign of anything.
 * Name servers that are silent once are not asked again: time must be left for the answer.
 */
#include "common/members.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/resolve.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define MEMBERS_MAX       64u  /* of one group, on either side */
#define MEMBERS_LOOKUPS   16u  /* names, on either side        */
#define MEMBERS_LOOKUP_MS 5000 /* one of them, at most         */
#define NAME_MAX_BYTES    256u /* of one name                  */
#define ADDRESSES_MAX     16u  /* of one name                  */
#define NAMES_OF_ONE_MAX  2    /* host and name                */
#define NAMES_SHOWN       5u

enum round { SAME_HOST, SAME_NAME, SHORT_HOST, SHORT_NAME, ADDRESS, ROUNDS };

/* Somebody on one side, by all the names that it has. */
struct one {
    const char *shown;                            /* as it was written; borrowed     */
    char names[NAMES_OF_ONE_MAX][NAME_MAX_BYTES]; /* normal; "" if it has none */
    json_t *addresses;                            /* NULL: not looked up             */
    bool paired;
};

struct side {
    struct one items[MEMBERS_MAX];
    size_t count;
    bool cut; /* more than that, or one without a name that can be used */
};

struct comparison {
    struct side members, nodes;
};

/* ---- names ---- */

static bool is_address(const char *name)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* Lower case, no last dot, no brackets; an IPv6 address in its shortest form. */
static void normal_name(const char *name, char out[NAME_MAX_BYTES])
{
    unsigned char bytes[sizeof(struct in6_addr)];
    size_t length = name ? strlen(name) : 0;
    bool bracketed = length > 2 && name[0] == '[' && name[length - 1] == ']';
    *out = '\0';
    if (!length || length >= NAME_MAX_BYTES)
        return;
    length -= bracketed ? 2 : name[length - 1] == '.';
    memcpy(out, name + bracketed, length);
    out[length] = '\0';
    for (char *c = out; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    if (inet_pton(AF_INET6, out, bytes) == 1)
        (void)inet_ntop(AF_INET6, bytes, out, NAME_MAX_BYTES);
}

/* vc-1 and vc-1.example; never an address. */
static bool fits_short(const char *a, const char *b)
{
    size_t first = strcspn(a, "."), other = strcspn(b, ".");
    bool one_is_short = !a[first] != !b[other];
    return *a && *b && one_is_short && first == other && !strncmp(a, b, first) &&
           !is_address(a) && !is_address(b);
}

static bool fits_same(const char *a, const char *b)
{
    return *a && !strcmp(a, b);
}

static bool shares_address(const struct one *a, const struct one *b)
{
    for (size_t i = 0; i < json_array_size(a->addresses); i++)
        for (size_t k = 0; k < json_array_size(b->addresses); k++) {
            if (json_equal(json_array_get(a->addresses, i),
                           json_array_get(b->addresses, k)))
                return true;
        }
    return false;
}

static bool fits(enum round round, const struct one *member, const struct one *node)
{
    switch (round) {
    case SAME_HOST:
        return fits_same(member->names[0], node->names[0]);
    case SAME_NAME:
        return fits_same(member->names[1], node->names[0]);
    case SHORT_HOST:
        return fits_short(member->names[0], node->names[0]);
    case SHORT_NAME:
        return fits_short(member->names[1], node->names[0]);
    default:
        return shares_address(member, node);
    }
}

/* ---- both sides ---- */

static void take_members(const json_t *declared, struct side *side)
{
    side->cut = json_array_size(declared) > MEMBERS_MAX;
    for (size_t i = 0; i < json_array_size(declared) && i < MEMBERS_MAX; i++) {
        const json_t *entry = json_array_get(declared, i);
        const char *pnid = json_text(entry, "pnid");
        struct one *one = &side->items[side->count];
        *one = (struct one){.shown = json_text(entry, "name")};
        if (!one->shown)
            continue;
        normal_name(pnid ? pnid : json_text(entry, "host"), one->names[0]);
        if (!pnid)
            normal_name(one->shown, one->names[1]);
        side->count++;
    }
}

/* The same node by a shorter name, of which the longer one stays. True: it is there. */
static bool is_told(struct side *side, const char *shown, const char *name)
{
    for (size_t i = 0; i < side->count; i++) {
        struct one *known = &side->items[i];
        if (fits_same(known->names[0], name))
            return true;
        if (!fits_short(known->names[0], name))
            continue;
        if (strlen(name) > strlen(known->names[0])) {
            known->shown = shown;
            memcpy(known->names[0], name, strlen(name) + 1);
        }
        return true;
    }
    return false;
}

static void take_node(const char *shown, struct side *side)
{
    struct one one = {.shown = shown};
    normal_name(shown, one.names[0]);
    if (*one.names[0] && is_told(side, shown, one.names[0]))
        return;
    if (*one.names[0] && side->count < MEMBERS_MAX)
        side->items[side->count++] = one;
    else
        side->cut = true;
}

static void take_nodes(const json_t *told, struct side *side)
{
    for (size_t i = 0; i < json_array_size(told); i++)
        take_node(json_string_value(json_array_get(told, i)), side);
}

/* ---- pairs ---- */

static struct one *only_fit(enum round round, const struct one *of, struct side *among,
                            bool of_member)
{
    struct one *found = NULL;
    for (size_t i = 0; i < among->count; i++) {
        struct one *other = &among->items[i];
        bool fit = of_member ? fits(round, of, other) : fits(round, other, of);
        if (other->paired || !fit)
            continue;
        if (found)
            return NULL;
        found = other;
    }
    return found;
}

static void make_pairs(struct comparison *c, enum round round)
{
    for (size_t i = 0; i < c->members.count; i++) {
        struct one *member = &c->members.items[i];
        struct one *node =
            member->paired ? NULL : only_fit(round, member, &c->nodes, true);
        if (node && only_fit(round, node, &c->members, false) == member)
            member->paired = node->paired = true;
    }
}

static size_t left_of(const struct side *side)
{
    size_t left = 0;
    for (size_t i = 0; i < side->count; i++)
        left += !side->items[i].paired;
    return left;
}

/* False: no answer in time. */
static bool look_up(struct slipway_call *call, struct side *side,
                    members_resolve_fn resolve)
{
    size_t asked = 0;
    for (size_t i = 0; i < side->count && asked < MEMBERS_LOOKUPS; i++) {
        struct one *one = &side->items[i];
        if (one->paired || !*one->names[0])
            continue;
        one->addresses = resolve(call, one->names[0]);
        if (!one->addresses)
            return false;
        asked++;
    }
    return true;
}

json_t *members_resolve(struct slipway_call *call, const char *name)
{
    struct addrinfo *list = NULL;
    int half = call->host->remaining_ms(call) / 2;
    enum resolved resolved = resolve_host(
        call, name, 0, half < MEMBERS_LOOKUP_MS ? half : MEMBERS_LOOKUP_MS, &list, NULL);
    if (resolved == RESOLVED_NO_ANSWER)
        return NULL;
    json_t *out = json_array();
    if (resolved != RESOLVED)
        return out;
    for (const struct addrinfo *at = list; at && json_array_size(out) < ADDRESSES_MAX;
         at = at->ai_next) {
        char text[NI_MAXHOST] = "";
        if (!getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0,
                         NI_NUMERICHOST))
            (void)json_array_append_new(out, json_string(text));
    }
    freeaddrinfo(list);
    return out;
}

/* ---- what came of it ---- */

static json_t *left_json(const struct side *side)
{
    json_t *out = json_array();
    for (size_t i = 0; i < side->count; i++) {
        char clean[NAME_MAX_BYTES];
        if (!side->items[i].paired)
            (void)json_array_append_new(
                out, json_string(text_clean(side->items[i].shown, clean, sizeof clean)));
    }
    return out;
}

static void add_names(struct buf *out, const json_t *names)
{
    size_t count = json_array_size(names);
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++)
        buf_addf(out, "%s%s", i ? ", " : "", json_string_value(json_array_get(names, i)));
    if (count > NAMES_SHOWN)
        buf_addf(out, " and %zu more", count - NAMES_SHOWN);
}

/* Why it cannot be said who is who; NULL if it can. */
static json_t *doubt(const struct comparison *c, const json_t *nodes,
                     const json_t *members)
{
    auto_buf struct buf out = {0};
    if (c->nodes.cut || c->members.cut)
        return json_string("more nodes than can be linked, or one without a name");
    if (!c->nodes.count)
        return json_string("it tells no node at all");
    if (!json_array_size(nodes) || !json_array_size(members))
        return NULL;
    buf_adds(&out, "it tells ");
    add_names(&out, nodes);
    buf_adds(&out, ", the fleet file declares ");
    add_names(&out, members);
    return json_string(buf_text(&out));
}

static json_t *outcome_json(const struct comparison *c)
{
    auto_json json_t *nodes = left_json(&c->nodes), *members = left_json(&c->members);
    auto_json json_t *nobody = json_array();
    bool declared = c->members.count > 0;
    json_t *uncertain = declared ? doubt(c, nodes, members) : NULL;
    bool compared = declared && !uncertain;
    return json_pack("{s:b, s:O, s:O, s:o}", "compared", compared, "undeclared",
                     compared ? nodes : nobody, "unconfirmed",
                     compared ? members : nobody, "uncertain",
                     uncertain ? uncertain : json_null());
}

json_t *members_compare(struct slipway_call *call, const json_t *declared,
                        const json_t *told, members_resolve_fn resolve)
{
    auto_free struct comparison *c = xcalloc(1, sizeof *c);
    take_members(declared, &c->members);
    take_nodes(told, &c->nodes);
    for (enum round round = 0; round < ROUNDS; round++) {
        bool both = !c->nodes.cut && left_of(&c->members) && left_of(&c->nodes);
        if (round == ADDRESS && both && look_up(call, &c->members, resolve))
            (void)look_up(call, &c->nodes, resolve);
        if (both)
            make_pairs(c, round);
    }
    json_t *out = outcome_json(c);
    for (size_t i = 0; i < MEMBERS_MAX; i++) {
        json_decref(c->members.items[i].addresses);
        json_decref(c->nodes.items[i].addresses);
    }
    return out;
}
