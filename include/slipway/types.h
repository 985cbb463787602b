/*
 * slipway/types.h - the classes on which slipway decides, and nothing finer.
 *
 * Shared by plugins, executors and the engine.
 */
#ifndef SLIPWAY_TYPES_H
#define SLIPWAY_TYPES_H

/* How an operation may be repeated. */
enum slipway_class {
    SLIPWAY_READ,         /* changes nothing: repeat freely                */
    SLIPWAY_IDEMPOTENT,   /* repeating converges: may be issued again      */
    SLIPWAY_RECONCILABLE, /* never issued again before a probe             */
    SLIPWAY_OPAQUE,       /* cannot be asked about: in doubt means a human */
};

/* What a start or a poll came to: the classes on which the engine decides. */
enum slipway_outcome {
    SLIPWAY_DONE,     /* finished; the result is set                         */
    SLIPWAY_PENDING,  /* under way; the handle is set (by start), look again */
    SLIPWAY_RETRY,    /* no effect, and trying later can help (busy, refused
                         connection, a task of somebody else)                */
    SLIPWAY_FAILED,   /* it failed, and that is certain                      */
    SLIPWAY_REFUSED,  /* must not be tried again as it stands: wrong password,
                         unknown host key, a precondition that does not hold */
    SLIPWAY_UNKNOWN,  /* nobody can say whether it happened: probe           */
    SLIPWAY_CANCELED, /* the host asked to stop, and nothing was issued      */
};

/* What a probe found out. */
enum slipway_probe {
    SLIPWAY_PROBE_NOT_STARTED, /* certain: the effect never began            */
    SLIPWAY_PROBE_RUNNING,     /* under way; set the handle to adopt it      */
    SLIPWAY_PROBE_DONE,        /* happened; set the result                   */
    SLIPWAY_PROBE_FAILED,      /* happened and failed; say why               */
    SLIPWAY_PROBE_UNKNOWN,     /* cannot tell now; the host asks again later */
};

#endif
