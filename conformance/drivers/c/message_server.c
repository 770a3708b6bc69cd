/* The message server, on a loopback port. Its callbacks do what messages ask for, and send back all others. */
#include "driver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CONNECTIONS = 64, TO_FINISH_MS = 5000 };

/* A server that a scenario has started, and what its callbacks were called for. */
struct program {
    char *name;
    polysock_t *listener;
    polysock_message_server *server;
    unsigned char *greeting;
    size_t greeting_len;
    bool open_fails, open_holds;
    pthread_mutex_t lock; /* never held during a call of the library */
    pthread_cond_t resumed;
    unsigned resumes;
    bool ending;
    polysock_connection *open[MOST_CONNECTIONS];
    int open_count, holding, errors, closed_count;
    long messages;
    struct { int reason, code; } closed[MOST_CONNECTIONS];
    struct program *next;
};

/* Never held during a call of the library. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct program *programs;

static const char *const reasons[] = {
    "unknown",         "peer_finished",  "by_program",  "failed", "idle_timeout",
    "handler_timeout", "handler_failed", "bad_message", "stopped",
};

static const char *outcome_name(int code)
{
    return code < 0 ? protocol_name(code) : "ok";
}

static bool is(const char *word, const void *message, size_t len)
{
    return strlen(word) == len && memcmp(word, message, len) == 0;
}

static int reply(polysock_connection *connection, const char *text)
{
    return polysock_connection_reply(connection, text, strlen(text));
}

/* ---------------------------------------------------------------- callbacks */

/* Returns when the scenario resumes it. */
static void hold(struct program *p)
{
    pthread_mutex_lock(&p->lock);
    unsigned before = p->resumes;
    p->holding++;
    while (before == p->resumes && !p->ending)
        pthread_cond_wait(&p->resumed, &p->lock);
    p->holding--;
    pthread_mutex_unlock(&p->lock);
}

static int on_open(polysock_connection *connection, void **state, void *user)
{
    struct program *p = user;
    if (p->open_fails)
        return 1;
    if (p->greeting != NULL) {
        int code = polysock_connection_send(connection, p->greeting, p->greeting_len, 0);
        if (code < 0)
            return code;
    }
    pthread_mutex_lock(&p->lock);
    bool has_room = p->open_count < MOST_CONNECTIONS;
    if (has_room)
        p->open[p->open_count++] = connection;
    pthread_mutex_unlock(&p->lock);
    if (!has_room)
        return 1;
    *state = allocate(sizeof(long)); /* how many messages it has had */
    *(long *)*state = 0;
    if (p->open_holds)
        hold(p);
    return 0;
}

static int reply_peer(polysock_connection *connection)
{
    polysock_addr peer;
    char host[64], text[80];
    int code = polysock_connection_peer(connection, &peer);
    if (code >= 0)
        code = polysock_addr_ip(&peer, host, sizeof host);
    if (code < 0)
        return code;
    snprintf(text, sizeof text, "%s %u", host, polysock_addr_port(&peer));
    return reply(connection, text);
}

static int on_message(polysock_connection *connection, const void *message, size_t len, void *state, void *user)
{
    struct program *p = user;
    char text[32];
    int code;
    ++*(long *)state;
    pthread_mutex_lock(&p->lock);
    p->messages++;
    pthread_mutex_unlock(&p->lock);
    if (is("quiet", message, len))
        return 0;
    if (is("fail", message, len))
        return 1;
    if (is("abort", message, len))
        return polysock_connection_abort(connection);
    if (is("close", message, len)) {
        if ((code = polysock_connection_close(connection)) < 0)
            return code;
        return reply(connection, outcome_name(polysock_connection_send(connection, "late", 4, 0)));
    }
    if (is("count", message, len)) {
        snprintf(text, sizeof text, "%ld", *(long *)state);
        return reply(connection, text);
    }
    if (is("peer", message, len))
        return reply_peer(connection);
    if (is("twice", message, len)) {
        code = polysock_connection_send(connection, "first", 5, 0);
        return code < 0 ? code : reply(connection, "second");
    }
    if (is("split", message, len))
        return reply(connection, "two\nlines");
    if (is("stop", message, len)) {
        size_t running;
        if ((code = polysock_message_server_stop(p->server, TO_FINISH_MS, &running)) < 0)
            return code;
        snprintf(text, sizeof text, "%zu", running);
        return reply(connection, text);
    }
    if (is("hold", message, len))
        hold(p);
    return polysock_connection_reply(connection, message, len);
}

