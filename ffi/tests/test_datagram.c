/* Datagrams: sendto and recvfrom, connected and not, cut and empty, and what the network refuses. */
#include "harness.h"
#include <netinet/in.h>
#include <sys/un.h>

static polysock_t *make_udp(const char *text, polysock_addr *a)
{
    polysock_t *s;
    MUST(polysock_addr_parse(a, text, 0));
    MUST(polysock_socket(&s, polysock_addr_family(a), POLYSOCK_SOCK_DGRAM, 0));
    MUST(polysock_bind(s, a));
    MUST(polysock_getsockname(s, a));
    MUST(polysock_set_timeout(s, 20000, 20000));
    return s;
}

TEST(a_datagram_is_answered)
{
    static const char *const hosts[] = {"127.0.0.1:0", "[::1]:0"};
    for (size_t i = 0; i < 2; i++) {
        polysock_addr a, b, from;
        polysock_t *one = make_udp(hosts[i], &a), *other = make_udp(hosts[i], &b);
        char buf[16];
        int flags = 99;
        CHECK_IS(polysock_sendto(one, "hello", 5, 0, &b, POLYSOCK_DEFAULT), 5);
        CHECK_IS(polysock_recvfrom(other, buf, sizeof buf, 0, &from, &flags, POLYSOCK_DEFAULT), 5);
        CHECK(memcmp(buf, "hello", 5) == 0 && flags == 0 && polysock_addr_equal(&from, &a));
        CHECK_IS(polysock_sendto(other, NULL, 0, 0, &from, 1000), 0);
        CHECK_IS(polysock_recvfrom(one, buf, sizeof buf, 0, NULL, NULL, 10000), 0);
        CHECK_IS(polysock_recvfrom(one, buf, sizeof buf, 0, &from, &flags, 0), POLYSOCK_EAGAIN);
        polysock_free(one);
        polysock_free(other);
    }
}

TEST(truncation_is_reported_and_stays_within_the_buffer)
{
    polysock_addr a, from;
    polysock_t *s = make_udp("127.0.0.1:0", &a);
    char *buf = malloc(3); /* a write beyond it is found by the sanitizers */
    int flags = 0;
    size_t bytes = 0;
    CHECK_IS(polysock_sendto(s, "hello", 5, 0, &a, 1000), 5);
    CHECK_IS(polysock_available(s, &bytes), 0);
    CHECK_IS(bytes, 5);
    CHECK_IS(polysock_recvfrom(s, buf, 3, POLYSOCK_MSG_PEEK, &from, &flags, 10000), 3);
    CHECK_IS(flags, POLYSOCK_MSG_TRUNC);
    flags = 0;
    CHECK_IS(polysock_recvfrom(s, buf, 3, 0, &from, &flags, 10000), 3);
    CHECK_IS(flags, POLYSOCK_MSG_TRUNC);
    CHECK(memcmp(buf, "hel", 3) == 0 && polysock_addr_equal(&from, &a));
    CHECK_IS(polysock_sendto(s, "hello", 5, 0, &a, 1000), 5);
    /* Asked for: the whole length. */
    CHECK_IS(polysock_recv(s, buf, 3, POLYSOCK_MSG_TRUNC | POLYSOCK_MSG_PEEK, 10000), 5);
    CHECK_IS(polysock_recvfrom(s, buf, 3, POLYSOCK_MSG_TRUNC, &from, &flags, 10000), 5);
    CHECK_IS(polysock_sendto(s, "hello", 5, 0, &a, 1000), 5);
    CHECK_IS(polysock_recvfrom(s, NULL, 0, 0, NULL, &flags, 10000), 0);
    CHECK_IS(flags, POLYSOCK_MSG_TRUNC);
    CHECK_IS(polysock_recvfrom(s, buf, 3, 0, NULL, NULL, 0), POLYSOCK_EAGAIN);
    free(buf);
    polysock_free(s);
}

