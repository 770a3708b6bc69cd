/* Timeouts: never early, whatever interrupts. */
#include "harness.h"
#include <signal.h>
#include <sys/time.h>

static char plenty[64 << 20];

TEST(timeouts_are_never_early)
{
    polysock_t *client, *server, *accepted;
    polysock_addr a;
    polysock_t *listener = make_listener("127.0.0.1", &a);
    char buf[4];
    size_t done = 99;
    make_pair(&client, &server);
    static const int times[] = {1, 30, 100};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int ms = times[i];
        long long began = now_us();
        CHECK_IS(polysock_recv(server, buf, 1, 0, ms), POLYSOCK_ETIMEDOUT);
        CHECK_TOOK(began, ms, ms + 2000);
        began = now_us();
        CHECK_IS(polysock_accept(listener, &accepted, NULL, ms), POLYSOCK_ETIMEDOUT);
        CHECK_TOOK(began, ms, ms + 2000);
    }
    /* Bytes in time do not move the deadline. */
    CHECK_IS(polysock_sendall(client, "ab", 2, NULL, 1000), 0);
    long long began = now_us();
    CHECK_IS(polysock_recv_exact(server, buf, 4, &done, 100), POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 100, 2100);
    CHECK_IS(done, 2);
    fill_up(client);
    began = now_us();
    CHECK_IS(polysock_sendall(client, plenty, sizeof plenty, &done, 50), POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 50, 2050);
    CHECK(done < sizeof plenty);
    polysock_free(listener);
    polysock_free(client);
    polysock_free(server);
}

TEST(handle_timeouts)
{
    polysock_t *client, *server;
    char byte;
    make_pair(&client, &server);
    CHECK_IS(polysock_set_timeout(server, 60, 0), 0);
    long long began = now_us();
    CHECK_IS(polysock_recv(server, &byte, 1, 0, POLYSOCK_DEFAULT), POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 60, 2060);
    ssize_t n;
    while ((n = polysock_send(server, plenty, sizeof plenty, 0, POLYSOCK_DEFAULT)) > 0)
        ;
    CHECK_IS(n, POLYSOCK_EAGAIN);
    polysock_free(client);
    polysock_free(server);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

TEST(signals_do_not_move_the_deadline)
{
    polysock_t *client, *server;
    struct sigaction action = {.sa_handler = on_alarm}, before; /* no SA_RESTART */
    struct itimerval every = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
    char byte;
    make_pair(&client, &server);
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &every, NULL);
    long long began = now_us();
    CHECK_IS(polysock_recv(server, &byte, 1, 0, 500), POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 500, 2500);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    CHECK(alarms > 0);
    polysock_free(client);
    polysock_free(server);
}

struct slow_reader {
    polysock_t *s;
    int stop;
    size_t got;
    int code;
};

/* A byte every 100 ms until asked to stop, then all that is left. */
static void read_slowly(void *argument)
{
    struct slow_reader *reader = argument;
    static char buf[65536];
    struct timespec pace = {0, 100000000};
    ssize_t n = 1;
    while (n > 0 && !__atomic_load_n(&reader->stop, __ATOMIC_SEQ_CST)) {
        n = polysock_recv(reader->s, buf, 1, 0, 10000);
        reader->got += n > 0 ? (size_t)n : 0;
        nanosleep(&pace, NULL);
    }
    while (n > 0) {
        n = polysock_recv(reader->s, buf, sizeof buf, 0, 10000);
        reader->got += n > 0 ? (size_t)n : 0;
    }
    reader->code = (int)n;
}

TEST(sendall_to_a_slow_reader_ends_in_time_and_counts_right)
{
    polysock_t *client, *server;
    enum { SIZE = 64 << 20 };
    char *data = calloc(1, SIZE);
    size_t done = 0;
    make_pair(&client, &server);
    struct slow_reader reader = {.s = server};
    struct worker worker;
    start(&worker, read_slowly, &reader);
    long long began = now_us();
    CHECK_IS(polysock_sendall(client, data, SIZE, &done, 1000), POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 1000, 3000);
    CHECK(done > 0 && done < SIZE);
    __atomic_store_n(&reader.stop, 1, __ATOMIC_SEQ_CST);
    CHECK_IS(polysock_close(client), 0);
    join(&worker);
    CHECK_IS(reader.code, 0);
    CHECK_IS(reader.got, done);
    polysock_free(client);
    polysock_free(server);
    free(data);
}

int main(void)
{
    RUN(timeouts_are_never_early);
    RUN(handle_timeouts);
    RUN(signals_do_not_move_the_deadline);
    RUN(sendall_to_a_slow_reader_ends_in_time_and_counts_right);
    return report();
}