static void on_close(polysock_connection *connection, int reason, int code, void *state, void *user)
{
    struct program *p = user;
    free(state);
    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < p->open_count; i++)
        if (p->open[i] == connection) {
            p->open[i] = p->open[--p->open_count];
            break;
        }
    if (p->closed_count < MOST_CONNECTIONS) {
        p->closed[p->closed_count].reason = reason;
        p->closed[p->closed_count++].code = code;
    }
    pthread_mutex_unlock(&p->lock);
}

static void on_error(int code, polysock_connection *connection, void *user)
{
    struct program *p = user;
    (void)code, (void)connection;
    pthread_mutex_lock(&p->lock);
    p->errors++;
    pthread_mutex_unlock(&p->lock);
}

static void forget(struct program *p)
{
    polysock_message_server_free(p->server);
    polysock_free(p->listener);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->resumed);
    free(p->greeting);
    free(p->name);
    free(p);
}

/* ---------------------------------------------------------------- commands */

static struct program *find_program(struct request *r)
{
    struct program *found = NULL;
    pthread_mutex_lock(&lock);
    for (struct program *p = programs; p != NULL && found == NULL; p = p->next)
        if (strcmp(p->name, r->args[1]) == 0)
            found = p;
    pthread_mutex_unlock(&lock);
    if (found == NULL)
        malformed(r, "no such message server");
    return found;
}

int do_serve_messages(struct request *r)
{
    polysock_message_server_options options = r->messages;
    struct program *p = allocate(sizeof *p);
    polysock_addr a;
    int code;
    *p = (struct program){.name = strdup(r->args[1]), .open_fails = r->open_fails, .open_holds = r->open_holds};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->resumed, NULL);
    if (r->greeting != NULL && (p->greeting = payload(r->greeting, &p->greeting_len)) == NULL) {
        forget(p);
        return malformed(r, "greeting");
    }
    options.framing = r->framing.kind != 0 || r->framing.bits != 0 ? &r->framing : NULL;
    options.on_open = on_open;
    options.on_close = on_close;
    options.on_error = on_error;
    if ((code = polysock_create_server(&p->listener, "127.0.0.1", "0", 16)) < 0 ||
        (code = polysock_getsockname(p->listener, &a)) < 0 ||
        (code = polysock_message_server_start(&p->server, p->listener, on_message, p, &options)) < 0) {
        error_of(r, code);
        forget(p);
        return 0;
    }
    pthread_mutex_lock(&lock);
    p->next = programs;
    programs = p;
    pthread_mutex_unlock(&lock);
    return answer(r, "ok port=%u", polysock_addr_port(&a));
}

/* The open connections, for as long as they are retained. Returns how many. */
static int retain_all(struct program *p, polysock_connection **open)
{
    pthread_mutex_lock(&p->lock);
    int count = p->open_count;
    for (int i = 0; i < count; i++)
        open[i] = polysock_connection_retain(p->open[i]);
    pthread_mutex_unlock(&p->lock);
    return count;
}

static ssize_t most_unsent(struct program *p)
{
    polysock_connection *open[MOST_CONNECTIONS];
    int count = retain_all(p, open);
    ssize_t most = 0;
    for (int i = 0; i < count; i++) {
        ssize_t unsent = polysock_connection_unsent(open[i]);
        most = unsent > most ? unsent : most;
        polysock_connection_release(open[i]);
    }
    return most;
}

static void append(struct request *r, const char *before, const char *text)
{
    size_t end = strlen(r->answer);
    snprintf(r->answer + end, sizeof r->answer - end, "%s%s", before, text);
}

