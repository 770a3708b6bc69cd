/* Every function with NULL, with a closed handle and with numbers out of range: a code and a description, never a crash. */
#include "harness.h"
#include <sys/resource.h>
#include <sys/socket.h>

static const size_t TOO_LONG = (size_t)SSIZE_MAX + 1;

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
    REFUSED(polysock_create_server(&out, NULL, NULL, 5), "host");
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
    REFUSED(polysock_set_sndbuf(s, SIZE_MAX), sizeof(size_t) > 4 ? "not 9223372036854775807 or more" : "not 4294967295");
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

/* --- the functions of one shape together */

static int (*const set_flags[])(polysock_t *, bool) = {
    polysock_set_cork, polysock_set_quickack, polysock_set_fastopen_connect, polysock_set_reuseport, polysock_set_broadcast,
    polysock_set_oobinline, polysock_set_timestamps, polysock_set_passcred, polysock_set_packet_info, polysock_set_freebind,
    polysock_set_transparent, polysock_set_v6only, polysock_set_mcast_loop, polysock_set_mcast_all};
static int (*const get_flags[])(const polysock_t *, bool *) = {
    polysock_get_cork, polysock_get_quickack, polysock_get_fastopen_connect, polysock_get_reuseport, polysock_get_broadcast,
    polysock_get_oobinline, polysock_get_timestamps, polysock_get_passcred, polysock_get_packet_info, polysock_get_freebind,
    polysock_get_transparent, polysock_get_v6only, polysock_get_mcast_loop, polysock_get_mcast_all,
    polysock_get_acceptconn};
static int (*const set_numbers[])(polysock_t *, int) = {
    polysock_set_ttl, polysock_set_tos, polysock_set_hops, polysock_set_tclass, polysock_set_mcast_ttl, polysock_set_priority,
    polysock_set_incoming_cpu, polysock_set_fastopen, polysock_set_defer_accept, polysock_set_user_timeout};
static int (*const get_numbers[])(const polysock_t *, int *) = {
    polysock_get_ttl, polysock_get_tos, polysock_get_hops, polysock_get_tclass, polysock_get_mcast_ttl, polysock_get_priority,
    polysock_get_incoming_cpu, polysock_get_fastopen, polysock_get_defer_accept, polysock_get_user_timeout, polysock_get_domain,
    polysock_get_type, polysock_get_protocol};
static int (*const set_sizes[])(polysock_t *, size_t) = {polysock_set_sndbuf, polysock_set_rcvbuf, polysock_set_rcvlowat,
                                                         polysock_set_maxseg, polysock_set_notsent_lowat};
static int (*const get_sizes[])(const polysock_t *, size_t *) = {polysock_get_sndbuf, polysock_get_rcvbuf, polysock_get_rcvlowat,
                                                                 polysock_get_maxseg, polysock_get_notsent_lowat,
                                                                 polysock_available};
#define EACH(i, table) for (size_t i = 0; i < sizeof table / sizeof *table; i++)

