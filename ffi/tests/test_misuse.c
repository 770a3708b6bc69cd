/* Every function with NULL, with a closed handle and with numbers out of range: a code and words, never a crash. */
#include "harness.h"
#include <sys/socket.h>

static const size_t TOO_LONG = (size_t)SSIZE_MAX + 1;

/* Refused with EINVAL, and the words name the argument. */
#define REFUSED(call, argument)                                      \
    do {                                                             \
        CHECK_IS(call, POLYSOCK_EINVAL);                             \
        if (!CHECK(strstr(polysock_last_detail(), argument) != NULL)) \
            fprintf(stderr, "    no word of %s: %s\n", argument, polysock_last_detail()); \
    } while (0)

TEST(null_handles)
{
    polysock_addr a;
    polysock_t *out = NULL;
    char buf[4] = "";
    size_t done = 99, len = sizeof buf;
    int number = 99;
    bool on = true;
    MUST(polysock_addr_parse(&a, "127.0.0.1:1", 0));
    REFUSED(polysock_fileno(NULL), "s is NULL");
    REFUSED(polysock_detach(NULL), "s is NULL");
    REFUSED(polysock_close(NULL), "s is NULL");
    REFUSED(polysock_net_close(NULL), "s is NULL");
    REFUSED(polysock_abort(NULL), "s is NULL");
    REFUSED(polysock_shutdown(NULL, POLYSOCK_SHUT_WR), "s is NULL");
    REFUSED(polysock_bind(NULL, &a), "s is NULL");
    REFUSED(polysock_listen(NULL, 5), "s is NULL");
    REFUSED(polysock_accept(NULL, &out, NULL, 0), "s is NULL");
    REFUSED(polysock_connect(NULL, &a, 0), "s is NULL");
    REFUSED(polysock_getsockname(NULL, &a), "s is NULL");
    REFUSED(polysock_getpeername(NULL, &a), "s is NULL");
    REFUSED(polysock_send(NULL, buf, 1, 0, 0), "s is NULL");
    REFUSED(polysock_recv(NULL, buf, 1, 0, 0), "s is NULL");
    REFUSED(polysock_sendall(NULL, buf, 1, &done, 0), "s is NULL");
    CHECK_IS(done, 0);
    done = 99;
    REFUSED(polysock_recv_exact(NULL, buf, 1, &done, 0), "s is NULL");
    CHECK_IS(done, 0);
    REFUSED(polysock_set_timeout(NULL, 1, 1), "s is NULL");
    REFUSED(polysock_get_timeout(NULL, &number, &number), "s is NULL");
    REFUSED(polysock_set_blocking(NULL, true), "s is NULL");
    REFUSED(polysock_set_linger(NULL, 1), "s is NULL");
    REFUSED(polysock_get_linger(NULL, &number), "s is NULL");
    REFUSED(polysock_set_keepalive(NULL, true, 0, 0, 0), "s is NULL");
    REFUSED(polysock_get_keepalive(NULL, &on, &number, &number, &number), "s is NULL");
    REFUSED(polysock_set_nodelay(NULL, true), "s is NULL");
    REFUSED(polysock_get_nodelay(NULL, &on), "s is NULL");
    REFUSED(polysock_set_reuseaddr(NULL, true), "s is NULL");
    REFUSED(polysock_get_reuseaddr(NULL, &on), "s is NULL");
    REFUSED(polysock_setsockopt(NULL, SOL_SOCKET, SO_REUSEADDR, &number, sizeof number), "s is NULL");
    REFUSED(polysock_getsockopt(NULL, SOL_SOCKET, SO_REUSEADDR, buf, &len), "s is NULL");
    CHECK(out == NULL && number == 99 && on && len == sizeof buf);
    CHECK(polysock_state(NULL) == NULL);
    CHECK(polysock_is_closed(NULL));
    polysock_free(NULL);
}