int do_serving_messages(struct request *r)
{
    struct program *p = find_program(r);
    polysock_message_server_stats stats = {.size = sizeof stats};
    if (p == NULL)
        return 0;
    int code = polysock_message_server_get_stats(p->server, &stats);
    if (code < 0)
        return error_of(r, code);
    ssize_t connections = polysock_message_server_connections(p->server), unsent = most_unsent(p);
    pthread_mutex_lock(&p->lock);
    answer(r, "ok open=%d messages=%ld holding=%d errors=%d", p->open_count, p->messages, p->holding, p->errors);
    append(r, " closed=", p->closed_count == 0 ? "-" : "");
    for (int i = 0; i < p->closed_count; i++)
        append(r, i == 0 ? "" : ",", reasons[p->closed[i].reason]);
    append(r, " failures=", p->closed_count == 0 ? "-" : "");
    for (int i = 0; i < p->closed_count; i++)
        append(r, i == 0 ? "" : ",", p->closed[i].code == 0 ? "-" : protocol_name(p->closed[i].code));
    pthread_mutex_unlock(&p->lock);
    size_t end = strlen(r->answer);
    snprintf(r->answer + end, sizeof r->answer - end, " connections=%zd unsent=%zd handled=%llu resets=%llu idle=%llu overdue=%llu bad=%llu",
             connections, unsent, (unsigned long long)stats.handled, (unsigned long long)stats.resets,
             (unsigned long long)stats.idle_timeouts, (unsigned long long)stats.handler_timeouts,
             (unsigned long long)stats.bad_messages);
    return 0;
}

int do_push(struct request *r)
{
    struct program *p = find_program(r);
    polysock_connection *open[MOST_CONNECTIONS];
    size_t length;
    int sent = 0, failure = 0;
    if (p == NULL)
        return 0;
    unsigned char *bytes = payload(r->args[2], &length);
    if (bytes == NULL)
        return malformed(r, "payload");
    int timeout_ms = r->timeout_ms == POLYSOCK_DEFAULT ? 0 : r->timeout_ms;
    for (int i = 0, count = retain_all(p, open); i < count; i++) {
        int code = polysock_connection_send(open[i], bytes, length, timeout_ms);
        polysock_connection_release(open[i]);
        sent += code >= 0;
        failure = failure == 0 && code < 0 ? code : failure;
    }
    free(bytes);
    return failure < 0 ? answer(r, "error %s done=%d", protocol_name(failure), sent) : answer(r, "ok n=%d", sent);
}

int do_hang_up(struct request *r)
{
    struct program *p = find_program(r);
    polysock_connection *open[MOST_CONNECTIONS];
    int failure = 0, count;
    if (p == NULL)
        return 0;
    bool aborts = strcmp(r->args[2], "abort") == 0;
    count = retain_all(p, open);
    for (int i = 0; i < count; i++) {
        int code = aborts ? polysock_connection_abort(open[i]) : polysock_connection_close(open[i]);
        polysock_connection_release(open[i]);
        failure = code < 0 ? code : failure;
    }
    return failure < 0 ? error_of(r, failure) : answer(r, "ok n=%d", count);
}

int do_resume(struct request *r)
{
    struct program *p = find_program(r);
    if (p == NULL)
        return 0;
    pthread_mutex_lock(&p->lock);
    p->resumes++;
    pthread_cond_broadcast(&p->resumed);
    pthread_mutex_unlock(&p->lock);
    return answer(r, "ok");
}

int do_close_listener(struct request *r)
{
    struct program *p = find_program(r);
    return p == NULL ? 0 : ok_or_error(r, polysock_close(p->listener));
}

int do_await_stop(struct request *r)
{
    struct program *p = find_program(r);
    return p == NULL ? 0 : ok_or_error(r, polysock_message_server_wait(p->server, POLYSOCK_INFINITE));
}

int do_stop_messages(struct request *r)
{
    struct program *p = find_program(r);
    size_t running = 0;
    if (p == NULL)
        return 0;
    int timeout_ms = r->timeout_ms == POLYSOCK_DEFAULT ? TO_FINISH_MS : r->timeout_ms;
    int code = polysock_message_server_stop(p->server, timeout_ms, &running);
    return code < 0 ? error_of(r, code) : answer(r, "ok running=%zu", running);
}

void stop_message_servers(void)
{
    for (;;) {
        pthread_mutex_lock(&lock);
        struct program *p = programs;
        programs = p != NULL ? p->next : NULL;
        pthread_mutex_unlock(&lock);
        if (p == NULL)
            return;
        pthread_mutex_lock(&p->lock);
        p->ending = true;
        pthread_cond_broadcast(&p->resumed);
        pthread_mutex_unlock(&p->lock);
        forget(p);
    }
}
