/* The message server: callbacks, replies, sends from other threads, limits, reasons, stopping. */
#include "counting.h"

/* The state that the callbacks of a test share; under the lock, which helgrind understands. */
struct shared {
    polysock_message_server *server;
    polysock_connection *kept;
    int opened, closed, errors, last_error, last_reason, last_code, released, may_return;
    bool refuse;
    char detail[200];
};

static void set(int *place, int value)
{
    pthread_mutex_lock(&lock);
    *place = value;
    pthread_mutex_unlock(&lock);
}

static polysock_message_server *server_of(struct shared *shared)
{
    pthread_mutex_lock(&lock);
    polysock_message_server *server = shared->server;
    pthread_mutex_unlock(&lock);
    return server;
}

static int on_open(polysock_connection *c, void **state, void *user)
{
    struct shared *shared = user;
    CHECK(*state == NULL);
    *state = malloc(1); /* on_close frees it: memcheck finds one that is missing */
    add(&shared->opened, 1);
    if (shared->refuse) {
        free(*state);
        return 55;
    }
    CHECK_IS(polysock_connection_is_closed(c), 0);
    return 0;
}

static void on_close(polysock_connection *c, int reason, int code, void *state, void *user)
{
    struct shared *shared = user;
    pthread_mutex_lock(&lock);
    snprintf(shared->detail, sizeof shared->detail, "%s", code != 0 ? polysock_last_detail() : "");
    pthread_mutex_unlock(&lock);
    CHECK_IS(polysock_connection_is_closed(c), 1);
    CHECK_IS(polysock_connection_reply(c, "x", 1), POLYSOCK_ECLOSED);
    free(state);
    set(&shared->last_reason, reason);
    set(&shared->last_code, code);
    add(&shared->closed, 1);
}

static void on_error(int code, polysock_connection *c, void *user)
{
    struct shared *shared = user;
    CHECK(c != NULL);
    set(&shared->last_error, code);
    add(&shared->errors, 1);
}

static void on_release(void *user) { add(&((struct shared *)user)->released, 1); }

/* Carries out the command that a line begins with; otherwise replies with the line. */
static int on_line(polysock_connection *c, const void *line, size_t len, void *state, void *user)
{
    struct shared *shared = user;
    size_t running = 99;
    CHECK(state != NULL);
    switch (len > 0 ? *(const char *)line : '-') {
    case 'f': /* fails */
        CHECK_IS(polysock_connection_reply(c, "before", 6), 0);
        return 77;
    case 'c':
        CHECK_IS(polysock_connection_reply(c, "bye", 3), 0);
        return polysock_connection_close(c);
    case 'a':
        return polysock_connection_abort(c);
    case 'k': { /* keeps the connection for another thread */
        pthread_mutex_lock(&lock);
        shared->kept = polysock_connection_retain(c);
        pthread_mutex_unlock(&lock);
        return polysock_connection_reply(c, "kept", 4);
    }
    case 's': /* stops its server */
        CHECK_IS(polysock_message_server_stop(server_of(shared), POLYSOCK_INFINITE, &running), 0);
        CHECK_IS(running, 0);
        return 0;
    case 'r': /* frees its server */
        polysock_message_server_free(server_of(shared));
        return 0;
    case 'd': /* is busy */
        while (!READ(shared->may_return))
            sleep_1ms();
        return polysock_connection_reply(c, "done", 4);
    case 'm': /* replies twice, and what the framing refuses */
        REFUSED(polysock_connection_reply(c, "a\nb", 3), "");
        CHECK_IS(polysock_connection_reply(c, "one", 3), 0);
        return polysock_connection_send(c, "two", 3, 0);
    default:
        return polysock_connection_reply(c, line, len);
    }
}

static polysock_framing lines_of(size_t limit)
{
    polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER;
    lines.kind = POLYSOCK_FRAMING_LINES;
    lines.limit = limit;
    return lines;
}

static polysock_message_server_options all_callbacks(const polysock_framing *framing)
{
    polysock_message_server_options o = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER;
    o.framing = framing;
    o.on_open = on_open;
    o.on_close = on_close;
    o.on_error = on_error;
    o.release = on_release;
    return o;
}

