/* Options: each is set, read back, and refuses what is out of range by name; multicast; tcp_info. */
#include "harness.h"
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static polysock_t *make(int family, int type)
{
    polysock_t *s;
    MUST(polysock_socket(&s, family, type, 0));
    return s;
}

static polysock_t *tcp(void) { return make(POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM); }
static polysock_t *udp(void) { return make(POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM); }
static polysock_t *tcp6(void) { return make(POLYSOCK_AF_INET6, POLYSOCK_SOCK_STREAM); }
static polysock_t *udp6(void) { return make(POLYSOCK_AF_INET6, POLYSOCK_SOCK_DGRAM); }
static polysock_t *local(void) { return make(POLYSOCK_AF_UNIX, POLYSOCK_SOCK_STREAM); }

struct flag {
    const char *name;
    polysock_t *(*make)(void);
    int (*set)(polysock_t *, bool);
    int (*get)(const polysock_t *, bool *);
    int level, number;
    polysock_t *(*foreign)(void); /* a socket that has no such option */
};

#define FLAG(make, name, level, number, foreign) {#name, make, polysock_set_##name, polysock_get_##name, level, number, foreign}

TEST(flags)
{
    static const struct flag flags[] = {
        FLAG(tcp, cork, IPPROTO_TCP, TCP_CORK, local),
        FLAG(tcp, quickack, IPPROTO_TCP, TCP_QUICKACK, local),
        FLAG(tcp, fastopen_connect, IPPROTO_TCP, 30, local),
        FLAG(tcp, reuseport, SOL_SOCKET, SO_REUSEPORT, local),
        FLAG(udp, broadcast, SOL_SOCKET, SO_BROADCAST, NULL),
        FLAG(tcp, oobinline, SOL_SOCKET, SO_OOBINLINE, NULL),
        FLAG(udp, timestamps, SOL_SOCKET, SO_TIMESTAMPNS, NULL),
        FLAG(local, passcred, SOL_SOCKET, SO_PASSCRED, NULL),
        FLAG(udp, packet_info, IPPROTO_IP, IP_PKTINFO, local),
        FLAG(udp, freebind, IPPROTO_IP, IP_FREEBIND, local),
        FLAG(tcp6, freebind, IPPROTO_IPV6, 78, local),
        FLAG(udp, transparent, IPPROTO_IP, 19, local),
        FLAG(tcp6, v6only, IPPROTO_IPV6, IPV6_V6ONLY, local),
        FLAG(udp, mcast_loop, IPPROTO_IP, IP_MULTICAST_LOOP, local),
        FLAG(udp, mcast_all, IPPROTO_IP, 49, local),
        FLAG(udp6, mcast_all, IPPROTO_IPV6, 29, local),
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        const struct flag *flag = &flags[i];
        polysock_t *s = flag->make();
        for (int turn = 0; turn < 3; turn++) {
            bool on = turn % 2 == 0, read = !on;
            int number = 99;
            size_t size = sizeof number;
            int code = flag->set(s, on);
            if (code == POLYSOCK_EPERM || (code == POLYSOCK_EUNSUPPORTED && flag->number == 30)) {
                skip(flag->name, code == POLYSOCK_EPERM ? "CAP_NET_ADMIN" : "TCP fast open, which is switched off");
                break;
            }
            if (!CHECK_IS(code, 0) || !CHECK_IS(flag->get(s, &read), 0) || !CHECK(read == on))
                fprintf(stderr, "    %s\n", flag->name);
            CHECK_IS(polysock_getsockopt(s, flag->level, flag->number, &number, &size), 0);
            CHECK((number != 0) == on);
        }
        polysock_free(s);
        if (flag->foreign != NULL) {
            bool read = true;
            s = flag->foreign();
            CHECK_IS(flag->set(s, true), POLYSOCK_EUNSUPPORTED);
            if (flag->set != polysock_set_reuseport) /* the kernel reports it for every socket */
                CHECK_IS(flag->get(s, &read), POLYSOCK_EUNSUPPORTED);
            CHECK(read || flag->set == polysock_set_reuseport);
            polysock_free(s);
        }
    }
}

struct whole {
    const char *name;
    polysock_t *(*make)(void);
    int (*set)(polysock_t *, int);
    int (*get)(const polysock_t *, int *);
    int value, wrong[3]; /* one that it takes; some that it refuses */
    const char *word;
    bool foreign; /* a Unix socket has no such option */
};

