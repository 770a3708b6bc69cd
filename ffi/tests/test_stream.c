/* Bytes over connections: echo, exact reads, ends and options. */
#include "harness.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/resource.h>

static void echo(void *argument)
{
    polysock_t *s;
    char buf[8192];
    ssize_t n;
    if (!CHECK_IS(polysock_accept(argument, &s, NULL, 10000), 0))
        return;
    while ((n = polysock_recv(s, buf, sizeof buf, 0, 10000)) > 0)
        if (polysock_sendall(s, buf, (size_t)n, NULL, 10000) < 0)
            break;
    CHECK_IS(n, 0);
    polysock_free(s);
}

static void echo_over(const char *host)
{
    polysock_addr a, name, peer;
    polysock_t *listener = make_listener(host, &a), *s;
    struct worker worker;
    char text[POLYSOCK_ADDR_TEXT_SIZE], there[] = "to and fro", back[sizeof there];
    size_t done = 99;
    start(&worker, echo, listener);
    CHECK(polysock_addr_format(&a, text, sizeof text) > 0);
    CHECK_IS(polysock_create_connection(&s, text, NULL, 10000), 0); /* "host:80" */
    CHECK_IS(polysock_sendall(s, there, sizeof there, &done, 10000), 0);
    CHECK_IS(done, sizeof there);
    CHECK_IS(polysock_recv_exact(s, back, sizeof back, &done, 10000), 0);
    CHECK_IS(done, sizeof there);
    CHECK_TEXT(back, there);
    CHECK_IS(polysock_getpeername(s, &peer), 0);
    CHECK(polysock_addr_equal(&peer, &a));
    CHECK_IS(polysock_getsockname(s, &name), 0);
    CHECK(!polysock_addr_equal(&name, &a));
    CHECK_TEXT(polysock_state(s), "ESTABLISHED");
    CHECK_TEXT(polysock_state(listener), "LISTEN");
    CHECK_IS(polysock_shutdown(s, POLYSOCK_SHUT_WR), 0);
    CHECK_IS(polysock_recv(s, back, sizeof back, 0, 10000), 0);
    join(&worker);
    polysock_free(s);
    polysock_free(listener);
}

TEST(echo_ipv4)
{
    echo_over("127.0.0.1");
}

TEST(echo_ipv6)
{
    echo_over("::1");
}

TEST(every_interface_takes_both_families)
{
    polysock_addr a;
    polysock_t *listener = make_listener("", &a), *client, *server;
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    char port[8];
    snprintf(port, sizeof port, "%u", polysock_addr_port(&a));
    for (int i = 0; i < 2; i++) {
        CHECK_IS(polysock_create_connection(&client, hosts[i], port, 10000), 0);
        CHECK_IS(polysock_accept(listener, &server, &a, 10000), 0);
        polysock_free(client);
        polysock_free(server);
    }
    polysock_free(listener);
}

TEST(ends_of_stream)
{
    polysock_t *client, *server;
    char buf[8] = "unread";
    size_t done = 99;
    make_pair(&client, &server);
    CHECK_IS(polysock_sendall(client, "abc", 3, NULL, 10000), 0);
    CHECK_IS(polysock_shutdown(client, POLYSOCK_SHUT_WR), 0);
    CHECK_IS(polysock_recv_exact(server, buf, 8, &done, 10000), POLYSOCK_ETRUNCATED);
    CHECK_IS(done, 3);
    CHECK(memcmp(buf, "abc", 3) == 0);
    CHECK_IS(polysock_recv_exact(server, buf, 8, &done, 10000), POLYSOCK_EEOF);
    CHECK_IS(done, 0);
    CHECK_IS(polysock_recv(server, buf, 8, 0, 10000), 0);
    polysock_free(client);
    polysock_free(server);
}

TEST(zero_lengths_need_no_buffer)
{
    polysock_t *client, *server;
    size_t done = 99;
    char byte = 0;
    make_pair(&client, &server);
    CHECK_IS(polysock_send(client, NULL, 0, 0, 0), 0);
    CHECK_IS(polysock_recv(server, NULL, 0, 0, 0), 0);
    CHECK_IS(polysock_sendall(client, NULL, 0, &done, 0), 0);
    CHECK_IS(done, 0);
    done = 99;
    CHECK_IS(polysock_recv_exact(server, NULL, 0, &done, 0), 0);
    CHECK_IS(done, 0);
    CHECK_IS(polysock_recv(server, &byte, 1, 0, 0), POLYSOCK_EAGAIN);
    polysock_free(client);
    polysock_free(server);
}

