/*
 * reboot.c - vcsa-cli.reboot: `shutdown reboot -r` of appliancesh, which the installation
 * over the command line needs.
 *
 * The order is the one of ssh.reboot (a detached job, proven by a new boot id, never obeyed
 * on a later boot) with another command, so its start, poll and probe do the work; only the
 * login shell is looked at first.
 */
#include "ssh/arguments.h"
#include "ssh/operations.h"
#include "util/auto.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/talk.h"

#define SCRIPT                                                                           \
    "exec \"${SLIPWAY_GUEST_ROOT:-}/bin/appliancesh\" -c 'shutdown reboot -r slipway'"

/* The same call, as ssh.reboot understands it. */
struct order {
    struct slipway_call call;
    char *with;
};

static void order_free(struct order *order)
{
    free(order->with);
}
#define auto_order __attribute__((cleanup(order_free)))

static void order_make(const struct slipway_call *call, const json_t *given,
                       struct order *order)
{
    auto_json json_t *with = json_pack("{s:[s, s, s]}", "command", "sh", "-c", SCRIPT);
    static const char *const kept[] = {"delay", "timeout"};
    for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
        json_t *value = json_object_get(given, kept[i]);
        if (value)
            (void)json_object_set(with, kept[i], value);
    }
    *order = (struct order){.call = *call, .with = json_canonical(with)};
    order->call.with = order->with;
}

enum slipway_outcome cli_reboot_start(struct slipway_call *call)
{
    auto_order struct order order = {.with = NULL};
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    {
        auto_talk struct talk talk = {0};
        enum slipway_outcome outcome = talk_open(call, &talk);
        if (outcome == SLIPWAY_DONE)
            outcome = talk_need_bash(&talk);
        if (outcome != SLIPWAY_DONE)
            return outcome;
        order_make(call, talk.with, &order);
    }
    return reboot_start(&order.call);
}

static void order_again(struct slipway_call *call, struct order *order)
{
    struct slipway_error err;
    auto_json json_t *with = arguments_parse(call->with, &err);
    order_make(call, with, order);
}

enum slipway_outcome cli_reboot_poll(struct slipway_call *call)
{
    auto_order struct order order = {.with = NULL};
    order_again(call, &order);
    return reboot_poll(&order.call);
}

enum slipway_probe cli_reboot_probe(struct slipway_call *call)
{
    auto_order struct order order = {.with = NULL};
    order_again(call, &order);
    return reboot_probe(&order.call);
}