#define WHOLE(make, name, word, foreign, value, ...) \
    {#name, make, polysock_set_##name, polysock_get_##name, value, {__VA_ARGS__}, word, foreign}

TEST(numbers)
{
    static const struct whole wholes[] = {
        WHOLE(udp, ttl, "ttl", true, 5, 0, 256, -1),
        WHOLE(udp, tos, "tos", true, 0x28, 256, 1000, -1),
        WHOLE(tcp, tos, "tos", true, 0x28, 256, 1, 3),
        WHOLE(tcp6, hops, "hops", true, 7, 256, 1 << 20, -1),
        WHOLE(tcp6, tclass, "class", true, 0x28, 256, 2, 1 << 30),
        WHOLE(udp, mcast_ttl, "ttl", true, 3, 256, 1 << 20, -1),
        WHOLE(udp, priority, "priority", false, 4, -1, -5, INT_MIN),
        WHOLE(tcp, fastopen, "queue", true, 5, -1, -5, INT_MIN),
        WHOLE(tcp, defer_accept, "seconds", true, 7, -1, -5, INT_MIN),
        WHOLE(tcp, defer_accept, "defer accept", true, 31, 29888, 1 << 20, INT_MAX),
        WHOLE(tcp, user_timeout, "milliseconds", true, 12345, -1, -5, INT_MIN),
        WHOLE(tcp, user_timeout, "milliseconds", true, INT_MAX, -1, -5, INT_MIN),
    };
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        const struct whole *whole = &wholes[i];
        polysock_t *s = whole->make();
        int before = 0, read = -99;
        CHECK_IS(whole->get(s, &before), 0);
        for (int wrong = 0; wrong < 3; wrong++) {
            REFUSED(whole->set(s, whole->wrong[wrong]), whole->word);
            CHECK(whole->get(s, &read) == 0 && read == before);
        }
        CHECK_IS(whole->set(s, whole->value), 0);
        CHECK_IS(whole->get(s, &read), 0);
        if (!CHECK_IS(read, whole->value))
            fprintf(stderr, "    %s\n", whole->name);
        polysock_free(s);
        s = local();
        read = -99;
        CHECK_IS(whole->set(s, whole->value), whole->foreign ? POLYSOCK_EUNSUPPORTED : 0);
        CHECK_IS(whole->get(s, &read), whole->foreign ? POLYSOCK_EUNSUPPORTED : 0);
        CHECK_IS(read, whole->foreign ? -99 : whole->value);
        polysock_free(s);
    }
    polysock_t *s = tcp();
    int read = -99;
    CHECK_IS(polysock_get_incoming_cpu(s, &read), 0);
    CHECK_IS(read, -1);
    CHECK_IS(polysock_set_incoming_cpu(s, 1), 0);
    CHECK_IS(polysock_get_incoming_cpu(s, &read), 0);
    CHECK_IS(read, 1);
    REFUSED(polysock_set_incoming_cpu(s, -1), "cpu");
    CHECK_IS(polysock_set_defer_accept(s, 3), 0);
    CHECK_IS(polysock_set_defer_accept(s, 0), 0);
    CHECK(polysock_get_defer_accept(s, &read) == 0 && read == 0);
    uint32_t mark = 99;
    int code = polysock_set_mark(s, 0x80000001u);
    CHECK(code == 0 || code == POLYSOCK_EPERM);
    if (code == POLYSOCK_EPERM)
        skip("mark", "CAP_NET_ADMIN");
    CHECK_IS(polysock_get_mark(s, &mark), 0);
    CHECK_IS(mark, code == 0 ? 0x80000001u : 0);
    polysock_free(s);
}