TEST(flags)
{
    polysock_t *client, *server;
    char buf[8];
    make_pair(&client, &server);
    CHECK_IS(polysock_recv(server, buf, 1, POLYSOCK_MSG_DONTWAIT, 10000), POLYSOCK_EAGAIN);
    CHECK_IS(polysock_sendall(client, "ab", 2, NULL, 10000), 0);
    CHECK_IS(polysock_recv(server, buf, 2, POLYSOCK_MSG_PEEK | POLYSOCK_MSG_WAITALL, 10000), 2);
    CHECK_IS(polysock_recv(server, buf, 2, POLYSOCK_MSG_WAITALL, 10000), 2);
    CHECK_IS(polysock_recv(server, buf, 8, POLYSOCK_MSG_WAITALL, 20), POLYSOCK_ETIMEDOUT);
    polysock_free(client);
    polysock_free(server);
}

/* SIGPIPE at its default would end this program. */
TEST(epipe_without_sigpipe)
{
    polysock_t *client, *server;
    struct sigaction before[NSIG], after;
    char buf[1];
    size_t done = 99;
    signal(SIGPIPE, SIG_DFL);
    for (int i = 1; i < NSIG; i++)
        if (sigaction(i, NULL, &before[i]) < 0)
            before[i].sa_handler = SIG_ERR;
    make_pair(&client, &server);
    CHECK_IS(polysock_sendall(client, "unread", 6, NULL, 10000), 0);
    CHECK_IS(polysock_recv(server, buf, 1, POLYSOCK_MSG_PEEK, 10000), 1);
    CHECK_IS(polysock_abort(server), 0);
    CHECK_IS(polysock_recv(client, buf, 1, 0, 10000), POLYSOCK_ECONNRESET);
    CHECK_IS(polysock_send(client, "x", 1, 0, 10000), POLYSOCK_EPIPE);
    CHECK_IS(polysock_sendall(client, "x", 1, &done, 10000), POLYSOCK_EPIPE);
    CHECK_IS(done, 0);
    polysock_free(client);
    polysock_free(server);
    for (int i = 1; i < NSIG; i++)
        if (before[i].sa_handler != SIG_ERR && sigaction(i, NULL, &after) == 0)
            CHECK(after.sa_handler == before[i].sa_handler && after.sa_flags == before[i].sa_flags);
}

/* How a peer sees the end when there is unread input. */
static ssize_t end_seen_after(int (*end)(polysock_t *))
{
    polysock_t *client, *server;
    char buf[8];
    make_pair(&client, &server);
    CHECK_IS(polysock_sendall(client, "unread", 6, NULL, 10000), 0);
    CHECK_IS(polysock_recv(server, buf, 1, POLYSOCK_MSG_PEEK, 10000), 1);
    CHECK_IS(polysock_sendall(server, "answer", 6, NULL, 10000), 0);
    CHECK_IS(end(server), 0);
    CHECK(polysock_is_closed(server));
    CHECK_IS(end(server), 0);
    CHECK_IS(polysock_recv_exact(client, buf, 6, NULL, 10000), 0);
    CHECK(memcmp(buf, "answer", 6) == 0);
    ssize_t seen = polysock_recv(client, buf, 1, 0, 10000);
    polysock_free(client);
    polysock_free(server);
    return seen;
}

TEST(ends_seen_by_the_peer)
{
    CHECK_IS(end_seen_after(polysock_close), POLYSOCK_ECONNRESET);
    CHECK_IS(end_seen_after(polysock_net_close), 0);
}