/* What every function says to a handle that is none, or closed. */
static void call_all(polysock_t *s, int expected)
{
    polysock_t *out = NULL;
    polysock_addr a, kept;
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    polysock_tcp_stats stats = {.state = 99};
    polysock_close_report closed = {.verdict = 99};
    polysock_control *control;
    char buf[16] = "kept";
    polysock_iovec part = {buf, 1};
    bool on = true;
    int number = 99;
    size_t size = 99;
    uint32_t index = 99;
    uint64_t done = 99;
    MUST(polysock_addr_parse(&a, "239.0.0.1:1", 0));
    MUST(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM));
    kept = a;
    m.iov = &part, m.iov_count = 1, m.addr = &a, m.control = control, m.flags = 77;
    EACH(i, set_flags) CHECK_IS(set_flags[i](s, true), expected);
    EACH(i, get_flags) CHECK_IS(get_flags[i](s, &on), expected);
    EACH(i, set_numbers) CHECK_IS(set_numbers[i](s, 8), expected);
    EACH(i, get_numbers) CHECK_IS(get_numbers[i](s, &number), expected);
    EACH(i, set_sizes) CHECK_IS(set_sizes[i](s, 5000), expected);
    EACH(i, get_sizes) CHECK_IS(get_sizes[i](s, &size), expected);
    CHECK_IS(polysock_set_mark(s, 1), expected);
    CHECK_IS(polysock_get_mark(s, &index), expected);
    CHECK_IS(polysock_set_congestion(s, "reno"), expected);
    CHECK_IS(polysock_get_congestion(s, buf, sizeof buf), expected);
    CHECK_IS(polysock_set_device(s, NULL), expected);
    CHECK_IS(polysock_get_device(s, buf, sizeof buf), expected);
    CHECK_IS(polysock_take_error(s, &number), expected);
    CHECK_IS(polysock_mcast_join(s, &a, NULL, NULL), expected);
    CHECK_IS(polysock_mcast_leave(s, &a, NULL, NULL), expected);
    CHECK_IS(polysock_set_mcast_if(s, "lo"), expected);
    CHECK_IS(polysock_get_mcast_if(s, &index), expected);
    CHECK_IS(polysock_tcp_info(s, &stats, sizeof stats), expected);
    CHECK_IS(polysock_send_queue(s, &done, &done), expected);
    CHECK_IS(polysock_wait_acked(s, 0), expected);
    CHECK_IS(polysock_peer_closed(s), expected);
    CHECK_IS(polysock_close_graceful(s, 0, &closed, sizeof closed, 0), expected);
    CHECK_IS(polysock_dup(s, &out), expected);
    CHECK_IS(polysock_sendto(s, buf, 1, 0, &a, 1000), expected);
    CHECK_IS(polysock_sendto(s, NULL, 0, 0, &a, 1000), expected);
    CHECK_IS(polysock_recvfrom(s, buf, 1, 0, &a, &number, 1000), expected);
    CHECK_IS(polysock_sendv(s, &part, 1, 1000), expected);
    CHECK_IS(polysock_recvv(s, &part, 1, 1000), expected);
    CHECK_IS(polysock_sendv(s, NULL, 0, 1000), expected);
    CHECK_IS(polysock_recvv(s, NULL, 0, 1000), expected);
    CHECK_IS(polysock_sendmsg(s, &m, 0, 1000), expected);
    CHECK_IS(polysock_recvmsg(s, &m, 0, 1000), expected);
    CHECK_IS(polysock_sendfile(s, 0, 0, 1, &done, 1000), expected);
    CHECK_IS(done, 0);
    CHECK(out == NULL && on && number == 99 && size == 99 && index == 99 && stats.state == 99 && closed.verdict == 99 && m.flags == 77);
    CHECK(strcmp(buf, "kept") == 0 && memcmp(&a, &kept, sizeof a) == 0);
    polysock_control_free(control);
}

TEST(every_other_function_without_a_handle)
{
    call_all(NULL, POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "sendfile: s is NULL");
}

TEST(every_other_function_on_a_closed_handle)
{
    static const int kinds[][2] = {{POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM}, {POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM}};
    for (size_t i = 0; i < 2; i++) {
        polysock_t *s;
        MUST(polysock_socket(&s, kinds[i][0], kinds[i][1], 0));
        CHECK_IS(polysock_close(s), 0);
        call_all(s, POLYSOCK_ECLOSED);
        polysock_free(s);
    }
}

TEST(missing_results)
{
    polysock_t *s, *other = NULL;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    EACH(i, get_flags) REFUSED(get_flags[i](s, NULL), "is NULL");
    EACH(i, get_numbers) REFUSED(get_numbers[i](s, NULL), "is NULL");
    EACH(i, get_sizes) REFUSED(get_sizes[i](s, NULL), "is NULL");
    REFUSED(polysock_get_mark(s, NULL), "mark");
    REFUSED(polysock_get_mcast_if(s, NULL), "index");
    REFUSED(polysock_take_error(s, NULL), "error");
    REFUSED(polysock_dup(s, NULL), "out");
    REFUSED(polysock_socketpair(NULL, &other, POLYSOCK_SOCK_STREAM), "a is NULL");
    REFUSED(polysock_socketpair(&other, NULL, POLYSOCK_SOCK_STREAM), "b is NULL");
    CHECK(other == NULL);
    polysock_free(s);
}

