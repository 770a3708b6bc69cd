/* Batches of datagrams: what each element says, and what is refused. */
#include "harness.h"

enum { ROOM = 8, MANY = 2000 };

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

static polysock_dgram to_send(const char *text, polysock_addr *to)
{
    polysock_dgram d = {0};
    d.buf = (void *)text;
    d.len = strlen(text);
    d.addr = to;
    return d;
}

TEST(each_element_says_what_became_of_it)
{
    static const char *const hosts[] = {"127.0.0.1:0", "[::1]:0"};
    for (size_t i = 0; i < 2; i++) {
        polysock_addr a, b, nowhere;
        polysock_t *one = make_udp(hosts[i], &a), *other = make_udp(hosts[i], &b);
        MUST(polysock_addr_parse(&nowhere, hosts[1 - i], 9)); /* of the wrong family, or it has no port */
        polysock_dgram out[] = {to_send("one", &b), to_send("two", &b), to_send("three", &nowhere), to_send("", &b),
                                to_send("five!", &b)};
        CHECK_IS(polysock_send_batch(one, out, 5, POLYSOCK_DEFAULT), 4);
        CHECK_IS(out[0].result, 3);
        CHECK(out[2].result < 0);
        CHECK_IS(out[3].result, 0);
        CHECK_IS(out[4].result, 5);
        char memory[ROOM][4];
        polysock_addr from[ROOM];
        polysock_dgram in[ROOM] = {{0}};
        for (size_t k = 0; k < ROOM; k++) {
            in[k].buf = memory[k];
            in[k].len = sizeof memory[k];
            in[k].addr = k == 1 ? NULL : &from[k];
            in[k].result = 77;
        }
        CHECK_IS(polysock_recv_batch(other, in, ROOM, 10000), 4);
        CHECK(in[0].result == 3 && memcmp(memory[0], "one", 3) == 0 && in[0].flags == 0 && in[0].segment_size == 0);
        CHECK(in[1].result == 3 && memcmp(memory[1], "two", 3) == 0);
        CHECK_IS(in[2].result, 0);
        CHECK(in[3].result == 4 && memcmp(memory[3], "five", 4) == 0 && in[3].flags == POLYSOCK_MSG_TRUNC);
        CHECK(polysock_addr_equal(&from[0], &a) && polysock_addr_equal(&from[3], &a));
        CHECK_IS(in[4].result, 77); /* stays as it is */
        CHECK_IS(polysock_recv_batch(other, in, ROOM, 0), POLYSOCK_EAGAIN);
        polysock_free(one);
        polysock_free(other);
    }
}

TEST(when_none_was_sent_the_first_is_the_code)
{
    polysock_addr a, nowhere;
    polysock_t *s = make_udp("127.0.0.1:0", &a);
    MUST(polysock_addr_parse(&nowhere, "127.0.0.1:0", 0));
    polysock_dgram out[] = {to_send("x", &nowhere), to_send("y", NULL)};
    CHECK_IS(polysock_send_batch(s, out, 2, 1000), POLYSOCK_EINVAL);
    CHECK(strstr(polysock_last_detail(), "datagram 0 to 127.0.0.1:0") != NULL);
    CHECK_IS(out[0].result, POLYSOCK_EINVAL);
    CHECK_IS(out[1].result, POLYSOCK_EDESTADDRREQ);
    polysock_t *one, *full;
    MUST(polysock_socketpair(&one, &full, POLYSOCK_SOCK_DGRAM));
    polysock_dgram many[MANY];
    for (size_t i = 0; i < MANY; i++)
        many[i] = to_send("x", NULL);
    int sent = polysock_send_batch(one, many, MANY, 50);
    CHECK(sent > 0 && sent < MANY && many[sent - 1].result == 1);
    CHECK_IS(many[sent].result, POLYSOCK_ETIMEDOUT);
    CHECK_IS(polysock_send_batch(one, many, MANY, 50), POLYSOCK_ETIMEDOUT);
    CHECK_IS(polysock_send_batch(one, many, MANY, 0), POLYSOCK_EAGAIN);
    polysock_close(one);
    CHECK_IS(polysock_send_batch(one, many, MANY, 0), POLYSOCK_ECLOSED);
    CHECK_IS(many[0].result, POLYSOCK_ECLOSED);
    polysock_free(one);
    polysock_free(full);
    polysock_free(s);
}

