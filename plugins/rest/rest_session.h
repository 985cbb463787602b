/*
 * rest_session.h - the sessions that this process holds on appliances.
 *
 * One session per appliance and user: opened when first needed, shared by all
 * later calls, closed after five idle minutes and at the end. Safe for many
 * threads; two calls that need the same session log in once.
 */
#ifndef PLUGINS_REST_SESSION_H
#define PLUGINS_REST_SESSION_H

#include "rest/rest_target.h"
#include "util/wiped.h"

#define REST_SESSION_IDLE_MS  (5 * 60 * 1000)
#define REST_REFUSAL_KEPT_MS  (5 * 60 * 1000)
#define REST_LOGOUT_MS        3000  /* for one logout */
#define REST_LOGOUTS_PER_TIDY 16u   /* so that tidying never takes long */
#define REST_CLOSE_MS         15000 /* for all logouts at the end */

struct rest_sessions;

/* `client` is borrowed and must outlive the sessions. */
struct rest_sessions *rest_sessions_new(struct http_client *client);
/* Logs out everywhere, as far as REST_CLOSE_MS allows. NULL is fine. */
void rest_sessions_free(struct rest_sessions *sessions);
void rest_sessions_tidy(struct rest_sessions *sessions, int64_t now_ms);

/*
 * A token for the target, as a copy for the caller to wipe and free. `stale` is
 * a token that the appliance just refused (or NULL): it is never given again.
 * SLIPWAY_DONE, or an outcome with the sentence: REFUSED for a wrong password,
 * RETRY if the appliance cannot log in anybody now.
 */
enum slipway_outcome rest_session_token(struct rest_sessions *sessions,
                                        struct slipway_call *call,
                                        const struct rest_target *target,
                                        const char *stale, char **token,
                                        struct slipway_error *err);

/* A password that was refused is not tried again for REST_REFUSAL_KEPT_MS (or
   until it changes): repeated failures would lock the account. */
bool rest_password_barred(struct rest_sessions *sessions, const struct slipway_call *call,
                          const struct rest_target *target, const char *password);
void rest_password_bar(struct rest_sessions *sessions, const struct slipway_call *call,
                       const struct rest_target *target, const char *password);

#endif