TEST(invalid_messages)
{
    polysock_t *s;
    polysock_addr bad;
    char buf[4] = "abc";
    polysock_iovec part = {buf, 1}, hole = {NULL, 1}, long_one = {buf, TOO_LONG}, none = {NULL, 0};
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    memset(&bad, 0xff, sizeof bad);
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0));
    REFUSED(polysock_sendto(s, NULL, 1, 0, NULL, 0), "buf is NULL");
    REFUSED(polysock_sendto(s, buf, TOO_LONG, 0, NULL, 0), "SSIZE_MAX");
    REFUSED(polysock_sendto(s, buf, 1, 0, &bad, 0), "to is not an address");
    REFUSED(polysock_sendto(s, buf, 1, 0, NULL, -3), "timeout_ms");
    REFUSED(polysock_recvfrom(s, NULL, 1, 0, NULL, NULL, 0), "buf is NULL");
    REFUSED(polysock_recvfrom(s, buf, SIZE_MAX, 0, NULL, NULL, 0), "SSIZE_MAX");
    REFUSED(polysock_recvfrom(s, buf, 1, 0, NULL, NULL, -4), "timeout_ms");
    REFUSED(polysock_sendv(s, NULL, 1, 0), "v is NULL");
    REFUSED(polysock_sendv(s, &hole, 1, 0), "buf is NULL");
    REFUSED(polysock_sendv(s, &long_one, 1, 0), "SSIZE_MAX");
    REFUSED(polysock_sendv(s, &part, POLYSOCK_IOV_MAX + 1, 0), "POLYSOCK_IOV_MAX");
    REFUSED(polysock_sendv(s, &part, SIZE_MAX, 0), "POLYSOCK_IOV_MAX");
    REFUSED(polysock_sendv(s, &part, 1, -3), "timeout_ms");
    REFUSED(polysock_recvv(s, NULL, 1, 0), "v is NULL");
    REFUSED(polysock_recvv(s, &hole, 1, 0), "buf is NULL");
    REFUSED(polysock_recvv(s, &part, SIZE_MAX, 0), "POLYSOCK_IOV_MAX");
    REFUSED(polysock_recvv(s, &part, 1, -3), "timeout_ms");
    CHECK_IS(polysock_recvv(s, &none, 1, 0), POLYSOCK_EAGAIN);
    for (int i = 0; i < 2; i++) {
#define BOTH(text) REFUSED(i == 0 ? polysock_sendmsg(s, &m, 0, 0) : polysock_recvmsg(s, &m, 0, 0), text)
        REFUSED(i == 0 ? polysock_sendmsg(s, NULL, 0, 0) : polysock_recvmsg(s, NULL, 0, 0), "m is NULL");
        REFUSED(i == 0 ? polysock_sendmsg(s, &m, 0, -3) : polysock_recvmsg(s, &m, 0, -3), "timeout_ms");
        for (size_t size = 0; size < 200; size++) {
            m.size = size;
            if (size != sizeof m)
                BOTH("m->size");
        }
        m.size = SIZE_MAX;
        BOTH("m->size");
        m.size = sizeof m;
        m.reserved = 1;
        BOTH("m->reserved");
        m.reserved = 0;
        m.iov_count = 1;
        BOTH("m->iov is NULL");
        m.iov = &hole;
        BOTH("buf is NULL");
        m.iov_count = SIZE_MAX;
        BOTH("m->iov_count");
        m.iov = NULL, m.iov_count = 0;
    }
    m.addr = &bad;
    REFUSED(polysock_sendmsg(s, &m, 0, 0), "m->addr is not an address");
    polysock_free(s);
}

