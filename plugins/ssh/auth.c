/*
 * auth.c - logging in; see auth.h.
 *
 * Each credential is used once: a wrong password tried again locks accounts.
 * A rejection is REFUSED; only a connection that broke is RETRY, unless the
 * server said good-bye in words after it had seen a password, which is how
 * servers end a login with too many failures.
 *
 * Questions (keyboard-interactive) are answered only if they are exactly the
 * password question, and once. There is no way to decline from inside libssh2's
 * callback, so an unknown question mutes the session: nothing is sent any more.
 */
#include "ssh/auth.h"

#include <stdlib.h>
#include <string.h>

#include "ssh/expired.h"
#include "ssh/key.h"
#include "ssh/limits.h"
#include "ssh/outcome.h"
#include "ssh/signer.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

/* Given back and wiped when it goes out of scope. */
struct borrowed_secret {
    struct slipway_secret secret;
    const struct slipway_host *host;
};

static void give_back(struct borrowed_secret *borrowed)
{
    if (borrowed->secret.bytes)
        borrowed->host->secret_free(&borrowed->secret);
}

#define auto_secret __attribute__((cleanup(give_back)))

static enum slipway_outcome refused(struct slipway_error *err,
                                    const struct ssh_target *target, const char *what)
{
    return outcome_error(err, SLIPWAY_REFUSED, "%s as %s: %s", target->host, target->user,
                         what);
}

static enum slipway_outcome expired(const struct ssh_target *target,
                                    struct slipway_error *err)
{
    return refused(
        err, target,
        "PASSWORD_EXPIRED: the appliance demands a new password before it does "
        "anything; log in by hand, change it, and update the secret");
}

/* A libssh2 failure that is no rejection. */
static enum slipway_outcome broken(struct session *session,
                                   const struct ssh_target *target,
                                   struct slipway_error *err)
{
    char text[128];
    (void)session_error_text(session, text, sizeof text);
    session_lost(session);
    if (session->stop == SESSION_CANCELED)
        return outcome_error(err, SLIPWAY_CANCELED, "stopped during the login");
    /* keys lock no account out, but passwords do */
    bool dismissed =
        session->reason != 0 &&
        (session->exposed || session->reason == SSH_DISCONNECT_PROTOCOL_ERROR ||
         session->reason == SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE);
    return outcome_error(
        err, dismissed ? SLIPWAY_REFUSED : SLIPWAY_RETRY,
        "%s as %s: the login broke off: %s (%s)%s", target->host, target->user,
        session_why(session), text,
        dismissed
            ? "; the server ended it after it saw a credential: check user, key and "
              "password by hand before trying again"
            : "");
}

/* The server said no, and was there to say it. */
static bool is_rejection(const struct session *session, int code)
{
    return session->stop == SESSION_GOING &&
           (code == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
            code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED);
}

/* Offer the key; what libssh2 came to. */
static int offer(struct session *session, const struct ssh_target *target,
                 const struct slipway_secret *key)
{
    auto_signer struct signer signer = {0};
    void *abstract = &signer;
    int code;
    if (signer_load(key->bytes, key->length, &signer) == 0)
        session_repeat(session, code,
                       libssh2_userauth_publickey(session->ssh, target->user, signer.blob,
                                                  sizeof signer.blob, signer_sign,
                                                  &abstract));
    else
        session_repeat(session, code,
                       libssh2_userauth_publickey_frommemory(
                           session->ssh, target->user, strlen(target->user), NULL, 0,
                           key->bytes, key->length, NULL));
    return code;
}

