/*
 * limits.h - every bound of the plugin, in one place.
 *
 * What an appliance can make grow is capped here: bytes, time, counts.
 */
#ifndef SSH_LIMITS_H
#define SSH_LIMITS_H

#define SSH_KIB 1024u
#define SSH_MIB (1024u * 1024u)

/* Names from the fleet. */
#define SSH_HOST_MAX    255u
#define SSH_USER_MAX    128u
#define SSH_PATH_MAX    1024u
#define SSH_JOB_KEY_MAX 160u

/* Connecting. */
#define SSH_ADDRESSES_MAX 8     /* of one host name                        */
#define SSH_CONNECT_MS    10000 /* one address                             */
#define SSH_HANDSHAKE_MS                                                                 \
    15000 /* greeting to authenticated: so that a
                                         stalling peer gives its slot back       */
#define SSH_HANDSHAKES_AT_ONCE                                                           \
    8                                          /* saturates two cores; 850 at once
                                         overflow a server's backlog             */
#define SSH_HANDSHAKE_BYTES   (128u * SSH_KIB) /* ours take about 6 KiB           */
#define SSH_AUTH_BYTES        (128u * SSH_KIB) /* with a long legal banner        */
#define SSH_USER_TIMEOUT_MS   20000 /* unacknowledged data: the peer is gone   */
#define SSH_KEEPALIVE_IDLE_S  15
#define SSH_KEEPALIVE_EVERY_S 5
#define SSH_KEEPALIVE_COUNT   3
#define SSH_SLICE_MS          100 /* longest wait that cannot see a cancel   */

/* Reuse. */
#define SSH_IDLE_MAX_MS   60000
#define SSH_IDLE_SESSIONS 256u
#define SSH_REOPEN_MS                                                                    \
    10000                      /* a reused session must answer within this, so
                                   that time is left for a new one             */
#define SSH_SILENT_HOSTS 4096u /* remembered as not answering                 */

/* Pins, keys and passwords. */
#define SSH_PINS_BYTES        (4u * SSH_MIB)
#define SSH_PINS_LINE         (16u * SSH_KIB)
#define SSH_PINS_HOST         8u /* keys pinned for one host */
#define SSH_KEY_BYTES         (64u * SSH_KIB)
#define SSH_PROMPTS_MAX       8               /* rounds of questions */
#define SSH_REFUSED_MS        (5 * 60 * 1000) /* a rejected password is not sent again */
#define SSH_REFUSED_PASSWORDS 4096u

/* Commands. */
#define SSH_COMMAND_MAX   30000u          /* libssh2 sends at most 35,000 in a packet */
#define SSH_INPUT_MAX     SSH_MIB         /* run's stdin                              */
#define SSH_OUTPUT_MAX    SSH_MIB         /* read of each stream, then it is a flood  */
#define SSH_RESULT_MAX    (64u * SSH_KIB) /* of each stream kept in the result        */
#define SSH_WINDOW_BYTES  (16u * SSH_MIB) /* never adjusted below: see channel.c      */
#define SSH_CHANNEL_BYTES (4u * SSH_MIB)  /* received for one command, all told       */
#define SSH_ARGUMENTS_MAX 1024u

/* Jobs. */
#define SSH_SCRIPT_MAX   SSH_MIB
#define SSH_ENV_MAX      256u
#define SSH_TAIL_BYTES   (32u * SSH_KIB) /* of a job's output                     */
#define SSH_CLAIM_MS     30000 /* published, not started: the supervisor is gone  */
#define SSH_LOOK_MIN_MS  1000
#define SSH_LOOK_MAX_MS  15000
#define SSH_LOOK_LOST_MS 5000 /* while the appliance does not answer             */

/* Uploads. */
#define SSH_CHUNK_BYTES     (256u * SSH_KIB)
#define SSH_UPLOAD_SPARE_MS 3000 /* stop a slice this long before the deadline */

#endif
