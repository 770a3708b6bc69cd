/* What became of the bytes that were sent: how the results get to C. What they mean is in the scenarios. */
#include "harness.h"

static void connect_pair(polysock_t **a, polysock_t **b)
{
    polysock_t *listener;
    polysock_addr address;
    MUST(polysock_create_server(&listener, "127.0.0.1", "0", 1));
    MUST(polysock_getsockname(listener, &address));
    MUST(polysock_socket(a, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    MUST(polysock_connect(*a, &address, 10000));
    MUST(polysock_accept(listener, b, NULL, 10000));
    polysock_free(listener);
}

TEST(the_queue)
{
    polysock_t *a, *b;
    uint64_t unsent = 9, unacked = 9;
    connect_pair(&a, &b);
    CHECK_IS(polysock_sendall(a, "hello", 5, NULL, 10000), 0);
    CHECK_IS(polysock_wait_acked(a, 10000), 0);
    CHECK_IS(polysock_send_queue(a, &unsent, &unacked), 0);
    CHECK(unsent == 0 && unacked == 0);
    CHECK_IS(polysock_send_queue(a, NULL, NULL), 0);
    REFUSED(polysock_wait_acked(a, -3), "timeout_ms");
    polysock_free(a);
    polysock_free(b);
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    CHECK_IS(polysock_sendall(a, "hello", 5, NULL, 10000), 0);
    CHECK_IS(polysock_send_queue(a, &unsent, &unacked), 0);
    CHECK(unsent == 0 && unacked >= 5);
    CHECK_IS(polysock_wait_acked(a, 0), POLYSOCK_EAGAIN);
    CHECK_IS(polysock_wait_acked(a, 1), POLYSOCK_ETIMEDOUT);
    CHECK_IS(polysock_peer_closed(a), 0);
    polysock_close(b);
    CHECK_IS(polysock_peer_closed(a), POLYSOCK_ECONNRESET);
    CHECK_IS(polysock_wait_acked(a, 0), POLYSOCK_ECONNRESET);
    polysock_free(a);
    polysock_free(b);
}

TEST(each_verdict)
{
    polysock_t *a, *b;
    polysock_close_report report;
    char buf[8];

    connect_pair(&a, &b);
    CHECK_IS(polysock_close_graceful(a, POLYSOCK_DISCARD_LIMIT, &report, sizeof report, 0), 0);
    CHECK_IS(report.verdict, POLYSOCK_CLOSE_TIMED_OUT);
    CHECK(report.unacked == 0 && report.unsent == 0 && report.discarded == 0 && report.reserved == 0);
    CHECK(polysock_is_closed(a));
    CHECK_IS(polysock_close_graceful(a, 0, &report, sizeof report, 0), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_recv(b, buf, sizeof buf, 0, 10000), 0);
    CHECK_IS(polysock_peer_closed(b), 1);
    polysock_free(a);
    polysock_free(b);

    connect_pair(&a, &b);
    CHECK_IS(polysock_sendall(b, "rest", 4, NULL, 10000), 0);
    CHECK_IS(polysock_shutdown(b, POLYSOCK_SHUT_WR), 0);
    CHECK_IS(polysock_close_graceful(a, 4, &report, sizeof report, 10000), 0);
    CHECK(report.verdict == POLYSOCK_CLOSE_ACKNOWLEDGED || report.verdict == POLYSOCK_CLOSE_PEER_FINISHED);
    CHECK_IS(report.discarded, 4);
    polysock_free(a);
    polysock_free(b);

    connect_pair(&a, &b);
    CHECK_IS(polysock_sendall(b, "rest", 4, NULL, 10000), 0);
    CHECK_IS(polysock_recv(a, buf, 1, POLYSOCK_MSG_PEEK, 10000), 1);
    CHECK_IS(polysock_close_graceful(a, 3, &report, sizeof report, 10000), 0);
    CHECK_IS(report.verdict, POLYSOCK_CLOSE_LIMIT_REACHED);
    CHECK_IS(report.discarded, 3);
    polysock_free(a);
    polysock_free(b);

    connect_pair(&a, &b);
    CHECK_IS(polysock_abort(b), 0);
    CHECK_IS(polysock_close_graceful(a, 0, &report, sizeof report, 10000), 0);
    CHECK_IS(report.verdict, POLYSOCK_CLOSE_RESET);
    polysock_free(a);
    polysock_free(b);
}

TEST(sizes_and_bad_calls)
{
    polysock_t *a, *b;
    polysock_close_report report = {0};
    unsigned char large[sizeof report + 16];
    connect_pair(&a, &b);
    REFUSED(polysock_close_graceful(a, 0, NULL, sizeof report, 0), "out is NULL");
    REFUSED(polysock_close_graceful(a, 0, &report, 0, 0), "out_size");
    REFUSED(polysock_close_graceful(a, 0, &report, SIZE_MAX, 0), "out_size");
    REFUSED(polysock_close_graceful(a, 0, &report, sizeof report, -3), "timeout_ms");
    CHECK(!polysock_is_closed(a));
    memset(large, 0xee, sizeof large);
    CHECK_IS(polysock_close_graceful(a, 0, (polysock_close_report *)(void *)large, sizeof report + 15, 0), 0);
    CHECK(large[0] == POLYSOCK_CLOSE_TIMED_OUT || large[3] == POLYSOCK_CLOSE_TIMED_OUT);
    CHECK(large[sizeof report - 1] == 0 && large[sizeof report] == 0xff);
    CHECK(large[sizeof report + 14] == 0xff && large[sizeof report + 15] == 0xee);
    memset(large, 0xee, sizeof large);
    CHECK_IS(polysock_close_graceful(b, 0, (polysock_close_report *)(void *)large, 4, 10000), 0);
    CHECK(large[3] != 0xee && large[4] == 0xee);
    polysock_free(a);
    polysock_free(b);
    MUST(polysock_socket(&a, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0));
    CHECK_IS(polysock_close_graceful(a, 0, &report, sizeof report, 0), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(polysock_send_queue(a, NULL, NULL), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(polysock_peer_closed(a), POLYSOCK_EUNSUPPORTED);
    CHECK(!polysock_is_closed(a) && report.verdict == 0);
    polysock_free(a);
    MUST(polysock_socket(&a, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_close_graceful(a, 0, &report, sizeof report, 0), POLYSOCK_ENOTCONN);
    polysock_free(a);
}

int main(void)
{
    RUN(the_queue);
    RUN(each_verdict);
    RUN(sizes_and_bad_calls);
    return report();
}