static polysock_t *start_server(struct shared *shared, const polysock_message_server_options *o, polysock_addr *a)
{
    polysock_t *listener = make_listener("127.0.0.1", a);
    polysock_message_server *server;
    MUST(polysock_message_server_start(&server, listener, on_line, shared, o));
    pthread_mutex_lock(&lock);
    shared->server = server;
    pthread_mutex_unlock(&lock);
    return listener;
}

/* Stops the server, frees everything, and checks that nothing is left. */
static void end(struct shared *shared, polysock_t *listener)
{
    size_t running = 99;
    CHECK_IS(polysock_message_server_stop(shared->server, 20000, &running), 0);
    CHECK_IS(running, 0);
    CHECK_IS(polysock_message_server_connections(shared->server), 0);
    polysock_message_server_free(shared->server);
    CHECK_IS(READ(shared->released), 1);
    CHECK_IS(READ(shared->closed), READ(shared->opened));
    polysock_free(listener);
}

static polysock_t *client_of(const polysock_addr *a)
{
    polysock_t *s;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    MUST(polysock_connect(s, a, 20000));
    return s;
}

static void say(polysock_t *s, const char *text)
{
    CHECK_IS(polysock_sendall(s, text, strlen(text), NULL, 20000), 0);
}

static void hear(polysock_t *s, const char *text)
{
    char got[64] = "";
    CHECK_IS(polysock_recv_exact(s, got, strlen(text), NULL, 20000), 0);
    CHECK_TEXT(got, text);
}

static void hear_end(polysock_t *s)
{
    char c;
    CHECK_IS(polysock_recv(s, &c, 1, 0, 20000), 0);
    polysock_free(s);
}

TEST(lines_are_answered_and_the_end_of_the_stream_closes)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a);
    say(s, "hello\nworld\r\nm\nhal");
    hear(s, "hello\nworld\none\ntwo\n");
    say(s, "f a line\n");
    hear(s, "half a line\n");
    CHECK_IS(polysock_message_server_connections(shared.server), 1);
    CHECK_IS(polysock_shutdown(s, POLYSOCK_SHUT_WR), 0);
    hear_end(s);
    WAIT_UNTIL(READ(shared.closed) == 1);
    CHECK_IS(READ(shared.last_reason), POLYSOCK_REASON_PEER_FINISHED);
    end(&shared, listener);
    CHECK_IS(shared.errors, 0);
}

TEST(every_end_has_its_reason)
{
    static const struct {
        const char *line, *reply;
        int reason, code, errors;
        const char *detail;
    } ends[] = {
        {"c\nx\n", "bye\n", POLYSOCK_REASON_BY_PROGRAM, 0, 0, ""},
        {"x\nf\nx\n", "x\nbefore\n", POLYSOCK_REASON_HANDLER_FAILED, 0, 1, ""},
        {"012345678901234567890123456789\n", "", POLYSOCK_REASON_BAD_MESSAGE, POLYSOCK_EMSGSIZE, 0,
         "message_server the message has 30 bytes or more, and the limit is 20: "},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct shared shared = {0};
        polysock_addr a;
        polysock_framing lines = lines_of(20);
        polysock_message_server_options o = all_callbacks(&lines);
        polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a);
        say(s, ends[i].line);
        hear(s, ends[i].reply);
        hear_end(s);
        WAIT_UNTIL(READ(shared.closed) == 1);
        CHECK_IS(READ(shared.last_reason), ends[i].reason);
        CHECK_IS(READ(shared.last_code), ends[i].code);
        CHECK_IS(READ(shared.errors), ends[i].errors);
        CHECK_IS(READ(shared.last_error), ends[i].errors ? 77 : 0);
        char detail[256];
        snprintf(detail, sizeof detail, "%s%s", ends[i].detail, ends[i].code != 0 ? strerror(EMSGSIZE) : "");
        CHECK_TEXT(shared.detail, detail);
        polysock_message_server_stats stats = {sizeof stats, 0, 0, 0, 0, 0};
        CHECK_IS(polysock_message_server_get_stats(shared.server, &stats), 0);
        CHECK_IS(stats.handled, 1);
        CHECK_IS(stats.bad_messages, ends[i].code != 0);
        end(&shared, listener);
    }
}

