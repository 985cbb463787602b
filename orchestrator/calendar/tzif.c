/*
 * tzif.c - reads a zone file: TZif of version 2 or later, RFC 8536.
 *
 * Only the second block, with 64-bit times, and the rule at the end are used; the first
 * one is stepped over. All counts are checked against the bytes that are there before
 * anything is read or allocated. A file with leap seconds ("right/") is refused, as its
 * times are no POSIX times.
 */
#include <stdbool.h>
#include <string.h>

#include "calendar/limits.h"
#include "calendar/zone_rules.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define HEADER 44
#define TYPE   6 /* bytes of one type record */

struct block {
    size_t universal, standard, leaps, times, types, characters;
    const unsigned char *data;
};

static uint32_t word(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t long_word(const unsigned char *at)
{
    return (int64_t)((uint64_t)word(at) << 32 | word(at + 4));
}

/* Read the header at `at`; the bytes of its data with times of `width`, 0 if it is no
   header or does not fit. */
static size_t read_header(const unsigned char *at, size_t left, size_t width,
                          struct block *out)
{
    if (left < HEADER || memcmp(at, "TZif", 4) != 0)
        return 0;
    *out = (struct block){word(at + 20), word(at + 24), word(at + 28), word(at + 32),
                          word(at + 36), word(at + 40), at + HEADER};
    if (out->times > ZONE_SHIFTS_MAX || out->types > 256 || !out->types ||
        out->characters > 4096 || out->leaps > 4096 || out->universal > 256 ||
        out->standard > 256)
        return 0;
    size_t length = out->times * (width + 1) + out->types * TYPE + out->characters +
                    out->leaps * (width + 4) + out->standard + out->universal;
    return length <= left - HEADER ? HEADER + length : 0;
}

/* Type number `index` of the block. */
static bool read_type(const struct block *block, size_t index, struct clock_setting *out)
{
    const unsigned char *types = block->data + block->times * 9;
    const char *characters = (const char *)types + block->types * TYPE;
    if (index >= block->types)
        return false;
    const unsigned char *type = types + index * TYPE;
    *out = (struct clock_setting){.offset_s = (int32_t)word(type)};
    if (out->offset_s < -OFFSET_MAX_S || out->offset_s > OFFSET_MAX_S ||
        type[5] >= block->characters)
        return false;
    size_t room = block->characters - type[5];
    size_t length = strnlen(characters + type[5], room);
    if (length == room || length >= ABBREVIATION_ROOM)
        return false;
    memcpy(out->abbreviation, characters + type[5], length);
    return true;
}

static const char *read_shifts(const struct block *block, struct zone *zone)
{
    const unsigned char *indexes = block->data + block->times * 8;
    if (!read_type(block, 0, &zone->before))
        return "a type of local time is wrong";
    for (size_t i = 0; i < block->times; i++) {
        struct clock_setting to;
        int64_t at = long_word(block->data + i * 8);
        if (!read_type(block, indexes[i], &to))
            return "a type of local time is wrong";
        if (zone->count && at <= zone->shifts[zone->count - 1].at_s)
            return "its times do not ascend";
        zone_add_shift(zone, at, &to);
    }
    return NULL;
}

/* "\nRULE\n" behind the second block. */
static const char *read_rule(const unsigned char *at, size_t left, struct zone *zone)
{
    if (left < 2 || *at != '\n')
        return "the rule at its end is missing";
    const unsigned char *end = memchr(at + 1, '\n', left - 1);
    if (!end)
        return "the rule at its end is cut off";
    auto_free char *rule = xstrndup((const char *)at + 1, (size_t)(end - at - 1));
    if (*rule && posix_rule_apply(rule, zone))
        return "the rule at its end is wrong";
    return NULL;
}

const char *tzif_read(const unsigned char *bytes, size_t length, struct zone *out)
{
    struct block block;
    *out = (struct zone){0};
    size_t first = read_header(bytes, length, 4, &block);
    if (!first)
        return "it is no time-zone file, or cut off";
    if (bytes[4] < '2')
        return "it has version 1, without times after 2037";
    size_t second = read_header(bytes + first, length - first, 8, &block);
    if (!second)
        return "its second half is missing or cut off";
    if (block.leaps)
        return "it counts leap seconds";
    struct zone zone = {0};
    const char *wrong = read_shifts(&block, &zone);
    if (!wrong)
        wrong = read_rule(bytes + first + second, length - first - second, &zone);
    if (wrong)
        zone_clear(&zone);
    *out = zone;
    return wrong;
}
