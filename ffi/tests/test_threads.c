/* Threads: close wakes, free leaves memory to calls inside, sendall does not interleave. */
#include "harness.h"
#include <signal.h>

struct call {
    polysock_t *s;
    polysock_addr a;
    char *buf;
    size_t n, done;
    long long result;
};

static void do_recv(void *argument)
{
    struct call *call = argument;
    call->result = polysock_recv(call->s, call->buf, call->n, 0, POLYSOCK_INFINITE);
}

static void do_timed_recv(void *argument)
{
    struct call *call = argument;
    call->result = polysock_recv(call->s, call->buf, call->n, 0, 30000);
}

static void do_recv_exact(void *argument)
{
    struct call *call = argument;
    call->result = polysock_recv_exact(call->s, call->buf, call->n, &call->done, POLYSOCK_INFINITE);
}

static void do_send(void *argument)
{
    struct call *call = argument;
    call->result = polysock_send(call->s, call->buf, call->n, 0, POLYSOCK_INFINITE);
}

static void do_sendall(void *argument)
{
    struct call *call = argument;
    call->result = polysock_sendall(call->s, call->buf, call->n, &call->done, POLYSOCK_INFINITE);
}

static void do_accept(void *argument)
{
    struct call *call = argument;
    polysock_t *accepted;
    call->result = polysock_accept(call->s, &accepted, &call->a, POLYSOCK_INFINITE);
}

static void do_connect(void *argument)
{
    struct call *call = argument;
    call->result = polysock_connect(call->s, &call->a, POLYSOCK_INFINITE);
}

/* Whether a call that blocks ends with ECLOSED, and how soon after `end`. */
static void check_woken(void (*run)(void *), struct call *call, int (*end)(polysock_t *))
{
    struct worker worker;
    start_blocked(&worker, run, call);
    long long began = now_us();
    CHECK_IS(end(call->s), 0);
    long long closed = now_us();
    join(&worker);
    /* Progress wins: a send that has moved bytes says so. */
    if (!(run == do_send && call->result > 0))
        CHECK_IS(call->result, POLYSOCK_ECLOSED);
    CHECK(worker.ended_us - began < 900000 * SLOWNESS);
    CHECK(closed - began < 900000 * SLOWNESS); /* it does not wait out its patience of a second */
}

static void woken_in_receive(void (*run)(void *), int (*end)(polysock_t *))
{
    polysock_t *client, *server;
    char buf[4];
    make_pair(&client, &server);
    struct call call = {.s = server, .buf = buf, .n = sizeof buf};
    check_woken(run, &call, end);
    polysock_free(client);
    polysock_free(server);
}

TEST(close_wakes_recv)
{
    woken_in_receive(do_recv, polysock_close);
    woken_in_receive(do_timed_recv, polysock_close);
    woken_in_receive(do_recv_exact, polysock_close);
}

TEST(abort_and_net_close_wake_recv)
{
    woken_in_receive(do_recv, polysock_abort);
    woken_in_receive(do_recv, polysock_net_close);
}

static void woken_in_send(void (*run)(void *))
{
    polysock_t *client, *server;
    static char data[1 << 20];
    make_pair(&client, &server);
    fill_up(client);
    struct call call = {.s = client, .buf = data, .n = sizeof data};
    check_woken(run, &call, polysock_close);
    CHECK(call.done < sizeof data);
    polysock_free(client);
    polysock_free(server);
}

TEST(close_wakes_send)
{
    woken_in_send(do_send);
    woken_in_send(do_sendall);
}

TEST(close_wakes_accept)
{
    struct call call;
    call.s = make_listener("127.0.0.1", &call.a);
    check_woken(do_accept, &call, polysock_close);
    polysock_free(call.s);
}