TEST(resets_and_stops_have_reasons_too)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a), *other = client_of(&a);
    char c;
    say(s, "a\n");
    CHECK_IS(polysock_recv(s, &c, 1, 0, 20000), POLYSOCK_ECONNRESET);
    polysock_free(s);
    WAIT_UNTIL(READ(shared.closed) == 1);
    CHECK_IS(READ(shared.last_reason), POLYSOCK_REASON_BY_PROGRAM);
    say(other, "x\n");
    hear(other, "x\n");
    CHECK_IS(polysock_abort(other), 0);
    polysock_free(other);
    WAIT_UNTIL(READ(shared.closed) == 2);
    CHECK_IS(READ(shared.last_reason), POLYSOCK_REASON_FAILED);
    CHECK_IS(READ(shared.last_code), POLYSOCK_ECONNRESET);
    s = client_of(&a);
    say(s, "x\n");
    hear(s, "x\n");
    end(&shared, listener);
    CHECK_IS(shared.last_reason, POLYSOCK_REASON_STOPPED);
    hear_end(s);
}

TEST(a_refused_connection_has_no_other_callback)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    shared.refuse = true;
    polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a);
    hear_end(s);
    WAIT_UNTIL(READ(shared.errors) == 1);
    CHECK_IS(READ(shared.last_error), 55);
    CHECK_IS(READ(shared.closed), 0);
    shared.opened = 0;
    end(&shared, listener);
}

TEST(other_threads_send_and_a_slow_reader_is_bounded)
{
    enum { LIMIT = 4096 };
    struct shared shared = {0};
    polysock_addr a, peer, own;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    o.max_unsent = LIMIT;
    char part[1024];
    int code, sent = 0;
    memset(part, 'x', sizeof part);
    polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a);
    say(s, "k\n");
    hear(s, "kept\n");
    pthread_mutex_lock(&lock);
    polysock_connection *kept = shared.kept;
    pthread_mutex_unlock(&lock);
    CHECK_IS(polysock_connection_peer(kept, &peer), 0);
    CHECK_IS(polysock_getsockname(s, &own), 0);
    CHECK(polysock_addr_equal(&peer, &own));
    CHECK_IS(polysock_connection_send(kept, "hi", 2, 0), 0);
    hear(s, "hi\n");
    /* The peer does not read: its and our kernel's buffers fill, then the queue. */
    REFUSED(polysock_connection_send(kept, "a\nb", 3, 0), "");
    CHECK_IS(polysock_connection_send(kept, part, 81, 0), POLYSOCK_EMSGSIZE);
    while ((code = polysock_connection_send(kept, part, 80, 0)) == 0 && sent < 1000000)
        sent++;
    CHECK_IS(code, POLYSOCK_EAGAIN);
    /* The kernel may have taken some more meanwhile. */
    long long began = now_us();
    while ((code = polysock_connection_send(kept, part, 80, 50)) == 0 && sent < 1000000) {
        sent++;
        began = now_us();
    }
    CHECK_IS(code, POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 50, 20000);
    CHECK(polysock_connection_unsent(kept) > LIMIT - 81 && polysock_connection_unsent(kept) <= LIMIT);
    polysock_t *quick = client_of(&a); /* is not slowed */
    say(quick, "x\n");
    hear(quick, "x\n");
    polysock_free(quick);
    for (int i = 0; i < sent; i++) {
        char got[81];
        CHECK_IS(polysock_recv_exact(s, got, sizeof got, NULL, 20000), 0);
    }
    CHECK_IS(polysock_connection_send(kept, "go on", 5, 20000), 0);
    hear(s, "go on\n");
    polysock_free(s);
    WAIT_UNTIL(READ(shared.closed) == 2);
    CHECK_IS(polysock_connection_is_closed(kept), 1);
    CHECK_IS(polysock_connection_send(kept, "x", 1, 0), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_connection_close(kept), 0);
    CHECK_IS(polysock_connection_peer(kept, &peer), 0);
    end(&shared, listener);
    polysock_connection_release(kept);
}