TEST(connected)
{
    polysock_addr a, b, c, from;
    polysock_t *one = make_udp("127.0.0.1:0", &a), *other = make_udp("127.0.0.1:0", &b), *third = make_udp("127.0.0.1:0", &c);
    char buf[8];
    CHECK_IS(polysock_sendto(one, "x", 1, 0, NULL, 1000), POLYSOCK_EDESTADDRREQ);
    CHECK_IS(polysock_connect(one, &b, 1000), 0);
    CHECK_IS(polysock_sendto(third, "no", 2, 0, &a, 1000), 2); /* not from whom it is connected to */
    CHECK_IS(polysock_sendto(one, "x", 1, 0, NULL, 1000), 1);
    CHECK_IS(polysock_recvfrom(other, buf, 8, 0, &from, NULL, 10000), 1);
    CHECK_IS(polysock_sendto(other, "yes", 3, 0, &from, 1000), 3);
    CHECK_IS(polysock_recv(one, buf, 8, 0, 10000), 3);
    CHECK_IS(polysock_recv(one, buf, 8, 0, 0), POLYSOCK_EAGAIN);
    /* A vanished peer: no socket has its port. */
    polysock_free(other);
    CHECK_IS(polysock_send(one, "x", 1, 0, 1000), 1);
    CHECK_IS(polysock_recvfrom(one, buf, 8, 0, NULL, NULL, 10000), POLYSOCK_ECONNREFUSED);
    CHECK_IS(polysock_sendto(one, "x", 1, 0, NULL, 1000), 1);
    CHECK_IS(polysock_sendto(one, "x", 1, 0, NULL, 1000), POLYSOCK_ECONNREFUSED);
    polysock_free(one);
    polysock_free(third);
}

TEST(errors_have_names)
{
    polysock_addr a, to;
    polysock_t *s = make_udp("127.0.0.1:0", &a);
    char *large = calloc(1, 70000);
    CHECK_IS(polysock_sendto(s, large, 70000, 0, &a, 1000), POLYSOCK_EMSGSIZE);
    CHECK_TEXT(polysock_err_name(POLYSOCK_EMSGSIZE), "EMSGSIZE");
    CHECK(strstr(polysock_last_detail(), "127.0.0.1:") != NULL);
    free(large);
    MUST(polysock_addr_parse(&to, "255.255.255.255:9", 0));
    int code = (int)polysock_sendto(s, "x", 1, 0, &to, 1000);
    CHECK(code == POLYSOCK_EACCES || code == POLYSOCK_ENETUNREACH);
    MUST(polysock_addr_parse(&to, "[::1]:9", 0));
    CHECK_IS(polysock_sendto(s, "x", 1, 0, &to, 1000), POLYSOCK_EAFNOSUPPORT);
    MUST(polysock_addr_parse(&to, "127.0.0.1:0", 0)); /* no socket has port 0 */
    CHECK_IS(polysock_sendto(s, "x", 1, 0, &to, 1000), POLYSOCK_EINVAL);
    polysock_free(s);
    s = make_udp("127.0.0.1:0", &a); /* loopback sends nowhere else */
    MUST(polysock_addr_parse(&to, "192.0.2.1:9", 0));
    code = (int)polysock_sendto(s, "x", 1, 0, &to, 1000);
    CHECK(code == POLYSOCK_EINVAL || code == POLYSOCK_ENETUNREACH);
    polysock_free(s);
    /* Codes that no loopback provokes have names all the same. */
    CHECK_TEXT(polysock_err_name(polysock_from_errno(ENETUNREACH)), "ENETUNREACH");
    CHECK_TEXT(polysock_err_name(polysock_from_errno(ENOBUFS)), "ENOBUFS");
    CHECK_IS(polysock_from_errno(ENOBUFS), POLYSOCK_ENOBUFS);
}

TEST(foreign_addresses_are_not_over_read)
{
    polysock_addr a, from;
    polysock_t *s = make_udp("127.0.0.1:0", &a);
    char buf[4];
    polysock_addr *bad = malloc(sizeof *bad); /* on the heap: the sanitizers guard its end */
    for (int length = 1; length < 200; length += 1) {
        memset(bad, 0, sizeof *bad);
        bad->length = (uint64_t)length;
        ((struct sockaddr *)(void *)bad->bytes)->sa_family = AF_INET;
        if (length >= (int)sizeof(struct sockaddr_in) && length <= 128)
            continue; /* those the system reads */
        CHECK(polysock_sendto(s, "x", 1, 0, bad, 1000) < 0);
    }
    bad->length = UINT64_MAX;
    CHECK_IS(polysock_sendto(s, "x", 1, 0, bad, 1000), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "sendto: to is not an address");
    memset(bad, 0xff, sizeof *bad); /* a family that does not exist, of maximum length */
    bad->length = 128;
    CHECK_IS(polysock_sendto(s, "x", 1, 0, bad, 1000), POLYSOCK_EAFNOSUPPORT);
    /* A Unix name without its NUL, as long as can be. */
    struct sockaddr_un name;
    memset(&name, 'x', sizeof name);
    name.sun_family = AF_UNIX;
    CHECK_IS(polysock_addr_from_sockaddr(bad, (struct sockaddr *)&name, sizeof name), 0);
    CHECK(polysock_addr_format(bad, NULL, 0) == 5 + 108);
    CHECK(polysock_sendto(s, "x", 1, 0, bad, 1000) < 0);
    free(bad);
    CHECK_IS(polysock_recvfrom(s, buf, 4, 0, &from, NULL, 0), POLYSOCK_EAGAIN);
    polysock_free(s);
}