/* `*accepted` tells a rejection from success; any other end is the outcome. */
static enum slipway_outcome try_key(struct session *session,
                                    const struct ssh_target *target, bool *accepted,
                                    struct slipway_error *err)
{
    auto_secret struct borrowed_secret key = {.host = session->call->host};
    struct slipway_error why;
    if (key.host->secret(session->call, target->key, &key.secret, &why) != 0)
        return refused(err, target, why.text);
    if (key_check(key.secret.bytes, key.secret.length, &why) != 0)
        return refused(err, target, why.text);
    int code = offer(session, target, &key.secret);
    *accepted = code == 0;
    if (code == 0 || is_rejection(session, code))
        return SLIPWAY_DONE;
    if (session->stop == SESSION_GOING &&
        (code == LIBSSH2_ERROR_FILE || code == LIBSSH2_ERROR_METHOD_NOT_SUPPORTED))
        return refused(err, target,
                       "libssh2 cannot read the private key: make one with "
                       "ssh-keygen -t ed25519 -N '' -f FILE");
    return broken(session, target, err);
}

/* What the question callback needs; it finds it through thread-local storage
   because libssh2 gives it the session's abstract only. */
struct interview {
    struct session *session;
    const struct slipway_secret *password;
    unsigned rounds;
    bool answered; /* the password went out           */
    bool again;    /* it was asked for a second time  */
    bool expired;
    bool unknown;
    char question[160]; /* the unknown one, made harmless  */
};

static _Thread_local struct interview *interview;

/* "Password: ", "Password:", each also behind "(user@host) ". */
static bool is_password_question(const char *text, size_t length)
{
    if (length && text[0] == '(') {
        const char *close = memchr(text, ')', length);
        const char *at = memchr(text, '@', length);
        if (!close || !at || at > close || close + 1 >= text + length || close[1] != ' ')
            return false;
        length -= (size_t)(close + 2 - text);
        text = close + 2;
    }
    return (length == 9 && memcmp(text, "Password:", 9) == 0) ||
           (length == 10 && memcmp(text, "Password: ", 10) == 0);
}

static void mute(struct interview *asked)
{
    if (asked->session->stop == SESSION_GOING)
        asked->session->stop = SESSION_MUTED;
}

static void note_unknown(struct interview *asked, const char *text, size_t length)
{
    auto_buf struct buf clean = {0};
    text_sanitize(&clean, text, length, 120);
    (void)snprintf(asked->question, sizeof asked->question, "%s", buf_text(&clean));
    asked->unknown = true;
    mute(asked);
}

static LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(answer)
{
    (void)name;
    (void)name_len;
    (void)abstract;
    struct interview *asked = interview;
    if (instruction_len > 0 && expired_text(instruction, (size_t)instruction_len))
        asked->expired = true;
    if (asked->expired || ++asked->rounds > SSH_PROMPTS_MAX) {
        mute(asked);
        return;
    }
    if (num_prompts == 0)
        return;
    size_t length = prompts[0].length;
    if (expired_text(prompts[0].text, length)) {
        asked->expired = true;
        mute(asked);
    } else if (num_prompts != 1 || !is_password_question(prompts[0].text, length)) {
        note_unknown(asked, prompts[0].text, length);
    } else if (asked->answered) {
        asked->again = true;
        mute(asked);
    } else {
        responses[0].text = malloc(asked->password->length + 1);
        if (!responses[0].text)
            return;
        memcpy(responses[0].text, asked->password->bytes, asked->password->length + 1);
        responses[0].length = (unsigned)asked->password->length;
        asked->answered = true;
        asked->session->exposed = true;
    }
}

static enum slipway_outcome ask(struct session *session, const struct ssh_target *target,
                                const struct slipway_secret *password, bool *accepted,
                                struct slipway_error *err)
{
    struct interview asked = {.session = session, .password = password};
    interview = &asked;
    int code;
    session_repeat(
        session, code,
        libssh2_userauth_keyboard_interactive_ex(session->ssh, target->user,
                                                 (unsigned)strlen(target->user), answer));
    interview = NULL;
    *accepted = code == 0;
    if (asked.expired)
        return expired(target, err);
    if (asked.unknown)
        return outcome_error(
            err, SLIPWAY_REFUSED,
            "%s as %s: the appliance asks \"%s\", which is not the password question: "
            "nothing was answered; log in by hand to see what it wants",
            target->host, target->user, asked.question);
    /* libssh2 does not even show more than a hundred at once */
    if (code != 0 && session->stop == SESSION_GOING &&
        libssh2_session_last_errno(session->ssh) == LIBSSH2_ERROR_OUT_OF_BOUNDARY)
        return refused(err, target,
                       "the appliance asks more questions at once than anybody answers: "
                       "nothing was answered; log in by hand to see what it wants");
    if (code == 0 || asked.again || is_rejection(session, code))
        return SLIPWAY_DONE;
    return broken(session, target, err);
}

