/*
 * web.c - HTTPS for every address, a daemon of libmicrohttpd for each certificate, without a
 * listener of its own: net.c hands it accepted connections, and the local
 * address of each says whose they are.
 *
 * A request is collected up to LAB_REQUEST_MAX bytes, then answered by rest.c
 * (an appliance) or soap.c (a manager) while the lab's lock is held; nothing
 * there waits. A handler may ask to close without an answer (a lost reply) or
 * to answer for ever.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <openssl/evp.h>
#include <microhttpd.h>

#include "parts.h"

#define WEB_THREADS       2u
#define IDLE_SECONDS      120u
#define HEADER_BYTES      (64u * 1024u)
#define CREDENTIALS_BYTES 512u

static struct MHD_Daemon *daemon_,
    *renewed_; /* the second one shows another certificate */

/* What one connection is: found once, when it is opened. */
struct peer {
    struct endpoint *endpoint;
    bool vami;
    struct connection *listed;
};

static const char *value_of(const struct web_request *request, enum MHD_ValueKind kind,
                            const char *name)
{
    return MHD_lookup_connection_value(request->connection, kind, name);
}

const char *web_header(const struct web_request *request, const char *name)
{
    return value_of(request, MHD_HEADER_KIND, name);
}

const char *web_query(const struct web_request *request, const char *name)
{
    return value_of(request, MHD_GET_ARGUMENT_KIND, name);
}

bool web_basic(const struct web_request *request, const char *user, const char *password)
{
    const char *header = web_header(request, "Authorization");
    if (!header || strncmp(header, "Basic ", 6) != 0)
        return false;
    auto_free char *wanted = xasprintf("%s:%s", user, password);
    size_t length = strlen(wanted);
    unsigned char text[2 * CREDENTIALS_BYTES];
    if (length > CREDENTIALS_BYTES)
        return false;
    EVP_EncodeBlock(text, (const unsigned char *)wanted, (int)length);
    return strcmp(header + 6, (const char *)text) == 0;
}

struct names {
    const char **out;
    size_t count, max;
};

static enum MHD_Result add_name(void *context, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    struct names *names = context;
    (void)kind;
    (void)value;
    if (names->count == names->max)
        return MHD_NO;
    names->out[names->count++] = name;
    return MHD_YES;
}

size_t web_query_names(const struct web_request *request, const char **out, size_t max)
{
    struct names names = {.out = out, .max = max};
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, add_name,
                                    &names);
    return names.count;
}

/* ---- answering ---- */

static ssize_t flood_bytes(void *unused, uint64_t position, char *out, size_t max)
{
    (void)unused;
    (void)position;
    memset(out, 'A', max);
    return (ssize_t)max;
}

static struct MHD_Response *make_response(struct web_reply *reply)
{
    if (reply->flood)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, flood_bytes,
                                                 NULL, NULL);
    return MHD_create_response_from_buffer(
        reply->body.length, reply->body.data ? reply->body.data : (char[]){""},
        MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection,
                                  struct web_reply *reply)
{
    struct MHD_Response *response = make_response(reply);
    if (!response)
        return MHD_NO;
    if (reply->body.length || reply->flood)
        MHD_add_response_header(response, "Content-Type",
                                reply->type ? reply->type : "application/json");
    if (reply->cookie)
        MHD_add_response_header(response, "Set-Cookie", reply->cookie);
    if (reply->header)
        MHD_add_response_header(response, reply->header, reply->header_value);
    enum MHD_Result rc = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return rc;
}

static void answer(const struct web_request *request, struct web_reply *reply)
{
    WITH_LOCK(&request->endpoint->lab->lock);
    if (request->endpoint->appliance)
        rest_answer(request, reply);
    else
        soap_answer(request, reply);
}