TEST(sizes)
{
    polysock_t *s = tcp();
    size_t bytes = 0;
    CHECK_IS(polysock_set_sndbuf(s, 20000), 0);
    CHECK(polysock_get_sndbuf(s, &bytes) == 0 && bytes == 40000);
    CHECK_IS(polysock_set_rcvbuf(s, 30000), 0);
    CHECK(polysock_get_rcvbuf(s, &bytes) == 0 && bytes == 60000);
    CHECK_IS(polysock_set_rcvlowat(s, 100), 0);
    CHECK(polysock_get_rcvlowat(s, &bytes) == 0 && bytes == 100);
    CHECK_IS(polysock_set_maxseg(s, 1000), 0);
    CHECK(polysock_get_maxseg(s, &bytes) == 0 && bytes == 1000);
    CHECK_IS(polysock_set_maxseg(s, 0), 0);
    CHECK_IS(polysock_set_notsent_lowat(s, 5000), 0);
    CHECK(polysock_get_notsent_lowat(s, &bytes) == 0 && bytes == 5000);
    CHECK_IS(polysock_set_notsent_lowat(s, 0), 0);
    CHECK(polysock_get_notsent_lowat(s, &bytes) == 0 && bytes == 0);
    static const size_t huge[] = {(size_t)INT_MAX + 1, SIZE_MAX / 2 + 2, SIZE_MAX};
    for (int i = 0; i < 3; i++) {
        REFUSED(polysock_set_sndbuf(s, huge[i]), "send buffer");
        REFUSED(polysock_set_rcvbuf(s, huge[i]), "receive buffer");
        REFUSED(polysock_set_rcvlowat(s, huge[i]), "low-water");
        REFUSED(polysock_set_maxseg(s, huge[i]), "maximum segment");
        if (i > 0 && sizeof(size_t) > 4)
            REFUSED(polysock_set_notsent_lowat(s, huge[i]), "not-sent");
    }
    REFUSED(polysock_set_sndbuf(s, 0), "send buffer");
    REFUSED(polysock_set_rcvbuf(s, 0), "receive buffer");
    REFUSED(polysock_set_rcvlowat(s, 0), "low-water");
    REFUSED(polysock_set_maxseg(s, 87), "maximum segment");
    polysock_free(s);
    s = local();
    CHECK_IS(polysock_set_maxseg(s, 1000), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(polysock_get_notsent_lowat(s, &bytes), POLYSOCK_EUNSUPPORTED);
    polysock_free(s);
}

TEST(names)
{
    polysock_t *s = tcp();
    char text[16] = "before", before[16];
    CHECK(polysock_get_congestion(s, before, sizeof before) > 0);
    CHECK_IS(polysock_set_congestion(s, before), 0);
    CHECK_IS(polysock_set_congestion(s, "nosuch"), POLYSOCK_ENOENT);
    REFUSED(polysock_set_congestion(s, ""), "congestion control");
    REFUSED(polysock_set_congestion(s, "sixteen_letters_"), "congestion control");
    REFUSED(polysock_set_congestion(s, "\xff"), "UTF-8");
    REFUSED(polysock_set_congestion(s, NULL), "name is NULL");
    CHECK_IS(polysock_get_congestion(s, text, 2), POLYSOCK_ENOSPC);
    CHECK_TEXT(text, "before");
    CHECK_IS(polysock_get_congestion(s, NULL, 0), (int)strlen(before));
    REFUSED(polysock_get_congestion(s, NULL, 5), "buf is NULL");
    CHECK_IS(polysock_get_device(s, text, sizeof text), 0);
    CHECK_TEXT(text, "");
    int code = polysock_set_device(s, "lo");
    if (code != POLYSOCK_EPERM) {
        CHECK_IS(code, 0);
        CHECK_IS(polysock_get_device(s, text, sizeof text), 2);
        CHECK_TEXT(text, "lo");
        code = polysock_set_device(s, NULL); /* any user may bind to a device, few may take it back */
        if (code == POLYSOCK_EPERM)
            skip("set_device(NULL)", "CAP_NET_RAW");
        else
            CHECK_IS(code, 0);
        CHECK_IS(polysock_get_device(s, text, sizeof text), code == 0 ? 0 : 2);
        polysock_free(s);
        s = tcp();
        CHECK_IS(polysock_set_device(s, "nosuch0"), POLYSOCK_ENODEV);
    } else {
        skip("set_device", "CAP_NET_RAW, or a Linux newer than 5.6");
    }
    REFUSED(polysock_set_device(s, ""), "device");
    REFUSED(polysock_set_device(s, "an_interface_with_a_long_name"), "device");
    polysock_free(s);
    s = local();
    CHECK_IS(polysock_set_congestion(s, "reno"), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(polysock_get_congestion(s, text, sizeof text), POLYSOCK_EUNSUPPORTED);
    polysock_free(s);
}

TEST(facts)
{
    polysock_addr a;
    polysock_t *s = make_listener("127.0.0.1", &a);
    int number = 99;
    bool on = false;
    CHECK(polysock_get_acceptconn(s, &on) == 0 && on);
    CHECK(polysock_get_domain(s, &number) == 0 && number == POLYSOCK_AF_INET);
    CHECK(polysock_get_type(s, &number) == 0 && number == POLYSOCK_SOCK_STREAM);
    CHECK(polysock_get_protocol(s, &number) == 0 && number == IPPROTO_TCP);
    CHECK(polysock_take_error(s, &number) == 0 && number == 0);
    polysock_free(s);
    /* An error that waits is taken once. */
    polysock_t *c = make(POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM);
    CHECK(polysock_get_acceptconn(c, &on) == 0 && !on);
    int code = polysock_connect(c, &a, 0);
    if (code == POLYSOCK_EINPROGRESS) {
        polysock_pollfd set[] = {{.socket = c, .events = POLYSOCK_POLLOUT}};
        CHECK_IS(polysock_poll(set, 1, 20000), 1);
        CHECK_IS(polysock_take_error(c, &number), 0);
        CHECK_IS(number, POLYSOCK_ECONNREFUSED);
        CHECK_IS(polysock_take_error(c, &number), 0);
        CHECK_IS(number, 0);
    } else {
        CHECK_IS(code, POLYSOCK_ECONNREFUSED);
    }
    polysock_free(c);
}

TEST(multicast)
{
    polysock_t *s = udp(), *sender = udp();
    polysock_addr a, group, source, other, group6;
    char byte = 0;
    uint32_t index = 99;
    MUST(polysock_addr_parse(&a, "0.0.0.0:0", 0));
    MUST(polysock_bind(s, &a));
    MUST(polysock_getsockname(s, &a));
    MUST(polysock_addr_parse(&group, "239.255.1.2", polysock_addr_port(&a)));
    MUST(polysock_addr_parse(&source, "127.0.0.1:0", 0));
    MUST(polysock_addr_parse(&group6, "[ff12::1234]:5", 0));
    CHECK_IS(polysock_set_mcast_if(sender, "lo"), 0);
    CHECK_IS(polysock_get_mcast_if(sender, &index), 0);
    CHECK_IS(index, 0); /* Linux does not report it over IPv4 */
    MUST(polysock_bind(sender, &source));
    CHECK_IS(polysock_mcast_join(s, &group, "lo", NULL), 0);
    CHECK_IS(polysock_mcast_join(s, &group, "lo", NULL), POLYSOCK_EADDRINUSE);
    CHECK_IS(polysock_sendto(sender, "m", 1, 0, &group, 1000), 1);
    CHECK_IS(polysock_recv(s, &byte, 1, 0, 10000), 1);
    CHECK_IS(byte, 'm');
    CHECK_IS(polysock_mcast_leave(s, &group, "lo", NULL), 0);
    CHECK_IS(polysock_mcast_leave(s, &group, "lo", NULL), POLYSOCK_EADDRNOTAVAIL);
    /* From one source only. */
    MUST(polysock_addr_parse(&other, "127.0.0.9:0", 0));
    CHECK_IS(polysock_mcast_join(s, &group, "lo", &other), 0);
    CHECK_IS(polysock_sendto(sender, "n", 1, 0, &group, 1000), 1);
    CHECK_IS(polysock_mcast_join(s, &group, "lo", &source), 0);
    CHECK_IS(polysock_sendto(sender, "o", 1, 0, &group, 1000), 1);
    CHECK_IS(polysock_recv(s, &byte, 1, 0, 10000), 1);
    CHECK_IS(byte, 'o');
    CHECK_IS(polysock_mcast_leave(s, &group, "lo", &source), 0);
    CHECK_IS(polysock_mcast_leave(s, &group, "lo", &other), 0);
    /* What is refused, by name. */
    REFUSED(polysock_mcast_join(s, &source, "lo", NULL), "group");
    REFUSED(polysock_mcast_join(s, &group6, "lo", NULL), "group");
    REFUSED(polysock_mcast_join(s, &group, "lo", &group), "source");
    REFUSED(polysock_mcast_join(s, &group, "", NULL), "interface");
    REFUSED(polysock_mcast_join(s, &group, "an_interface_with_a_long_name", NULL), "interface");
    REFUSED(polysock_mcast_join(s, &group, "\xff\xff", NULL), "iface is not UTF-8");
    REFUSED(polysock_mcast_join(s, NULL, "lo", NULL), "group is NULL");
    REFUSED(polysock_set_mcast_if(s, ""), "interface");
    CHECK_IS(polysock_mcast_join(s, &group, "nosuch0", NULL), POLYSOCK_ENODEV);
    CHECK_IS(polysock_set_mcast_if(s, "nosuch0"), POLYSOCK_ENODEV);
    MUST(polysock_addr_parse(&other, "unix:/x", 0));
    CHECK_IS(polysock_mcast_join(s, &other, "lo", NULL), POLYSOCK_EAFNOSUPPORT);
    polysock_free(s);
    polysock_free(sender);
    s = make(POLYSOCK_AF_INET6, POLYSOCK_SOCK_DGRAM);
    CHECK_IS(polysock_set_mcast_if(s, "lo"), 0);
    CHECK_IS(polysock_get_mcast_if(s, &index), 0);
    CHECK_IS(index, if_nametoindex("lo"));
    CHECK_IS(polysock_set_mcast_if(s, NULL), 0);
    CHECK(polysock_get_mcast_if(s, &index) == 0 && index == 0);
    CHECK_IS(polysock_mcast_join(s, &group6, "lo", NULL), 0);
    CHECK_IS(polysock_mcast_leave(s, &group6, "lo", NULL), 0);
    polysock_free(s);
    s = local();
    CHECK_IS(polysock_mcast_join(s, &group, "lo", NULL), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(polysock_set_mcast_if(s, "lo"), POLYSOCK_EUNSUPPORTED);
    polysock_free(s);
}

TEST(statistics)
{
    polysock_t *a, *b;
    polysock_tcp_stats stats, kept;
    unsigned char large[sizeof stats + 64];
    make_pair(&a, &b);
    CHECK_IS(polysock_sendall(a, "hello", 5, NULL, 10000), 0);
    CHECK_IS(polysock_recv_exact(b, large, 5, NULL, 10000), 0);
    memset(&stats, 0, sizeof stats);
    CHECK_IS(polysock_tcp_info(b, &stats, sizeof stats), 0);
    CHECK(stats.state == 1 && stats.bytes_received == 5 && stats.segs_in > 0 && stats.rcv_mss > 0);
    CHECK(stats.reserved == 0 && stats.snd_ssthresh == UINT32_MAX && stats.max_pacing_rate == UINT64_MAX);
    CHECK_IS(polysock_tcp_info(a, &stats, sizeof stats), 0);
    CHECK(stats.rtt_us > 0 && stats.snd_cwnd > 0 && stats.window_scaling <= 1);
    /* A shorter struct gets the beginning, a longer one what is unknown. */
    memset(large, 0xee, sizeof large);
    CHECK_IS(polysock_tcp_info(a, (polysock_tcp_stats *)(void *)large, 6), 0);
    CHECK(large[0] == 1 && large[5] != 0xee && large[6] == 0xee);
    CHECK_IS(polysock_tcp_info(a, (polysock_tcp_stats *)(void *)large, sizeof stats + 60), 0);
    CHECK(large[sizeof stats] == 0xff && large[sizeof stats + 59] == 0xff && large[sizeof stats + 60] == 0xee);
    memset(&kept, 0xee, sizeof kept);
    stats = kept;
    REFUSED(polysock_tcp_info(a, &stats, 0), "out_size");
    REFUSED(polysock_tcp_info(a, &stats, SIZE_MAX), "out_size");
    REFUSED(polysock_tcp_info(a, NULL, sizeof stats), "out is NULL");
    polysock_free(b);
    polysock_close(a);
    CHECK_IS(polysock_tcp_info(a, &stats, sizeof stats), POLYSOCK_ECLOSED);
    polysock_free(a);
    a = udp();
    CHECK_IS(polysock_tcp_info(a, &stats, sizeof stats), POLYSOCK_EUNSUPPORTED);
    CHECK(memcmp(&stats, &kept, sizeof kept) == 0);
    polysock_free(a);
}

int main(void)
{
    RUN(flags);
    RUN(numbers);
    RUN(sizes);
    RUN(names);
    RUN(facts);
    RUN(multicast);
    RUN(statistics);
    return report();
}