/* The password by the method that the server takes. */
static enum slipway_outcome send_password(struct session *session,
                                          const struct ssh_target *target, bool plain,
                                          const struct slipway_secret *password,
                                          bool *accepted, struct slipway_error *err)
{
    if (!plain)
        return ask(session, target, password, accepted, err);
    int code;
    session->exposed = true;
    session_repeat(session, code,
                   libssh2_userauth_password_ex(
                       session->ssh, target->user, (unsigned)strlen(target->user),
                       password->bytes, (unsigned)password->length, NULL));
    *accepted = code == 0;
    if (code == LIBSSH2_ERROR_PASSWORD_EXPIRED)
        return expired(target, err);
    if (code == 0 || is_rejection(session, code))
        return SLIPWAY_DONE;
    return broken(session, target, err);
}

/* What the server takes: DONE and whether a plain password is it. */
static enum slipway_outcome ask_methods(struct session *session,
                                        const struct ssh_target *target, bool *plain,
                                        struct slipway_error *err)
{
    const char *methods = NULL;
    session_repeat_pointer(session, methods,
                           libssh2_userauth_list(session->ssh, target->user,
                                                 (unsigned)strlen(target->user)));
    if (!methods && libssh2_userauth_authenticated(session->ssh))
        return refused(err, target,
                       "the server lets anybody in without a credential: that "
                       "is no appliance of ours, or it is broken");
    if (!methods)
        return broken(session, target, err);
    *plain = strstr(methods, "password") != NULL;
    if (!*plain && !strstr(methods, "keyboard-interactive"))
        return refused(err, target,
                       "the server takes no password: give ssh.key, or enable "
                       "PasswordAuthentication on the appliance");
    return SLIPWAY_DONE;
}

static enum slipway_outcome try_password(struct session *session,
                                         const struct ssh_target *target,
                                         struct refused *before, bool *accepted,
                                         struct slipway_error *err)
{
    const struct slipway_host *host = session->call->host;
    auto_secret struct borrowed_secret password = {.host = host};
    struct slipway_error why;
    bool plain = false;
    enum slipway_outcome outcome = ask_methods(session, target, &plain, err);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (host->secret(session->call, target->password, &password.secret, &why) != 0)
        return refused(err, target, why.text);
    const char *bytes = password.secret.bytes;
    if (refused_recently(before, target->identity, bytes, host->now_ms()))
        return refused(
            err, target,
            "the appliance rejected this very password a moment ago; it is not "
            "sent again for five minutes, so that the account is not locked: "
            "correct the secret, or wait");
    outcome = send_password(session, target, plain, &password.secret, accepted, err);
    bool rejected = outcome == SLIPWAY_REFUSED || (outcome == SLIPWAY_DONE && !*accepted);
    if (session->exposed && rejected)
        refused_note(before, target->identity, bytes, host->now_ms());
    return outcome;
}

enum slipway_outcome auth_login(struct session *session, const struct ssh_target *target,
                                struct refused *before, struct slipway_error *err)
{
    bool accepted = false;
    session_phase(session, session->until_ms - session->call->host->now_ms(),
                  SSH_AUTH_BYTES);
    enum slipway_outcome outcome = SLIPWAY_DONE;
    if (target->key)
        outcome = try_key(session, target, &accepted, err);
    if (outcome == SLIPWAY_DONE && !accepted && target->password)
        outcome = try_password(session, target, before, &accepted, err);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (!accepted)
        return refused(err, target,
                       target->key && target->password
                           ? "both the key and the password were rejected"
                       : target->key ? "the key was rejected: is its public half in the "
                                       "user's authorized_keys?"
                                     : "the password was rejected");
    return SLIPWAY_DONE;
}