TEST(invalid_control_messages)
{
    polysock_control *c;
    polysock_credentials who = {1, 2, 3};
    polysock_addr a, bad;
    int fd = -1, fds[2] = {0, -1};
    uint64_t when = 99;
    memset(&bad, 0xff, sizeof bad);
    MUST(polysock_addr_parse(&a, "unix:/x", 0));
    REFUSED(polysock_control_new(NULL, 0), "out is NULL");
    c = NULL;
    REFUSED(polysock_control_new(&c, SIZE_MAX), "room");
    REFUSED(polysock_control_new(&c, (1 << 20) + 1), "room");
    CHECK(c == NULL);
    REFUSED(polysock_control_clear(NULL), "c is NULL");
    REFUSED(polysock_control_add_fds(NULL, &fd, 1), "c is NULL");
    REFUSED(polysock_control_add_credentials(NULL, &who), "c is NULL");
    REFUSED(polysock_control_add_packet_info(NULL, &a, 0), "c is NULL");
    REFUSED(polysock_control_add(NULL, 1, 1, NULL, 0), "c is NULL");
    REFUSED(polysock_control_count(NULL), "c is NULL");
    REFUSED(polysock_control_get(NULL, 0, NULL, NULL, NULL, NULL), "c is NULL");
    REFUSED(polysock_control_take_fds(NULL, &fd, 1), "c is NULL");
    REFUSED(polysock_control_credentials(NULL, &who), "c is NULL");
    REFUSED(polysock_control_packet_info(NULL, &a, NULL), "c is NULL");
    REFUSED(polysock_control_timestamp(NULL, &when), "c is NULL");
    polysock_control_free(NULL);
    MUST(polysock_control_new(&c, 0));
    REFUSED(polysock_control_add_fds(c, NULL, 1), "fds is NULL");
    REFUSED(polysock_control_add_fds(c, &fd, SIZE_MAX), "n is above");
    CHECK_IS(polysock_control_add_fds(c, fds, 2), POLYSOCK_EBADF);
    REFUSED(polysock_control_add_credentials(c, NULL), "who is NULL");
    REFUSED(polysock_control_add_packet_info(c, NULL, 0), "source is NULL");
    REFUSED(polysock_control_add_packet_info(c, &bad, 0), "source is not an address");
    CHECK_IS(polysock_control_add_packet_info(c, &a, 0), POLYSOCK_EAFNOSUPPORT);
    REFUSED(polysock_control_add(c, 1, 1, NULL, 1), "data is NULL");
    REFUSED(polysock_control_add(c, 1, 1, &fd, SIZE_MAX), "len is above");
    CHECK_IS(polysock_control_count(c), 0);
    CHECK_IS(polysock_control_get(c, SIZE_MAX, NULL, NULL, NULL, NULL), POLYSOCK_ENOENT);
    CHECK_IS(polysock_control_take_fds(c, NULL, 0), 0);
    REFUSED(polysock_control_take_fds(c, NULL, 1), "fds is NULL");
    REFUSED(polysock_control_credentials(c, NULL), "out is NULL");
    CHECK_IS(polysock_control_packet_info(c, NULL, NULL), POLYSOCK_ENOENT);
    CHECK_IS(polysock_control_timestamp(c, &when), POLYSOCK_ENOENT);
    CHECK_IS(when, 99);
    polysock_control_free(c);
}

/* Memory that is not aligned, as network buffers often are. */
TEST(misaligned)
{
    polysock_t *a, *b;
    static _Alignas(16) char memory[600], big[1025 * sizeof(polysock_iovec)];
    polysock_addr *odd = (polysock_addr *)(void *)(memory + 3);
    make_pair(&a, &b);
    CHECK_IS(polysock_send(a, memory + 1, 3, 0, 1000), 3);
    CHECK_IS(polysock_recv_exact(b, memory + 5, 3, NULL, 10000), 0);
    CHECK_IS(polysock_getsockname(a, odd), 0);
    CHECK(memory[2] == 0 && memory[3 + 136] == 0 && polysock_addr_port(odd) > 0);
    CHECK_IS(polysock_connect(a, odd, 1000), POLYSOCK_EISCONN);
    polysock_pollfd *set = (polysock_pollfd *)(void *)(memory + 201), entry = {.socket = a, .events = POLYSOCK_POLLOUT};
    memcpy(memory + 201, &entry, sizeof entry);
    CHECK_IS(polysock_poll(set, 1, 10000), 1);
    memcpy(&entry, memory + 201, sizeof entry);
    CHECK_IS(entry.revents, POLYSOCK_POLLOUT);
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    polysock_iovec one = {"z", 1};
    memcpy(memory + 301, &one, sizeof one);
    m.iov = (polysock_iovec *)(void *)(memory + 301), m.iov_count = 1;
    memcpy(memory + 401, &m, sizeof m);
    CHECK_IS(polysock_sendmsg(a, (polysock_msg *)(void *)(memory + 401), 0, 1000), 1);
    one.base = memory + 1;
    memcpy(memory + 301, &one, sizeof one);
    CHECK_IS(polysock_recvmsg(b, (polysock_msg *)(void *)(memory + 401), 0, 10000), 1);
    CHECK_IS(memory[1], 'z');
    CHECK_IS(polysock_close((polysock_t *)(void *)((char *)a + 1)), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "close: s is not a handle");
    struct sockaddr_odd { char first; struct sockaddr sa; } __attribute__((packed)) packed = {0};
    packed.sa.sa_family = AF_UNIX;
    CHECK_IS(polysock_addr_from_sockaddr(odd, (const struct sockaddr *)((const char *)&packed + 1), 2), 0);
    /* 1024 pieces are fine, and all go out. */
    polysock_iovec *many = (polysock_iovec *)(void *)big;
    for (int i = 0; i < 1024; i++)
        many[i] = (polysock_iovec){memory + i % 7, 1};
    CHECK_IS(polysock_sendv(a, many, 1024, POLYSOCK_INFINITE), 1024);
    CHECK_IS(polysock_recv_exact(b, big, 1024, NULL, 10000), 0);
    polysock_free(a);
    polysock_free(b);
}