TEST(segments_arrive_as_datagrams)
{
    polysock_addr a, b;
    polysock_t *one = make_udp("127.0.0.1:0", &a), *other = make_udp("127.0.0.1:0", &b);
    bool on = true;
    char byte[2];
    CHECK_IS(polysock_send_segments(one, "aabbc", 5, 2, &b, 1000), 5);
    CHECK_IS(polysock_send_segments(one, NULL, 0, 2, &b, 1000), 0);
    CHECK_IS(polysock_recv(other, byte, 2, 0, 10000), 2);
    CHECK_IS(polysock_recv(other, byte, 2, 0, 10000), 2);
    CHECK_IS(polysock_recv(other, byte, 2, 0, 10000), 1);
    CHECK_IS(polysock_get_udp_gro(other, &on), 0);
    CHECK(!on);
    CHECK_IS(polysock_set_udp_gro(other, true), 0);
    CHECK_IS(polysock_get_udp_gro(other, &on), 0);
    CHECK(on);
    CHECK_IS(polysock_send_segments(one, "aabbc", 5, 2, &b, 1000), 5);
    static char room[65535];
    char all[6] = "";
    while (strlen(all) < 5) {
        polysock_dgram in = {0};
        in.buf = room;
        in.len = sizeof room;
        MUST(polysock_recv_batch(other, &in, 1, 10000));
        CHECK(in.segment_size == 2 || in.result <= 2);
        strncat(all, room, (size_t)in.result);
    }
    CHECK_TEXT(all, "aabbc");
    polysock_free(one);
    polysock_free(other);
}

TEST(wrong_arguments_are_refused)
{
    polysock_addr a, wrong = {0};
    polysock_t *s = make_udp("127.0.0.1:0", &a), *client, *server;
    polysock_dgram d = to_send("x", &a);
    wrong.length = 500;
    REFUSED(polysock_send_batch(NULL, &d, 1, 0), "s ");
    REFUSED(polysock_send_batch(s, NULL, 1, 0), "d ");
    REFUSED(polysock_recv_batch(s, NULL, 1, 0), "d ");
    REFUSED(polysock_send_batch(s, &d, 1, -3), "timeout_ms");
    REFUSED(polysock_send_segments(s, NULL, 1, 1, &a, 0), "buf");
    REFUSED(polysock_send_segments(s, "x", 1, 0, &a, 0), "segment_size");
    REFUSED(polysock_send_segments(s, "x", 1, 65536, &a, 0), "segment_size");
    d.reserved[2] = 1;
    REFUSED(polysock_send_batch(s, &d, 1, 0), "d->reserved");
    REFUSED(polysock_recv_batch(s, &d, 1, 0), "d->reserved");
    d = to_send("x", &wrong);
    REFUSED(polysock_send_batch(s, &d, 1, 0), "d->addr");
    d = to_send("x", &a);
    d.buf = NULL;
    REFUSED(polysock_send_batch(s, &d, 1, 0), "d->buf");
    REFUSED(polysock_recv_batch(s, &d, 1, 0), "d->buf");
    d.len = SIZE_MAX;
    d.buf = &d;
    REFUSED(polysock_send_batch(s, &d, 1, 0), "d->len is above SSIZE_MAX");
    REFUSED(polysock_recv_batch(s, &d, 1, 0), "d->len is above SSIZE_MAX");
    CHECK_IS(polysock_send_batch(s, NULL, 0, 0), 0);
    CHECK_IS(polysock_recv_batch(s, NULL, 0, 0), 0);
    CHECK_IS(polysock_send_batch(s, &d, SIZE_MAX / sizeof d, 0), POLYSOCK_ENOMEM);
    REFUSED(polysock_send_batch(s, NULL, SIZE_MAX, 0), "d is NULL");
    REFUSED(polysock_recv_batch(s, NULL, SIZE_MAX, 0), "d is NULL");
    make_pair(&client, &server);
    d = to_send("x", NULL);
    CHECK_IS(polysock_send_batch(client, &d, 1, 0), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(polysock_recv_batch(client, &d, 1, 0), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(polysock_send_segments(client, "x", 1, 1, NULL, 0), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(polysock_set_udp_gro(client, true), POLYSOCK_EUNSUPPORTED);
    polysock_free(client);
    polysock_free(server);
    polysock_free(s);
}

int main(void)
{
    RUN(each_element_says_what_became_of_it);
    RUN(when_none_was_sent_the_first_is_the_code);
    RUN(segments_arrive_as_datagrams);
    RUN(wrong_arguments_are_refused);
    return report();
}