TEST(a_busy_callback_holds_up_its_own_connection_only)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    size_t running = 99;
    polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a), *other = client_of(&a);
    say(s, "d\nx\n");
    for (int i = 0; i < 20; i++) {
        say(other, "x\n");
        hear(other, "x\n");
    }
    CHECK_IS(polysock_message_server_stop(shared.server, 0, &running), 0);
    CHECK_IS(running, 1);
    set(&shared.may_return, 1);
    end(&shared, listener);
    polysock_free(s);
    polysock_free(other);
}

/* Reports that the server has failed, and waits like a callback that takes long. */
static UNUSED void on_server_error(int code, polysock_connection *c, void *user)
{
    struct shared *shared = user;
    CHECK(c == NULL);
    set(&shared->last_error, code);
    add(&shared->errors, 1);
    WAIT_UNTIL(READ(shared->may_return) != 0);
}

TEST(a_busy_on_error_holds_up_no_connection)
{
    struct shared shared = {0};
    struct rlimit limit;
    polysock_addr a;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    o.on_error = on_server_error;
    polysock_t *listener = start_server(&shared, &o, &a), *waits, *s = client_of(&a);
    say(s, "x\n");
    hear(s, "x\n");
    MUST(polysock_socket(&waits, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    int filler[64], taken = take_all_descriptors(filler, &limit);
    CHECK_IS(polysock_connect(waits, &a, 20000), 0);
    WAIT_UNTIL(READ(shared.errors) >= 1);
    CHECK_IS(READ(shared.last_error), POLYSOCK_EMFILE);
    say(s, "y\n");
    hear(s, "y\n");
    CHECK_IS(READ(shared.may_return), 0);
    give_back(filler, taken, &limit);
    set(&shared.may_return, 1);
    say(waits, "z\n");
    hear(waits, "z\n");
    polysock_free(waits);
    polysock_free(s);
    WAIT_UNTIL(READ(shared.closed) == 2);
    end(&shared, listener);
}

/* Leaves no descriptor to accept with, connects, and returns after this many reported failures. */
static UNUSED polysock_t *wait_in_backlog(struct shared *shared, const polysock_addr *a, int failures)
{
    struct rlimit limit;
    polysock_t *waits;
    MUST(polysock_socket(&waits, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    int before = READ(shared->errors), filler[64], taken = take_all_descriptors(filler, &limit);
    CHECK_IS(polysock_connect(waits, a, 20000), 0);
    WAIT_UNTIL(READ(shared->errors) >= before + failures);
    give_back(filler, taken, &limit);
    say(waits, "z\n");
    hear(waits, "z\n");
    return waits;
}

TEST(pauses_begin_short_again_after_a_lack_of_descriptors)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    o.on_error = on_server_error;
    shared.may_return = 1;
    polysock_t *listener = start_server(&shared, &o, &a);
    polysock_t *one = wait_in_backlog(&shared, &a, 11); /* the pauses have reached a second */
    long long began = now_us();
    polysock_t *other = wait_in_backlog(&shared, &a, 4);
    CHECK(now_us() - began < 1500 * 1000);
    polysock_free(one);
    polysock_free(other);
    WAIT_UNTIL(READ(shared.closed) == 2);
    end(&shared, listener);
}

TEST(without_a_framing_replies_are_sent_as_they_are)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_message_server_options o = all_callbacks(NULL);
    polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a);
    say(s, "x\n");
    hear(s, "x\n");
    polysock_free(s);
    end(&shared, listener);
}

TEST(raw_replies_are_not_framed)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    o.raw_replies = 1;
    polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a);
    say(s, "x\ny\n");
    hear(s, "xy");
    polysock_free(s);
    end(&shared, listener);
}

TEST(a_callback_may_stop_or_free_its_server)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_framing lines = lines_of(80);
    polysock_message_server_options o = all_callbacks(&lines);
    polysock_t *listener = start_server(&shared, &o, &a), *s = client_of(&a);
    say(s, "s\n");
    hear_end(s);
    CHECK_IS(polysock_message_server_wait(shared.server, 20000), 0);
    end(&shared, listener);

    memset(&shared, 0, sizeof shared);
    listener = start_server(&shared, &o, &a);
    s = client_of(&a);
    say(s, "r\n");
    hear_end(s);
    WAIT_UNTIL(READ(shared.released) == 1);
    polysock_free(listener);
}