/* Text with what C can't see the end of, and text that is longer than any name. */
TEST(strange_text)
{
    polysock_t *s, *out = NULL;
    polysock_addr a = {.length = 7};
    char *large = malloc(100001);
    memset(large, 'x', 100000);
    large[100000] = '\0';
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_addr_parse(&a, large, 0), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_parse(&a, "127.0.0.1:80\0:81", 0), 0);
    CHECK_IS(polysock_addr_port(&a), 80);
    CHECK(polysock_create_connection(&out, large, "1", 100) < 0);
    CHECK(polysock_create_connection(&out, "127.0.0.1", large, 100) < 0);
    CHECK(polysock_create_server(&out, large, "0", 1) < 0);
    CHECK(polysock_getaddrinfo(large, NULL, 0, 0, 0, NULL, 0) < 0);
    CHECK_IS(polysock_set_congestion(s, large), POLYSOCK_EINVAL);
    CHECK_IS(polysock_set_device(s, large), POLYSOCK_EINVAL);
    CHECK_IS(polysock_set_mcast_if(s, large), POLYSOCK_EINVAL);
    CHECK(strlen(polysock_last_detail()) > 5 && out == NULL);
    free(large);
    polysock_free(s);
}

/* No descriptor left: each call that makes one says so by name, and nothing else breaks. */
TEST(descriptor_exhaustion)
{
    struct rlimit limit, few;
    polysock_t *a, *b, *s = NULL, *out = NULL;
    polysock_poller *p = NULL;
    polysock_addr addr;
    int fillers[300], count = 0, fd = 0, got = -1;
    polysock_control *send, *recv;
    polysock_t *listener = make_listener("127.0.0.1", &addr);
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    MUST(polysock_control_new(&send, 0));
    MUST(polysock_control_new(&recv, POLYSOCK_CONTROL_ROOM));
    MUST(polysock_control_add_fds(send, &fd, 1));
    /* Sent before the limit is lowered: it also counts the descriptors in flight from all processes of the user. */
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    char byte = 'x';
    polysock_iovec part = {&byte, 1};
    m.iov = &part, m.iov_count = 1, m.control = send;
    CHECK_IS(polysock_sendmsg(a, &m, 0, 1000), 1);
    getrlimit(RLIMIT_NOFILE, &limit);
    few = limit;
    few.rlim_cur = 256;
    if (!CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0))
        return;
    while (count < 300 && (fd = dup(0)) >= 0)
        fillers[count++] = fd;
    CHECK_IS(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0), POLYSOCK_EMFILE);
    CHECK_IS(polysock_socketpair(&s, &out, POLYSOCK_SOCK_STREAM), POLYSOCK_EMFILE);
    CHECK_IS(polysock_dup(a, &s), POLYSOCK_EMFILE);
    CHECK_IS(polysock_poller_new(&p), POLYSOCK_EMFILE);
    CHECK_IS(polysock_create_server(&s, "127.0.0.1", "0", 1), POLYSOCK_EMFILE);
    CHECK_IS(polysock_create_connection(&s, "127.0.0.1", "1", 1000), POLYSOCK_EMFILE);
    CHECK_TEXT(polysock_err_name(POLYSOCK_EMFILE), "EMFILE");
    m.control = recv;
    CHECK_IS(polysock_recvmsg(b, &m, 0, 1000), 1); /* the byte comes, the descriptor can't */
    CHECK(m.flags & POLYSOCK_MSG_CTRUNC);
    CHECK_IS(polysock_control_take_fds(recv, &got, 1), 0);
    CHECK(s == NULL && out == NULL && p == NULL && got == -1);
    CHECK_IS(polysock_send(a, "y", 1, 0, 1000), 1);
    while (count > 0)
        close(fillers[--count]);
    setrlimit(RLIMIT_NOFILE, &limit);
    polysock_control_free(send);
    polysock_control_free(recv);
    polysock_free(listener);
    polysock_free(a);
    polysock_free(b);
}

int main(void)
{
    RUN(null_handles);
    RUN(null_arguments);
    RUN(out_of_range);
    RUN(wrong_state);
    RUN(closed_handles);
    RUN(every_other_function_without_a_handle);
    RUN(every_other_function_on_a_closed_handle);
    RUN(missing_results);
    RUN(invalid_messages);
    RUN(invalid_control_messages);
    RUN(misaligned);
    RUN(strange_text);
#ifndef VALGRIND /* applies the limit itself, but not to socketpair and recvmsg */
    RUN(descriptor_exhaustion);
#endif
    return report();
}