static const struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static enum MHD_Result on_request(void *unused, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *data,
                                  size_t *data_size, void **state)
{
    (void)unused;
    (void)version;
    const struct peer *peer = peer_of(connection);
    struct buf *body = *state;
    if (!peer || !peer->endpoint)
        return MHD_NO;
    if (!body) {
        *state = xcalloc(1, sizeof *body);
        return MHD_YES;
    }
    if (*data_size) {
        if (body->length + *data_size > LAB_REQUEST_MAX)
            return MHD_NO;
        buf_add(body, data, *data_size);
        *data_size = 0;
        return MHD_YES;
    }
    struct web_request request = {
        .endpoint = peer->endpoint,
        .vami = peer->vami,
        .connection = connection,
        .method = method,
        .path = url,
        .body = buf_text(body),
        .body_length = body->length,
    };
    struct web_reply reply = {.status = MHD_HTTP_OK};
    answer(&request, &reply);
    enum MHD_Result rc = reply.drop ? MHD_NO : send_reply(connection, &reply);
    buf_free(&reply.body);
    free(reply.cookie);
    return rc;
}

static void on_completed(void *unused, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)unused;
    (void)connection;
    (void)code;
    if (*state)
        buf_free(*state);
    free(*state);
    *state = NULL;
}

/* ---- connections ---- */

static struct endpoint *endpoint_of(struct lab *lab, int fd, bool *vami)
{
    struct sockaddr_in local;
    socklen_t size = sizeof local;
    if (getsockname(fd, (struct sockaddr *)&local, &size))
        return NULL;
    *vami = lab->vami_port && ntohs(local.sin_port) == lab->vami_port;
    return lab_endpoint(lab, local.sin_addr);
}

static void on_connection(void *lab, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct peer *peer = *context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                     ->connect_fd;
        peer = xcalloc(1, sizeof *peer);
        peer->endpoint = endpoint_of(lab, fd, &peer->vami);
        if (peer->endpoint)
            peer->listed = net_register(peer->endpoint, fd);
        *context = peer;
    } else if (peer) {
        if (peer->listed)
            net_unregister(peer->endpoint, peer->listed);
        free(peer);
        *context = NULL;
    }
}

static bool is_renewed(const struct appliance *appliance)
{
    return appliance && appliance->faults.certificate_renewed != 0;
}

const char *web_certificate(const struct appliance *appliance)
{
    const struct lab *lab = appliance->endpoint.lab;
    return is_renewed(appliance) ? lab->renewed_pem : lab->certificate_pem;
}

void web_accept(struct endpoint *endpoint, int fd, const struct sockaddr_in *peer)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct MHD_Daemon *daemon;
    {
        WITH_LOCK(&endpoint->lab->lock);
        daemon = is_renewed(endpoint->appliance) ? renewed_ : daemon_;
    }
    /* The library closes the socket, also when it refuses it. */
    (void)MHD_add_connection(daemon, fd, (const struct sockaddr *)peer, sizeof *peer);
}

/* A fleet begins many connections a second, and each derives a dozen keys: by SHA-256 in
   half the time of SHA-384. */
#define PRIORITIES "NORMAL:-AES-256-GCM:-CHACHA20-POLY1305"

static struct MHD_Daemon *start(struct lab *lab, const char *key, const char *certificate)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_NO_LISTEN_SOCKET |
            MHD_USE_ITC,
        0, NULL, NULL, on_request, NULL, MHD_OPTION_HTTPS_MEM_KEY, key,
        MHD_OPTION_HTTPS_MEM_CERT, certificate, MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES,
        MHD_OPTION_THREAD_POOL_SIZE, WEB_THREADS, MHD_OPTION_CONNECTION_TIMEOUT,
        IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT, LAB_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, lab, MHD_OPTION_END);
}

int web_start(struct lab *lab, struct slipway_error *err)
{
    daemon_ = start(lab, lab->key_pem, lab->certificate_pem);
    renewed_ = start(lab, lab->renewed_key_pem, lab->renewed_pem);
    if (!daemon_ || !renewed_)
        return slipway_error_set(err, -1,
                                 "the HTTPS server does not start; remove %s/secrets "
                                 "and start again",
                                 lab->dir);
    return 0;
}

void web_stop(void)
{
    if (daemon_)
        MHD_stop_daemon(daemon_);
    if (renewed_)
        MHD_stop_daemon(renewed_);
    daemon_ = renewed_ = NULL;
}