TEST(unix_datagrams_and_pairs)
{
    static const int types[] = {POLYSOCK_SOCK_STREAM, POLYSOCK_SOCK_DGRAM, POLYSOCK_SOCK_SEQPACKET};
    polysock_addr from;
    char buf[8];
    for (size_t i = 0; i < 3; i++) {
        polysock_t *a, *b;
        size_t bytes = 99;
        CHECK_IS(polysock_socketpair(&a, &b, types[i]), 0);
        CHECK_IS(polysock_send(a, "abc", 3, 0, 1000), 3);
        CHECK_IS(polysock_send(a, "de", 2, 0, 1000), 2);
        CHECK_IS(polysock_available(b, &bytes), 0);
        CHECK_IS(bytes, types[i] == POLYSOCK_SOCK_DGRAM ? 3 : 5);
        CHECK_IS(polysock_recvfrom(b, buf, 8, 0, &from, NULL, 10000), types[i] == POLYSOCK_SOCK_STREAM ? 5 : 3);
        CHECK(from.length == 0 || polysock_addr_family(&from) == POLYSOCK_AF_UNIX);
        polysock_free(a); /* the vanished peer */
        if (types[i] != POLYSOCK_SOCK_DGRAM)
            CHECK(polysock_sendto(b, "x", 1, 0, NULL, 1000) == POLYSOCK_EPIPE);
        else
            CHECK(polysock_sendto(b, "x", 1, 0, NULL, 1000) == POLYSOCK_ECONNREFUSED);
        polysock_free(b);
    }
    polysock_t *a = NULL, *b = NULL;
    CHECK(polysock_socketpair(&a, &b, 99) < 0);
    CHECK(a == NULL && b == NULL);
}

TEST(dup_is_an_independent_handle)
{
    polysock_t *client, *server, *copy;
    char byte = 0;
    int ms = 0;
    make_pair(&client, &server);
    CHECK_IS(polysock_set_timeout(client, 1234, 5), 0);
    CHECK_IS(polysock_dup(client, &copy), 0);
    CHECK(polysock_fileno(copy) != polysock_fileno(client));
    CHECK_IS(polysock_get_timeout(copy, &ms, NULL), 0);
    CHECK_IS(ms, 1234);
    CHECK_IS(polysock_close(client), 0);
    CHECK_IS(polysock_sendall(copy, "x", 1, NULL, 1000), 0);
    CHECK_IS(polysock_recv(server, &byte, 1, 0, 10000), 1);
    CHECK_IS(polysock_recv(server, &byte, 1, 0, 0), POLYSOCK_EAGAIN); /* still open */
    CHECK_IS(polysock_dup(client, &client), POLYSOCK_ECLOSED);
    polysock_free(copy);
    CHECK_IS(polysock_recv(server, &byte, 1, 0, 10000), 0);
    polysock_free(client);
    polysock_free(server);
}

TEST(shut_down_reads_as_the_end)
{
    polysock_addr a;
    polysock_t *s = make_udp("127.0.0.1:0", &a);
    char buf[4];
    int flags = 99;
    CHECK_IS(polysock_connect(s, &a, 1000), 0);
    CHECK_IS(polysock_shutdown(s, POLYSOCK_SHUT_RD), 0);
    CHECK_IS(polysock_recvfrom(s, buf, 4, 0, &a, &flags, 20000), 0);
    CHECK_IS(flags, 0);
    polysock_free(s);
}

TEST(the_deadline_is_kept)
{
    polysock_addr a;
    polysock_t *s = make_udp("127.0.0.1:0", &a);
    char buf[4];
    long long began = now_us();
    CHECK_IS(polysock_recvfrom(s, buf, 4, 0, NULL, NULL, 60), POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 60, 5000 * SLOWNESS);
    polysock_free(s);
}

int main(void)
{
    RUN(a_datagram_is_answered);
    RUN(truncation_is_reported_and_stays_within_the_buffer);
    RUN(connected);
    RUN(errors_have_names);
    RUN(foreign_addresses_are_not_over_read);
    RUN(unix_datagrams_and_pairs);
    RUN(dup_is_an_independent_handle);
    RUN(shut_down_reads_as_the_end);
    RUN(the_deadline_is_kept);
    return report();
}
