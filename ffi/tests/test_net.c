/* Java's own notions: what java.net promises and BSD sockets do not. */
#include "harness.h"
#include <netinet/in.h>
#include <sys/socket.h>

static int port_of(polysock_t *s)
{
    polysock_addr a;
    MUST(polysock_getsockname(s, &a));
    return polysock_addr_port(&a);
}

TEST(server_socket)
{
    polysock_t *listener, *other, *client, *server;
    char port[8];
    bool on = false;
    MUST(polysock_net_server_socket(&listener, 0, 0, NULL));
    CHECK_IS(polysock_get_reuseaddr(listener, &on), 0);
    CHECK(on);
    CHECK_TEXT(polysock_state(listener), "LISTEN");
    other = (polysock_t *)0x1;
    CHECK_IS(polysock_net_server_socket(&other, port_of(listener), 50, ""), POLYSOCK_EADDRINUSE);
    CHECK_IS(polysock_net_server_socket(&other, 65536, 50, NULL), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_server_socket(&other, -1, 50, NULL), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_server_socket(&other, 0, 50, "\xff"), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_server_socket(NULL, 0, 50, NULL), POLYSOCK_EINVAL);
    CHECK(polysock_net_server_socket(&other, 0, 50, "no.such.host.invalid") <= -2000);
    CHECK(other == (polysock_t *)0x1);
    /* Both versions of IP come to it. */
    snprintf(port, sizeof port, "%d", port_of(listener));
    const char *hosts[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        MUST(polysock_create_connection(&client, hosts[i], port, 10000));
        MUST(polysock_accept(listener, &server, NULL, 10000));
        CHECK_IS(polysock_get_reuseaddr(server, &on), 0);
        CHECK(on);
        polysock_free(server);
        polysock_free(client);
    }
    polysock_free(listener);
}

TEST(the_end_of_the_stream_stays_the_end)
{
    polysock_t *client, *server;
    char buf[4];
    make_pair(&client, &server);
    CHECK_IS(polysock_net_write(server, "ab", 2, NULL), 0);
    CHECK_IS(polysock_net_close(server), 0);
    CHECK_IS(polysock_net_read(client, buf, 1), 1);
    CHECK_IS(polysock_net_read(client, buf, 0), 0);
    CHECK_IS(polysock_net_read(client, buf, 4), 1);
    CHECK_IS(polysock_net_read(client, buf, 4), POLYSOCK_EEOF);
    CHECK_IS(polysock_net_read(client, buf, 4), POLYSOCK_EEOF);
    CHECK_IS(polysock_net_close(client), 0);
    CHECK_IS(polysock_net_read(client, buf, 4), POLYSOCK_EEOF);
    CHECK_IS(polysock_net_read(server, buf, 4), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_net_read(server, buf, 4), POLYSOCK_ECLOSED);
    polysock_free(client);
    polysock_free(server);
}

TEST(a_reset_stays_a_reset)
{
    polysock_t *client, *server;
    char buf[4] = "";
    size_t done = 99;
    make_pair(&client, &server);
    CHECK_IS(polysock_net_set_so_linger(server, true, 0), 0);
    CHECK_IS(polysock_net_close(server), 0);
    for (int i = 0; i < 3; i++)
        CHECK_IS(polysock_net_read(client, buf, 4), POLYSOCK_ECONNRESET);
    CHECK_IS(polysock_net_write(client, buf, 4, &done), POLYSOCK_EPIPE);
    CHECK_IS(done, 0);
    CHECK_IS(polysock_net_close(client), 0);
    CHECK_IS(polysock_net_read(client, buf, 4), POLYSOCK_ECLOSED);
    polysock_free(client);
    polysock_free(server);
}

TEST(close_sends_fin_first)
{
    polysock_t *client, *server;
    char buf[16];
    make_pair(&client, &server);
    CHECK_IS(polysock_net_write(server, "never read", 10, NULL), 0);
    CHECK_IS(polysock_net_write(client, "last", 4, NULL), 0);
    CHECK_IS(polysock_net_read(client, buf, 1), 1);
    CHECK_IS(polysock_net_close(client), 0);
    CHECK_IS(polysock_net_close(client), 0);
    CHECK_IS(polysock_net_read(server, buf, sizeof buf), 4);
    CHECK_IS(polysock_net_read(server, buf, sizeof buf), POLYSOCK_EEOF);
    polysock_free(client);
    polysock_free(server);
}

