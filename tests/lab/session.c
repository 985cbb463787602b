/*
 * session.c - tokens of logged-in clients, REST and SOAP alike. They expire
 * when idle, and there is a limit, because real appliances have both and a
 * client that logs in for every poll must notice here.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "parts.h"

static void random_token(char out[40])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static bool expired(const struct lab *lab, const struct session *session)
{
    return lab_now_ms() - session->used_ms > lab->session_idle_ms;
}

static void remove_at(struct sessions *sessions, size_t i)
{
    sessions->items[i] = sessions->items[--sessions->count];
}

const char *session_add(struct lab *lab, struct sessions *sessions)
{
    for (size_t i = sessions->count; i-- > 0;)
        if (expired(lab, &sessions->items[i]))
            remove_at(sessions, i);
    if (sessions->count >= LAB_SESSIONS_MAX)
        return NULL;
    struct session *session = vec_push(sessions->items, sessions->count, sessions->room);
    random_token(session->token);
    session->created_ms = session->used_ms = lab_now_ms();
    return session->token;
}

struct session *session_find(struct sessions *sessions, const char *token)
{
    for (size_t i = 0; token && i < sessions->count; i++)
        if (strcmp(sessions->items[i].token, token) == 0)
            return &sessions->items[i];
    return NULL;
}

bool session_use(const struct lab *lab, struct sessions *sessions, const char *token)
{
    struct session *session = session_find(sessions, token);
    if (!session)
        return false;
    if (expired(lab, session)) {
        remove_at(sessions, (size_t)(session - sessions->items));
        return false;
    }
    session->used_ms = lab_now_ms();
    if (session->left && !--session->left)
        remove_at(sessions, (size_t)(session - sessions->items));
    return true;
}

void session_drop(struct sessions *sessions, const char *token)
{
    struct session *session = session_find(sessions, token);
    if (session)
        remove_at(sessions, (size_t)(session - sessions->items));
}

void session_clear(struct sessions *sessions)
{
    sessions->count = 0;
}