TEST(descriptors_lent_given_and_adopted)
{
    polysock_t *client, *server, *other = NULL;
    char buf[8] = "";
    make_pair(&client, &server);
    int fd = polysock_fileno(client);
    CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((fcntl(polysock_fileno(server), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_IS(polysock_detach(client), fd);
    CHECK(polysock_is_closed(client));
    CHECK_IS(polysock_detach(client), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_fileno(client), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_close(client), 0);
    polysock_free(client);
    CHECK_IS(polysock_from_fd(&other, fd), 0);
    CHECK_IS(polysock_fileno(other), fd);
    CHECK_IS(polysock_sendall(other, "still", 5, NULL, 10000), 0);
    CHECK_IS(polysock_recv_exact(server, buf, 5, NULL, 10000), 0);
    CHECK_TEXT(buf, "still");
    polysock_free(other);
    polysock_free(server);
    /* What is no socket stays the caller's, and open. */
    other = (polysock_t *)&buf;
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK_IS(polysock_from_fd(&other, fd), POLYSOCK_ENOTSOCK);
    CHECK(other == (polysock_t *)&buf);
    CHECK_IS(write(fd, "x", 1), 1);
    CHECK_IS(close(fd), 0);
    CHECK_IS(polysock_from_fd(&other, fd), POLYSOCK_EBADF);
    CHECK_IS(polysock_from_fd(&other, -1), POLYSOCK_EBADF);
}

TEST(options)
{
    polysock_t *s;
    struct linger linger;
    int value = 0, idle = 0, interval = 0, count = 0, recv_ms = 0, send_ms = 0;
    bool on = true;
    size_t len = sizeof value;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_get_nodelay(s, &on), 0);
    CHECK(!on);
    CHECK_IS(polysock_set_nodelay(s, true), 0);
    CHECK_IS(polysock_get_nodelay(s, &on), 0);
    CHECK(on);
    CHECK_IS(polysock_getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
    CHECK(value != 0 && len == sizeof value);
    CHECK_IS(polysock_set_reuseaddr(s, true), 0);
    CHECK_IS(polysock_get_reuseaddr(s, &on), 0);
    CHECK(on);
    CHECK_IS(polysock_get_linger(s, &value), 0);
    CHECK_IS(value, POLYSOCK_LINGER_OFF);
    CHECK_IS(polysock_set_linger(s, 3), 0);
    CHECK_IS(polysock_get_linger(s, &value), 0);
    CHECK_IS(value, 3);
    len = sizeof linger;
    CHECK_IS(polysock_getsockopt(s, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
    CHECK(len == sizeof linger && linger.l_onoff != 0 && linger.l_linger == 3);
    CHECK_IS(polysock_set_linger(s, POLYSOCK_LINGER_OFF), 0);
    CHECK_IS(polysock_get_linger(s, &value), 0);
    CHECK_IS(value, POLYSOCK_LINGER_OFF);
    CHECK_IS(polysock_get_keepalive(s, &on, &idle, &interval, &count), 0);
    CHECK(!on && idle == 0 && interval == 0 && count == 0);
    CHECK_IS(polysock_set_keepalive(s, true, 30, 5, 0), 0);
    CHECK_IS(polysock_get_keepalive(s, &on, &idle, &interval, &count), 0);
    CHECK(on && idle == 30 && interval == 5 && count > 0);
    CHECK_IS(polysock_get_keepalive(s, NULL, NULL, NULL, NULL), 0);
    CHECK_IS(polysock_set_keepalive(s, false, 0, 0, 0), 0);
    CHECK_IS(polysock_get_timeout(s, &recv_ms, &send_ms), 0);
    CHECK(recv_ms == POLYSOCK_INFINITE && send_ms == POLYSOCK_INFINITE);
    CHECK_IS(polysock_set_timeout(s, 1500, POLYSOCK_DEFAULT), 0);
    CHECK_IS(polysock_get_timeout(s, &recv_ms, &send_ms), 0);
    CHECK(recv_ms == 1500 && send_ms == POLYSOCK_INFINITE);
    CHECK_IS(polysock_set_blocking(s, false), 0);
    CHECK_IS(polysock_get_timeout(s, &recv_ms, NULL), 0);
    CHECK_IS(recv_ms, 0);
    CHECK((fcntl(polysock_fileno(s), F_GETFL) & O_NONBLOCK) != 0);
    CHECK_IS(polysock_set_blocking(s, true), 0);
    CHECK((fcntl(polysock_fileno(s), F_GETFL) & O_NONBLOCK) == 0);
    value = 30000;
    CHECK_IS(polysock_setsockopt(s, SOL_SOCKET, SO_RCVBUF, &value, sizeof value), 0);
    len = sizeof value;
    CHECK_IS(polysock_getsockopt(s, SOL_SOCKET, SO_RCVBUF, &value, &len), 0);
    CHECK_IS(value, 60000);
    CHECK_IS(polysock_setsockopt(s, SOL_SOCKET, 9999, &value, sizeof value), POLYSOCK_ENOPROTOOPT);
    CHECK_IS(polysock_setsockopt(s, SOL_SOCKET, SO_RCVBUF, &value, 1), POLYSOCK_EINVAL);
    len = 2;
    value = 0x7f7f7f7f;
    CHECK_IS(polysock_getsockopt(s, SOL_SOCKET, SO_RCVBUF, &value, &len), 0);
    CHECK(len == 2 && (value & ~0xffff) == 0x7f7f0000); /* no more is written than there is room for */
    polysock_free(s);
    /* Unix sockets are no TCP. */
    MUST(polysock_socket(&s, POLYSOCK_AF_UNIX, POLYSOCK_SOCK_STREAM, 0));
    CHECK(polysock_state(s) == NULL);
    CHECK(polysock_set_nodelay(s, true) < 0);
    polysock_free(s);
}

TEST(nonblocking)
{
    polysock_addr a;
    polysock_t *listener = make_listener("127.0.0.1", &a), *s, *peer = NULL;
    char byte;
    CHECK_IS(polysock_accept(listener, &peer, NULL, 0), POLYSOCK_EAGAIN);
    CHECK(peer == NULL);
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM | SOCK_NONBLOCK, 0));
    int code = polysock_connect(s, &a, POLYSOCK_DEFAULT);
    CHECK(code == POLYSOCK_EINPROGRESS || code == 0);
    CHECK_IS(polysock_accept(listener, &peer, NULL, 10000), 0);
    if (code == POLYSOCK_EINPROGRESS)
        CHECK_IS(polysock_connect(s, &a, 10000), 0);
    CHECK_IS(polysock_recv(s, &byte, 1, 0, POLYSOCK_DEFAULT), POLYSOCK_EAGAIN);
    CHECK_IS(polysock_connect(s, &a, 1000), POLYSOCK_EISCONN);
    polysock_free(s);
    polysock_free(peer);
    polysock_free(listener);
}

TEST(exhausted_descriptors)
{
    polysock_addr a;
    polysock_t *listener = make_listener("127.0.0.1", &a), *client, *peer = NULL, *other = NULL;
    struct rlimit before, low;
    int held[64], count = 0;
    MUST(polysock_socket(&client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    MUST(polysock_connect(client, &a, 10000));
    getrlimit(RLIMIT_NOFILE, &before);
    low = before;
    low.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &low);
    while (count < 64 && (held[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        count++;
    CHECK_IS(polysock_accept(listener, &peer, NULL, 10000), POLYSOCK_EMFILE);
    CHECK(peer == NULL);
    CHECK_IS(polysock_socket(&other, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0), POLYSOCK_EMFILE);
    CHECK(strstr(polysock_last_detail(), "socket") != NULL);
    while (count > 0)
        close(held[--count]);
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK_IS(polysock_accept(listener, &peer, NULL, 10000), 0); /* it went on waiting */
    polysock_free(client);
    polysock_free(peer);
    polysock_free(listener);
}

int main(void)
{
    RUN(echo_ipv4);
    RUN(echo_ipv6);
    RUN(every_interface_takes_both_families);
    RUN(ends_of_stream);
    RUN(zero_lengths_need_no_buffer);
    RUN(flags);
    RUN(epipe_without_sigpipe);
    RUN(ends_seen_by_the_peer);
    RUN(descriptors_lent_given_and_adopted);
    RUN(options);
    RUN(nonblocking);
#ifndef VALGRIND
    /* Valgrind keeps the limit itself: it accepts the connection, closes it and reports EMFILE. */
    RUN(exhausted_descriptors);
#endif
    return report();
}