TEST(null_arguments)
{
    polysock_t *s;
    char buf[4] = "abc";
    size_t done = 99, len = 4;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    REFUSED(polysock_socket(NULL, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0), "out");
    REFUSED(polysock_from_fd(NULL, polysock_fileno(s)), "out");
    REFUSED(polysock_bind(s, NULL), "a is NULL");
    REFUSED(polysock_connect(s, NULL, 0), "a is NULL");
    REFUSED(polysock_accept(s, NULL, NULL, 0), "out");
    REFUSED(polysock_getsockname(s, NULL), "out");
    REFUSED(polysock_getpeername(s, NULL), "out");
    REFUSED(polysock_send(s, NULL, 1, 0, 0), "buf is NULL");
    REFUSED(polysock_recv(s, NULL, 1, 0, 0), "buf is NULL");
    REFUSED(polysock_sendall(s, NULL, 1, &done, 0), "buf is NULL");
    CHECK_IS(done, 0);
    REFUSED(polysock_recv_exact(s, NULL, 1, NULL, 0), "buf is NULL");
    REFUSED(polysock_get_linger(s, NULL), "seconds");
    REFUSED(polysock_get_nodelay(s, NULL), "on");
    REFUSED(polysock_get_reuseaddr(s, NULL), "on");
    REFUSED(polysock_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, NULL, 4), "value is NULL");
    REFUSED(polysock_getsockopt(s, SOL_SOCKET, SO_REUSEADDR, NULL, &len), "value is NULL");
    REFUSED(polysock_getsockopt(s, SOL_SOCKET, SO_REUSEADDR, buf, NULL), "len");
    CHECK_IS(polysock_get_timeout(s, NULL, NULL), 0);
    REFUSED(polysock_addr_parse(NULL, "1.2.3.4", 0), "out");
    REFUSED(polysock_addr_format(NULL, buf, 4), "a is NULL");
    REFUSED(polysock_addr_ip(NULL, buf, 4), "a is NULL");
    REFUSED(polysock_addr_family(NULL), "a is NULL");
    CHECK_IS(polysock_addr_port(NULL), 0);
    polysock_addr a;
    REFUSED(polysock_addr_parse(&a, NULL, 0), "text");
    polysock_t *out = s;
    REFUSED(polysock_create_connection(NULL, "127.0.0.1", "1", 0), "out");
    REFUSED(polysock_create_connection(&out, NULL, "1", 0), "host");
    REFUSED(polysock_create_connection(&out, "127.0.0.1", NULL, 0), "host");
    REFUSED(polysock_create_connection(&out, "::1:80", NULL, 0), "host");
    REFUSED(polysock_create_connection(&out, "\xff", "1", 0), "UTF-8");
    REFUSED(polysock_create_server(NULL, "", "0", 5), "out");
    REFUSED(polysock_create_server(&out, NULL, "0", 5), "host");
    REFUSED(polysock_create_server(&out, "", NULL, 5), "host");
    CHECK(out == s);
    polysock_free(s);
}

TEST(out_of_range)
{
    polysock_t *s, *out;
    polysock_addr a;
    char buf[4] = "";
    size_t done = 99, len = TOO_LONG;
    static const int below[] = {-3, -1000, -2147483647 - 1};
    MUST(polysock_addr_parse(&a, "127.0.0.1:1", 0));
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    out = s;
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        int ms = below[i];
        REFUSED(polysock_recv(s, buf, 1, 0, ms), "timeout_ms");
        REFUSED(polysock_send(s, buf, 1, 0, ms), "timeout_ms");
        done = 99;
        REFUSED(polysock_sendall(s, buf, 1, &done, ms), "timeout_ms");
        CHECK_IS(done, 0);
        done = 99;
        REFUSED(polysock_recv_exact(s, buf, 1, &done, ms), "timeout_ms");
        CHECK_IS(done, 0);
        REFUSED(polysock_accept(s, &out, NULL, ms), "timeout_ms");
        REFUSED(polysock_connect(s, &a, ms), "timeout_ms");
        REFUSED(polysock_create_connection(&out, "127.0.0.1", "1", ms), "timeout_ms");
        REFUSED(polysock_set_timeout(s, ms, 0), "recv_ms");
        REFUSED(polysock_set_timeout(s, 0, ms), "send_ms");
        REFUSED(polysock_set_linger(s, ms), "seconds");
        REFUSED(polysock_set_keepalive(s, true, ms, 0, 0), "idle_s");
        REFUSED(polysock_set_keepalive(s, true, 0, ms, 0), "interval_s");
        REFUSED(polysock_set_keepalive(s, true, 0, 0, ms), "count");
    }
    REFUSED(polysock_send(s, buf, TOO_LONG, 0, 0), "SSIZE_MAX");
    REFUSED(polysock_recv(s, buf, SIZE_MAX, 0, 0), "SSIZE_MAX");
    REFUSED(polysock_sendall(s, buf, TOO_LONG, NULL, 0), "SSIZE_MAX");
    REFUSED(polysock_recv_exact(s, buf, TOO_LONG, NULL, 0), "SSIZE_MAX");
    REFUSED(polysock_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, buf, TOO_LONG), "SSIZE_MAX");
    REFUSED(polysock_getsockopt(s, SOL_SOCKET, SO_REUSEADDR, buf, &len), "SSIZE_MAX");
    REFUSED(polysock_set_linger(s, 65536), "linger");
    REFUSED(polysock_shutdown(s, 3), "how");
    REFUSED(polysock_shutdown(s, -1), "how");
    REFUSED(polysock_create_server(&out, "127.0.0.1", "65536", 5), "service");
    CHECK_IS(polysock_socket(&out, 9999, POLYSOCK_SOCK_STREAM, 0), POLYSOCK_EAFNOSUPPORT);
    CHECK_IS(polysock_socket(&out, -1, POLYSOCK_SOCK_STREAM, 0), POLYSOCK_EAFNOSUPPORT);
    CHECK(polysock_socket(&out, POLYSOCK_AF_INET, 99, 0) < 0);
    CHECK_IS(polysock_socket(&out, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 9999), POLYSOCK_EINVAL);
    CHECK(out == s);
    polysock_free(s);
}