TEST(so_timeout_is_for_reads_and_accept)
{
    polysock_t *client, *server, *listener, *none;
    char buf[4];
    int ms = 99;
    make_pair(&client, &server);
    CHECK_IS(polysock_net_get_so_timeout(client, &ms), 0);
    CHECK_IS(ms, 0);
    CHECK_IS(polysock_net_set_so_timeout(client, -1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_set_so_timeout(client, 30), 0);
    CHECK_IS(polysock_net_get_so_timeout(client, &ms), 0);
    CHECK_IS(ms, 30);
    long long began = now_us();
    CHECK_IS(polysock_net_read(client, buf, 4), POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 30, 5000 * SLOWNESS);
    CHECK_IS(polysock_net_write(server, "x", 1, NULL), 0);
    CHECK_IS(polysock_net_read(client, buf, 4), 1);
    CHECK_IS(polysock_net_set_so_timeout(client, 0), 0); /* for ever, not at once */
    CHECK_IS(polysock_net_write(server, "y", 1, NULL), 0);
    CHECK_IS(polysock_net_read(client, buf, 4), 1);
    MUST(polysock_net_server_socket(&listener, 0, 50, "127.0.0.1"));
    CHECK_IS(polysock_net_set_so_timeout(listener, 30), 0);
    CHECK_IS(polysock_accept(listener, &none, NULL, POLYSOCK_DEFAULT), POLYSOCK_ETIMEDOUT);
    CHECK_IS(polysock_close(client), 0);
    CHECK_IS(polysock_net_set_so_timeout(client, 30), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_net_get_so_timeout(client, &ms), POLYSOCK_ECLOSED);
    polysock_free(listener);
    polysock_free(client);
    polysock_free(server);
}

static void drain(void *server)
{
    static char buf[65536];
    ssize_t n;
    while ((n = polysock_net_read(server, buf, sizeof buf)) > 0)
        ;
    CHECK_IS(n, POLYSOCK_EEOF);
}

TEST(write_has_no_time_limit)
{
    static char much[8 << 20];
    polysock_t *client, *server;
    struct worker reader;
    size_t done = 0;
    make_pair(&client, &server);
    CHECK_IS(polysock_set_timeout(client, 1, 1), 0);
    fill_up(client);
    start(&reader, drain, server);
    CHECK_IS(polysock_net_write(client, much, sizeof much, &done), 0);
    CHECK_IS(done, sizeof much);
    CHECK_IS(polysock_net_shutdown_output(client), 0);
    join(&reader);
    polysock_free(client);
    polysock_free(server);
}

TEST(so_linger)
{
    polysock_t *client, *server;
    int seconds = 99;
    make_pair(&client, &server);
    CHECK_IS(polysock_net_get_so_linger(client, &seconds), 0);
    CHECK_IS(seconds, -1);
    CHECK_IS(polysock_net_set_so_linger(client, true, 100000), 0);
    CHECK_IS(polysock_net_get_so_linger(client, &seconds), 0);
    CHECK_IS(seconds, 65535);
    CHECK_IS(polysock_net_set_so_linger(client, true, -1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_set_so_linger(client, false, -5), 0);
    CHECK_IS(polysock_net_get_so_linger(client, &seconds), 0);
    CHECK_IS(seconds, -1);
    CHECK_IS(polysock_net_get_so_linger(client, NULL), POLYSOCK_EINVAL);
    polysock_free(client);
    polysock_free(server);
}

TEST(halves)
{
    polysock_t *client, *server, *fresh;
    bool listens = false;
    char buf[16];
    size_t available = 0;
    make_pair(&client, &server);
    CHECK_IS(polysock_net_write(server, "dropped", 7, NULL), 0);
    for (long long end = now_us() + 20 * 1000000LL; available < 7 && now_us() < end; sleep_1ms())
        CHECK_IS(polysock_available(client, &available), 0);
    CHECK_IS(polysock_net_shutdown_input(client), 0);
    CHECK_IS(polysock_net_shutdown_input(client), 0);
    CHECK_IS(polysock_net_read(client, buf, sizeof buf), POLYSOCK_EEOF);
    CHECK_IS(polysock_net_write(server, "the peer does not see", 21, NULL), 0);
    CHECK_IS(polysock_net_write(client, "sent", 4, NULL), 0);
    CHECK_IS(polysock_net_shutdown_output(client), 0);
    CHECK_IS(polysock_net_shutdown_output(client), 0);
    CHECK_IS(polysock_net_write(client, "late", 4, NULL), POLYSOCK_EPIPE);
    CHECK_IS(polysock_net_read(server, buf, sizeof buf), 4);
    CHECK_IS(polysock_net_read(server, buf, sizeof buf), POLYSOCK_EEOF);
    CHECK_IS(polysock_net_close(client), 0);
    CHECK_IS(polysock_net_shutdown_input(client), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_net_shutdown_output(client), POLYSOCK_ECLOSED);
    polysock_free(client);
    polysock_free(server);
    MUST(polysock_socket(&fresh, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_net_shutdown_input(fresh), POLYSOCK_ENOTCONN);
    CHECK_IS(polysock_net_shutdown_output(fresh), POLYSOCK_ENOTCONN);
    CHECK_IS(polysock_net_write(fresh, NULL, 0, NULL), 0);
    polysock_free(fresh);
    /* A listener has none, and goes on listening. */
    MUST(polysock_net_server_socket(&server, 0, 1, "127.0.0.1"));
    CHECK_IS(polysock_net_shutdown_input(server), POLYSOCK_ENOTCONN);
    CHECK_IS(polysock_net_shutdown_output(server), POLYSOCK_ENOTCONN);
    CHECK(polysock_get_acceptconn(server, &listens) == 0 && listens);
    polysock_free(server);
}

struct reading {
    polysock_t *s;
    ssize_t result;
};

static void read_one(void *argument)
{
    struct reading *reading = argument;
    char byte;
    reading->result = polysock_net_read(reading->s, &byte, 1);
}

TEST(readers_take_turns)
{
    polysock_t *client, *server;
    make_pair(&client, &server);
    struct reading first = {client, 99}, second = {client, 99};
    struct worker a, b;
    start_blocked(&a, read_one, &first);
    CHECK_IS(polysock_net_set_so_timeout(client, 50), 0);
    /* The first waits for ever, the second for its turn, and that counts. */
    start(&b, read_one, &second);
    join(&b);
    CHECK_IS(second.result, POLYSOCK_ETIMEDOUT);
    CHECK_IS(polysock_net_write(server, "x", 1, NULL), 0);
    join(&a);
    CHECK_IS(first.result, 1);
    polysock_free(client);
    polysock_free(server);
}

static void wake_by(int (*end)(polysock_t *), ssize_t expected)
{
    polysock_t *client, *server;
    make_pair(&client, &server);
    struct reading first = {client, 99}, second = {client, 99};
    struct worker a, b;
    start_blocked(&a, read_one, &first);
    start_blocked(&b, read_one, &second);
    CHECK_IS(end(client), 0);
    join(&a);
    join(&b);
    CHECK_IS(first.result, expected);
    CHECK_IS(second.result, expected);
    polysock_free(client);
    polysock_free(server);
}

TEST(close_wakes_readers)
{
    wake_by(polysock_net_close, POLYSOCK_ECLOSED);
    wake_by(polysock_close, POLYSOCK_ECLOSED);
}

TEST(shutdown_input_wakes_readers)
{
    wake_by(polysock_net_shutdown_input, POLYSOCK_EEOF);
}

TEST(misuse)
{
    char buf[4] = "";
    int number = 99;
    size_t done = 99;
    CHECK_IS(polysock_net_read(NULL, buf, 4), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_write(NULL, buf, 4, &done), POLYSOCK_EINVAL);
    CHECK_IS(done, 0);
    CHECK_IS(polysock_net_set_so_timeout(NULL, 1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_get_so_timeout(NULL, &number), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_set_so_linger(NULL, true, 1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_get_so_linger(NULL, &number), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_shutdown_input(NULL), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_shutdown_output(NULL), POLYSOCK_EINVAL);
    CHECK_IS(number, 99);
    polysock_t *client, *server;
    make_pair(&client, &server);
    CHECK_IS(polysock_net_read(client, NULL, 4), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_write(client, NULL, 4, NULL), POLYSOCK_EINVAL);
    CHECK_IS(polysock_net_get_so_timeout(client, NULL), POLYSOCK_EINVAL);
    polysock_free(client);
    polysock_free(server);
}

int main(void)
{
    RUN(server_socket);
    RUN(the_end_of_the_stream_stays_the_end);
    RUN(a_reset_stays_a_reset);
    RUN(close_sends_fin_first);
    RUN(so_timeout_is_for_reads_and_accept);
    RUN(write_has_no_time_limit);
    RUN(so_linger);
    RUN(halves);
    RUN(readers_take_turns);
    RUN(close_wakes_readers);
    RUN(shutdown_input_wakes_readers);
    RUN(misuse);
    return report();
}
