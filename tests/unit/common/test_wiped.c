/*
 * test_wiped.c - after a request was answered and everything was given back, no memory of this
 * process holds its password, its session key or what identified us on the wire any more: not
 * ours, not libcurl's, not OpenSSL's. The peer runs in a process of its own.
 *
 * Stacks are left out: the loader's lazy binding, which the release does not have, spills
 * registers there. What is looked for stands here in disguise only (every byte's bits turned over), or the
 * search would find itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/http.h"
#include "common/xml.h"
#include "fake_host.h"
#include "http_peer.h"
#include "util/wiped.h"

#define REGION_MAX (1l << 30) /* larger ones are a sanitizer's shadow */
#define LENGTH     24u

/* A text that nobody else has, in disguise. */
static void make(unsigned char disguised[LENGTH], unsigned seed)
{
    for (unsigned i = 0; i < LENGTH; i++)
        disguised[i] =
            (unsigned char)("bcdfghjkmnpqrstvwxyz"[(seed + i * i * 7) % 20] ^ 0xff);
}

static char *reveal(const unsigned char disguised[LENGTH])
{
    char *text = xcalloc(1, LENGTH + 1);
    for (unsigned i = 0; i < LENGTH; i++)
        text[i] = (char)(disguised[i] ^ 0xffu);
    return text;
}

static bool is_at(const unsigned char *bytes, const unsigned char disguised[LENGTH])
{
    unsigned i = 0;
    while (i < LENGTH && (bytes[i] ^ disguised[i]) == 0xff)
        i++;
    return i == LENGTH;
}

static unsigned count_in(int memory, long from, long to,
                         const unsigned char disguised[LENGTH])
{
    unsigned found = 0;
    unsigned char *bytes = xmalloc((size_t)(to - from));
    long got = pread(memory, bytes, (size_t)(to - from), from);
    const unsigned char *end = bytes + (got < 0 ? 0 : got), *at = bytes;
    while (at + LENGTH <= end &&
           (at = memchr(at, disguised[0] ^ 0xff, (size_t)(end - at))))
        found += at + LENGTH <= end && is_at(at, disguised), at++;
    explicit_bzero(bytes, (size_t)(to - from));
    free(bytes);
    return found;
}

/* How often it stands in what this process may write to. */
static unsigned count(const unsigned char disguised[LENGTH])
{
    unsigned found = 0;
    long starts[4096], ends[4096];
    size_t regions = 0;
    char line[512], rights[8];
    auto_file FILE *maps = fopen("/proc/self/maps", "re");
    auto_fd int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    assert_true(maps && memory >= 0);
    while (fgets(line, sizeof line, maps) && regions < ARRAY_LENGTH(starts))
        if (sscanf(line, "%lx-%lx %7s", (unsigned long *)&starts[regions],
                   (unsigned long *)&ends[regions], rights) == 3 &&
            !strncmp(rights, "rw", 2) && !strstr(line, "[stack]") &&
            ends[regions] - starts[regions] < REGION_MAX)
            regions++;
    for (size_t i = 0; i < regions; i++)
        found += count_in(memory, starts[i], ends[i], disguised);
    return found;
}

/* --- the peer, in a process of its own --------------------------------------------------- */

struct address {
    char url[64], pin[64];
};

static void answer(struct peer_link *link, const struct peer_ask *ask)
{
    char header[512] = "";
    (void)peer_header(ask, "Authorization", header, sizeof header);
    auto_free char *text = xasprintf("%s %.*s", header, (int)ask->body_length, ask->body);
    peer_reply(link, 200, "text/plain", text);
}

static pid_t serve(struct address *address)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (!pid) {
        struct peer *peer = peer_start(PEER_TLS, answer, NULL);
        (void)snprintf(address->url, sizeof address->url, "%s", peer->url);
        (void)snprintf(address->pin, sizeof address->pin, "%s", peer->pin);
        ssize_t written = write(fds[1], address, sizeof *address);
        for (; written;)
            (void)pause();
    }
    assert_true(pid > 0);
    assert_int_equal(read(fds[0], address, sizeof *address), sizeof *address);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return pid;
}

/* --- stories -------------------------------------------------------------------------------- */

/* The password in the header, in the body and in the answer; a key in a header. */
static void talk(const struct address *address, const unsigned char password[LENGTH],
                 const unsigned char key[LENGTH])
{
    struct slipway_error err = {""};
    struct http_client *client = http_client_new(&err);
    for (int i = 0; i < 3; i++) {
        struct http_response response = {0};
        auto_wiped char *word = reveal(password), *session = reveal(key);
        auto_wiped char *header = xasprintf("vmware-api-session-id: %s", session);
        json_t *document = json_pack("{s:s, s:[s, s]}", "password", word, "more", session,
                                     "and much that makes the text grow again and again");
        auto_wiped char *body = json_canonical(document);
        json_decref(document);
        const char *const headers[] = {header, NULL};
        const struct http_request request = {.url = address->url,
                                             .method = "POST",
                                             .effect = i == 2,
                                             .headers = headers,
                                             .user = "root",
                                             .password = word,
                                             .body = body,
                                             .body_length = strlen(body),
                                             .tls = {.pin = address->pin}};
        if (http_perform(client, NULL, &request, &response, &err))
            fail_msg("%s", err.text);
        http_response_free(&response);
    }
    http_client_free(client);
}

static void no_memory_keeps_what_identified_us(void **state)
{
    (void)state;
    unsigned char password[LENGTH], key[LENGTH], basic[LENGTH];
    struct address address;
    pid_t pid = serve(&address);
    make(password, 3);
    make(key, 11);
    auto_wiped char *word = reveal(password);
    assert_true(count(password) > 0); /* the search finds what is there */
    wiped_free(&word);
    assert_int_equal(count(password), 0);
    /* "root:" and the password as they travel: from the seventh byte on the password's own */
    {
        auto_wiped char *again = reveal(password);
        auto_wiped char *pair = xasprintf("root:%s", again);
        auto_wiped char *base64 = xcalloc(1, 64);
        (void)EVP_EncodeBlock((unsigned char *)base64, (unsigned char *)pair, 29);
        for (unsigned i = 0; i < LENGTH; i++)
            basic[i] = (unsigned char)(base64[i + 8] ^ 0xff);
    }
    talk(&address, password, key);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    assert_int_equal(count(password), 0);
    assert_int_equal(count(key), 0);
    assert_int_equal(count(basic), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_keeps_what_identified_us),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
