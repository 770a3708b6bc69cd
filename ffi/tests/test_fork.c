/* Fork: a child's copies are its own, and the parent notices nothing. A child reports through its exit code. */
#include "harness.h"
#include <signal.h>

TEST(child_closes_its_copies)
{
    polysock_t *client, *server;
    char buf[4];
    make_pair(&client, &server);
    pid_t child = fork();
    if (child == 0) {
        int bad = polysock_close(client) != 0;
        bad |= polysock_recv(client, buf, 1, 0, 0) != POLYSOCK_ECLOSED;
        polysock_free(client);
        polysock_free(server);
        _exit(bad);
    }
    CHECK_IS(wait_child(child), 0);
    CHECK_IS(polysock_sendall(client, "here", 4, NULL, 10000), 0);
    CHECK_IS(polysock_recv_exact(server, buf, 4, NULL, 10000), 0);
    CHECK_TEXT(polysock_state(server), "ESTABLISHED");
    polysock_free(client);
    polysock_free(server);
}

struct call {
    polysock_t *s;
    char byte;
    long long result;
};

static void do_recv(void *argument)
{
    struct call *call = argument;
    call->result = polysock_recv(call->s, &call->byte, 1, 0, 30000);
}

/* The child inherits a count of calls that will never leave in it. */
TEST(child_of_a_process_with_a_call_inside)
{
    polysock_t *client, *server;
    make_pair(&client, &server);
    struct call call = {.s = server};
    struct worker worker;
    start_blocked(&worker, do_recv, &call);
    long long began = now_us();
    pid_t child = fork();
    if (child == 0) {
        char byte;
        int bad = polysock_recv(server, &byte, 1, 0, 20) != POLYSOCK_ETIMEDOUT;
        bad |= (polysock_sendall(server, "c", 1, NULL, 10000) != 0) << 1;
        long long closing = now_us();
        bad |= (polysock_close(server) != 0) << 2;
        bad |= (now_us() - closing > 900000 * SLOWNESS) << 3; /* must not wait for the parent */
        polysock_free(server);
        polysock_free(client);
        _exit(bad);
    }
    CHECK_IS(wait_child(child), 0);
    CHECK(now_us() - began < 20 * 1000000LL);
    CHECK(!worker.ended);
    CHECK_IS(polysock_sendall(client, "p", 1, NULL, 10000), 0);
    join(&worker);
    CHECK_IS(call.result, 1);
    CHECK_IS(polysock_recv(client, &call.byte, 1, 0, 10000), 1);
    CHECK_IS(call.byte, 'c');
    polysock_free(client);
    polysock_free(server);
}

static void close_when_blocked(void *argument)
{
    struct call *call = argument;
    wait_blocked(getpid(), getpid()); /* the main thread's id is the process's */
    call->result = polysock_close(call->s);
}

/* Two workers accept on one listener. One closes its copy while it waits; the other goes on serving. */
TEST(two_workers_on_one_listener)
{
    polysock_addr a;
    polysock_t *listener = make_listener("127.0.0.1", &a), *s;
    pid_t quitter = fork();
    if (quitter == 0) {
        struct call call = {.s = listener, .result = -1};
        struct worker worker;
        start(&worker, close_when_blocked, &call);
        int code = polysock_accept(listener, &s, NULL, 30000);
        join(&worker);
        _exit(code != POLYSOCK_ECLOSED || call.result != 0);
    }
    pid_t server = fork();
    if (server == 0) {
        int bad = 0;
        for (int i = 0; i < 3 && bad == 0; i++) {
            bad = polysock_accept(listener, &s, NULL, 30000) != 0 || polysock_sendall(s, "ok", 2, NULL, 10000) != 0;
            polysock_free(s);
        }
        _exit(bad);
    }
    CHECK_IS(wait_child(quitter), 0);
    for (int i = 0; i < 3; i++) {
        char buf[2];
        MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
        CHECK_IS(polysock_connect(s, &a, 10000), 0);
        CHECK_IS(polysock_recv_exact(s, buf, 2, NULL, 10000), 0);
        polysock_free(s);
    }
    CHECK_IS(wait_child(server), 0);
    CHECK_TEXT(polysock_state(listener), "LISTEN");
    polysock_free(listener);
}

/* As after daemon(3): what was registered before is reported in the child, which frees what it inherits. */
TEST(a_child_goes_on_with_a_poller)
{
    polysock_t *client, *server;
    polysock_poller *poller;
    polysock_event event;
    make_pair(&client, &server);
    MUST(polysock_poller_new(&poller));
    MUST(polysock_poller_add(poller, server, 7, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL));
    pid_t child = fork();
    if (child == 0) {
        int before = open_descriptors();
        int bad = polysock_sendall(client, "x", 1, NULL, 10000) != 0;
        bad |= polysock_poller_wait(poller, &event, 1, 30000) != 1 || event.token != 7;
        bad |= (open_descriptors() != before) << 1;
        polysock_poller_free(poller);
        bad |= (open_descriptors() != before - 2) << 2;
        _exit(bad);
    }
    CHECK_IS(wait_child(child), 0);
    CHECK_IS(polysock_poller_wait(poller, &event, 1, 10000), 1);
    child = fork();
    if (child == 0) {
        int before = open_descriptors();
        polysock_poller_free(poller);
        _exit(open_descriptors() != before - 2);
    }
    CHECK_IS(wait_child(child), 0);
    CHECK_IS(polysock_poller_wait(poller, &event, 1, 10000), 1);
    polysock_poller_free(poller);
    polysock_free(client);
    polysock_free(server);
}

static int nothing(polysock_t *connection UNUSED, const polysock_addr *peer UNUSED, void *user UNUSED)
{
    return 0;
}

TEST(waiting_for_a_server_in_a_child_fails)
{
    polysock_addr a;
    polysock_t *listener = make_listener("127.0.0.1", &a);
    polysock_server *server;
    MUST(polysock_server_start(&server, listener, nothing, NULL, NULL));
    pid_t child = fork();
    if (child == 0) {
        int bad = polysock_server_wait(server, POLYSOCK_INFINITE) != POLYSOCK_ECLOSED;
        bad |= (strstr(polysock_last_detail(), "after a fork, which copies no threads") == NULL) << 1;
        bad |= (polysock_server_stop(server, 0, NULL) != 0 || polysock_server_wait(server, 30000) != 0) << 2;
        _exit(bad);
    }
    CHECK_IS(wait_child(child), 0);
    CHECK_IS(polysock_server_wait(server, 0), POLYSOCK_EAGAIN);
    polysock_server_free(server);
    polysock_free(listener);
}

int main(void)
{
    RUN(child_closes_its_copies);
    RUN(child_of_a_process_with_a_call_inside);
    RUN(two_workers_on_one_listener);
    RUN(a_child_goes_on_with_a_poller);
    RUN(waiting_for_a_server_in_a_child_fails);
    return report();
}