TEST(wrong_state)
{
    polysock_t *s, *out = NULL;
    polysock_addr a = {.length = 5};
    char buf[4] = "";
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_accept(s, &out, &a, 1000), POLYSOCK_EINVAL);
    CHECK_IS(polysock_recv(s, buf, 1, 0, 1000), POLYSOCK_ENOTCONN);
    CHECK_IS(polysock_send(s, buf, 1, 0, 1000), POLYSOCK_EPIPE);
    CHECK_IS(polysock_shutdown(s, POLYSOCK_SHUT_WR), POLYSOCK_ENOTCONN);
    CHECK_IS(polysock_getpeername(s, &a), POLYSOCK_ENOTCONN);
    CHECK(out == NULL && a.length == 5);
    CHECK_TEXT(polysock_state(s), "CLOSED");
    polysock_free(s);
}

TEST(closed_handles)
{
    polysock_t *s, *out = NULL;
    polysock_addr a, kept;
    char buf[4] = "";
    size_t done = 99, len = sizeof buf;
    int number = 99;
    bool on = true;
    MUST(polysock_addr_parse(&a, "127.0.0.1:1", 0));
    kept = a;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK(!polysock_is_closed(s));
    CHECK_IS(polysock_close(s), 0);
    CHECK(polysock_is_closed(s));
    CHECK_IS(polysock_close(s), 0);
    CHECK_IS(polysock_net_close(s), 0);
    CHECK_IS(polysock_abort(s), 0);
    CHECK_IS(polysock_fileno(s), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_detach(s), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_shutdown(s, POLYSOCK_SHUT_WR), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_bind(s, &a), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_listen(s, 5), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_accept(s, &out, &a, 1000), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_connect(s, &a, 1000), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_getsockname(s, &a), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_getpeername(s, &a), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_send(s, buf, 1, 0, 1000), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_send(s, NULL, 0, 0, 1000), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_recv(s, buf, 1, 0, 1000), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_recv(s, NULL, 0, 0, 1000), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_sendall(s, buf, 1, &done, 1000), POLYSOCK_ECLOSED);
    CHECK_IS(done, 0);
    done = 99;
    CHECK_IS(polysock_recv_exact(s, buf, 1, &done, 1000), POLYSOCK_ECLOSED);
    CHECK_IS(done, 0);
    CHECK_IS(polysock_set_timeout(s, 1, 1), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_get_timeout(s, &number, &number), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_set_blocking(s, true), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_set_linger(s, 1), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_get_linger(s, &number), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_set_keepalive(s, true, 0, 0, 0), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_get_keepalive(s, &on, &number, &number, &number), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_set_nodelay(s, true), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_get_nodelay(s, &on), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_set_reuseaddr(s, true), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_get_reuseaddr(s, &on), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &number, sizeof number), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_getsockopt(s, SOL_SOCKET, SO_REUSEADDR, buf, &len), POLYSOCK_ECLOSED);
    CHECK(polysock_state(s) == NULL);
    CHECK_TEXT(polysock_last_detail(), "state: the socket is closed");
    CHECK(out == NULL && number == 99 && on && len == sizeof buf && memcmp(&a, &kept, sizeof a) == 0);
    polysock_free(s);
}

int main(void)
{
    RUN(null_handles);
    RUN(null_arguments);
    RUN(out_of_range);
    RUN(wrong_state);
    RUN(closed_handles);
    return report();
}