/* A listener whose queue is full leaves a connect waiting. */
TEST(close_wakes_connect)
{
    polysock_addr a;
    polysock_t *listener, *queued[8];
    struct call call;
    int count = 0;
    MUST(polysock_create_server(&listener, "127.0.0.1", "0", 0));
    MUST(polysock_getsockname(listener, &a));
    do {
        MUST(polysock_socket(&queued[count], POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    } while (polysock_connect(queued[count++], &a, 100) == 0 && count < 8);
    call.a = a;
    MUST(polysock_socket(&call.s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    check_woken(do_connect, &call, polysock_close);
    polysock_free(call.s);
    while (count > 0)
        polysock_free(queued[--count]);
    polysock_free(listener);
}

TEST(detach_is_refused_while_a_call_is_inside)
{
    polysock_t *client, *server;
    char byte;
    make_pair(&client, &server);
    struct call call = {.s = server, .buf = &byte, .n = 1};
    struct worker worker;
    start_blocked(&worker, do_recv, &call);
    CHECK_IS(polysock_detach(server), POLYSOCK_EBUSY);
    CHECK(!polysock_is_closed(server));
    CHECK_IS(polysock_sendall(client, "x", 1, NULL, 10000), 0);
    join(&worker);
    CHECK_IS(call.result, 1);
    polysock_free(client);
    polysock_free(server);
}

static int free_it(polysock_t *s)
{
    polysock_free(s);
    return 0;
}

/* Under valgrind and the address sanitizer this shows that the call inside keeps its memory. */
TEST(free_while_calls_are_inside)
{
    for (int i = 0; i < 20; i++) {
        polysock_t *client, *server;
        char buf[2];
        make_pair(&client, &server);
        struct call one = {.s = server, .buf = buf, .n = 1}, two = {.s = server, .buf = buf + 1, .n = 1};
        struct worker worker;
        start_blocked(&worker, do_recv, &one);
        check_woken(do_timed_recv, &two, free_it);
        join(&worker);
        CHECK_IS(one.result, POLYSOCK_ECLOSED);
        polysock_free(client);
    }
}

static int in_handler, go_on;

static void stay(int number)
{
    (void)number;
    __atomic_store_n(&in_handler, 1, __ATOMIC_SEQ_CST);
    for (long long end = now_us() + 20 * 1000000LL; now_us() < end && !__atomic_load_n(&go_on, __ATOMIC_SEQ_CST);)
        sleep_1ms();
}

/* A signal handler keeps a call inside longer than close has patience (a second): the call still has its memory, and is
 * the one that closes the descriptor. */
TEST(free_while_a_call_is_stuck)
{
    struct sigaction action = {.sa_handler = stay}, before;
    polysock_t *client, *server;
    char byte;
    sigaction(SIGUSR1, &action, &before);
    make_pair(&client, &server);
    struct call call = {.s = server, .buf = &byte, .n = 1};
    struct worker worker;
    start_blocked(&worker, do_recv, &call);
    pthread_kill(worker.thread, SIGUSR1);
    while (!__atomic_load_n(&in_handler, __ATOMIC_SEQ_CST))
        sched_yield();
    polysock_free(server);
    __atomic_store_n(&go_on, 1, __ATOMIC_SEQ_CST);
    join(&worker);
    CHECK_IS(call.result, POLYSOCK_ECLOSED);
    CHECK_IS(polysock_recv(client, &byte, 1, 0, 10000), 0);
    polysock_free(client);
    sigaction(SIGUSR1, &before, NULL);
}

/* One sends, the others wait for their turn, which each gives back after it has left the handle. */
TEST(free_while_senders_are_inside)
{
    static char data[1 << 20];
    for (int i = 0; i < 20; i++) {
        polysock_t *client, *server;
        struct call calls[3];
        struct worker workers[3];
        make_pair(&client, &server);
        fill_up(client);
        for (int w = 0; w < 3; w++) {
            calls[w] = (struct call){.s = client, .buf = data, .n = sizeof data};
            start_blocked(&workers[w], do_sendall, &calls[w]);
        }
        polysock_free(client);
        for (int w = 0; w < 3; w++) {
            join(&workers[w]);
            CHECK_IS(calls[w].result, POLYSOCK_ECLOSED);
            /* The kernel takes odd bytes after it has been full; those that wait for their turn send none. */
            CHECK(calls[w].done < sizeof data && (w == 0 || calls[w].done == 0));
        }
        polysock_free(server);
    }
}

static void close_many_times(void *argument)
{
    for (int i = 0; i < 100; i++)
        if (polysock_close(argument) != 0)
            fail(__FILE__, __LINE__, "close again");
}

TEST(any_thread_may_close_any_number_of_times)
{
    for (int i = 0; i < 20; i++) {
        polysock_t *client, *server;
        struct worker workers[3];
        make_pair(&client, &server);
        for (int w = 0; w < 3; w++)
            start(&workers[w], close_many_times, server);
        for (int w = 0; w < 3; w++)
            join(&workers[w]);
        CHECK(polysock_is_closed(server));
        polysock_free(client);
        polysock_free(server);
    }
}

enum { WRITERS = 3, BLOCK = 100000, ROUNDS = 5 };

struct writer {
    polysock_t *s;
    char letter;
};

static void write_blocks(void *argument)
{
    struct writer *writer = argument;
    char *block = malloc(BLOCK);
    memset(block, writer->letter, BLOCK);
    for (int i = 0; i < ROUNDS; i++)
        CHECK_IS(polysock_sendall(writer->s, block, BLOCK, NULL, 30000), 0);
    free(block);
}

TEST(sendall_does_not_interleave)
{
    polysock_t *client, *server;
    struct writer writers[WRITERS];
    struct worker workers[WRITERS];
    char *block = malloc(BLOCK);
    make_pair(&client, &server);
    for (int w = 0; w < WRITERS; w++) {
        writers[w] = (struct writer){client, (char)('a' + w)};
        start(&workers[w], write_blocks, &writers[w]);
    }
    for (int i = 0; i < WRITERS * ROUNDS; i++) {
        CHECK_IS(polysock_recv_exact(server, block, BLOCK, NULL, 30000), 0);
        CHECK(memcmp(block, block + 1, BLOCK - 1) == 0);
    }
    for (int w = 0; w < WRITERS; w++)
        join(&workers[w]);
    free(block);
    polysock_free(client);
    polysock_free(server);
}

int main(void)
{
    RUN(close_wakes_recv);
    RUN(abort_and_net_close_wake_recv);
    RUN(close_wakes_send);
    RUN(close_wakes_accept);
    RUN(close_wakes_connect);
    RUN(detach_is_refused_while_a_call_is_inside);
    RUN(free_while_calls_are_inside);
    RUN(free_while_a_call_is_stuck);
    RUN(free_while_senders_are_inside);
    RUN(any_thread_may_close_any_number_of_times);
    RUN(sendall_does_not_interleave);
    return report();
}