TEST(what_is_missing_or_wrong_is_refused)
{
    struct shared shared = {0};
    polysock_addr a;
    polysock_message_server *server = NULL;
    polysock_framing wrong = lines_of(80);
    wrong.kind = 99;
    polysock_message_server_options o = all_callbacks(&wrong);
    polysock_message_server_stats stats = {0, 0, 0, 0, 0, 0};
    polysock_t *listener = make_listener("127.0.0.1", &a), *idle;
    MUST(polysock_socket(&idle, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    REFUSED(polysock_message_server_start(NULL, listener, on_line, NULL, NULL), "out");
    REFUSED(polysock_message_server_start(&server, NULL, on_line, NULL, NULL), "listener");
    REFUSED(polysock_message_server_start(&server, listener, NULL, NULL, NULL), "fn");
    REFUSED(polysock_message_server_start(&server, listener, on_line, &shared, &o), "f->kind");
    REFUSED(polysock_message_server_start(&server, idle, on_line, NULL, NULL), "listen");
    o.framing = NULL;
    o.reserved = 1;
    REFUSED(polysock_message_server_start(&server, listener, on_line, &shared, &o), "o->reserved");
    o.reserved = 0;
    o.idle_timeout_ms = -7;
    REFUSED(polysock_message_server_start(&server, listener, on_line, &shared, &o), "o->idle_timeout_ms");
    o.size--;
    REFUSED(polysock_message_server_start(&server, listener, on_line, &shared, &o), "o->size");
    CHECK(server == NULL && READ(shared.released) == 0);
    polysock_free(idle);

    MUST(polysock_message_server_start(&server, listener, on_line, &shared, NULL));
    REFUSED(polysock_message_server_get_stats(server, NULL), "out");
    REFUSED(polysock_message_server_get_stats(server, &stats), "out->size");
    REFUSED(polysock_message_server_stop(server, -3, NULL), "timeout_ms");
    CHECK_IS(polysock_message_server_wait(server, 0), POLYSOCK_EAGAIN);
    CHECK_IS(polysock_message_server_wait(server, 20), POLYSOCK_ETIMEDOUT);
    REFUSED(polysock_message_server_stop(NULL, 0, NULL), "srv");
    REFUSED(polysock_message_server_wait(NULL, 0), "srv");
    REFUSED(polysock_message_server_connections(NULL), "srv");
    polysock_message_server_free(server);
    polysock_message_server_free(NULL);
    polysock_free(listener);

    CHECK(polysock_connection_retain(NULL) == NULL);
    polysock_connection_release(NULL);
    REFUSED(polysock_connection_reply(NULL, "x", 1), "c");
    REFUSED(polysock_connection_send(NULL, "x", 1, 0), "c");
    REFUSED(polysock_connection_close(NULL), "c");
    REFUSED(polysock_connection_abort(NULL), "c");
    REFUSED(polysock_connection_is_closed(NULL), "c");
    REFUSED(polysock_connection_unsent(NULL), "c");
    REFUSED(polysock_connection_peer(NULL, &a), "c");
}

int main(void)
{
    RUN(lines_are_answered_and_the_end_of_the_stream_closes);
    RUN(every_end_has_its_reason);
    RUN(resets_and_stops_have_reasons_too);
    RUN(a_refused_connection_has_no_other_callback);
    RUN(other_threads_send_and_a_slow_reader_is_bounded);
    RUN(a_busy_callback_holds_up_its_own_connection_only);
#ifndef VALGRIND /* which keeps its own limit, and closes what the kernel accepted beyond it */
    RUN(a_busy_on_error_holds_up_no_connection);
    RUN(pauses_begin_short_again_after_a_lack_of_descriptors);
#endif
    RUN(without_a_framing_replies_are_sent_as_they_are);
    RUN(raw_replies_are_not_framed);
    RUN(a_callback_may_stop_or_free_its_server);
    RUN(what_is_missing_or_wrong_is_refused);
    return report();
}
