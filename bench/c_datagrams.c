/* Times ways to send and to receive datagrams of 64 bytes, in turns:
 *
 *     c_datagrams ROUNDS [WORD]
 *     c_datagrams -          (variants that are asked for: measure.h)
 *
 * Prints a line `ROW VARIANT NANOSECONDS` (per datagram) for each row, variant and round; with a word, only of variants
 * with the word in their names. The receiver's buffer has room for everything that is sent in between, and everything
 * that is received is there before the clock starts: so nothing is lost, nothing waits, and the two sides are measured
 * apart. Sending includes what the kernel does on the way up to the receiver's buffer, which it does within the call. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <polysock/polysock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

enum {
    SIZE = 64,
    COUNT = 256,    /* datagrams that are there at once; any receive buffer has room for them */
    SEGMENTS = 64,  /* what the kernel cuts from one piece */
    TIMES = 20,     /* times that they are sent and received for one measurement */
    TIMEOUT_MS = 5000,
    LONGEST = 60    /* seconds that the program may take for a round */
};

static unsigned char contents[COUNT][SIZE], arrived[COUNT][SEGMENTS * SIZE];

/* The sender and the receiver, as descriptors and, if the variant uses it, as handles. */
struct pair {
    int sender, receiver;
    polysock_t *from, *to;
    struct sockaddr_in address;
    polysock_addr polysock_address;
};

/* ------------------------------------------------------------------------------------------------ sending */

static void raw_sendto(struct pair *pair)
{
    for (int i = 0; i < COUNT; i++)
        must(sendto(pair->sender, contents[i], SIZE, MSG_NOSIGNAL, (struct sockaddr *)&pair->address, sizeof pair->address));
}

static void raw_sendmmsg(struct pair *pair)
{
    static struct mmsghdr messages[COUNT];
    static struct iovec parts[COUNT];
    for (int i = 0; i < COUNT; i++) {
        parts[i] = (struct iovec){contents[i], SIZE};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &pair->address, .msg_namelen = sizeof pair->address,
                                              .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    must(sendmmsg(pair->sender, messages, COUNT, MSG_NOSIGNAL) == COUNT ? 0 : -1);
}

static void raw_segments(struct pair *pair)
{
    for (int i = 0; i < COUNT; i += SEGMENTS) {
        union { char room[CMSG_SPACE(sizeof(uint16_t))]; struct cmsghdr alignment; } control;
        struct iovec part = {contents[i], SEGMENTS * SIZE};
        struct msghdr message = {.msg_name = &pair->address, .msg_namelen = sizeof pair->address, .msg_iov = &part,
                                 .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        uint16_t size = SIZE;
        *head = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof size)};
        memcpy(CMSG_DATA(head), &size, sizeof size);
        must(sendmsg(pair->sender, &message, MSG_NOSIGNAL) == SEGMENTS * SIZE ? 0 : -1);
    }
}

static void our_sendto(struct pair *pair)
{
    for (int i = 0; i < COUNT; i++)
        must(polysock_sendto(pair->from, contents[i], SIZE, 0, &pair->polysock_address, TIMEOUT_MS));
}

static void our_send_batch(struct pair *pair)
{
    static polysock_dgram datagrams[COUNT];
    for (int i = 0; i < COUNT; i++)
        datagrams[i] = (polysock_dgram){.buf = contents[i], .len = SIZE, .addr = &pair->polysock_address};
    must(polysock_send_batch(pair->from, datagrams, COUNT, TIMEOUT_MS) == COUNT ? 0 : -1);
}

static void our_send_segments(struct pair *pair)
{
    must(polysock_send_segments(pair->from, contents, sizeof contents, SIZE, &pair->polysock_address, TIMEOUT_MS) ==
                 sizeof contents ? 0 : -1);
}

/* ------------------------------------------------------------------------------------------------ receiving */

/* Each has the sender's address, as a server needs it. */

static void raw_recvfrom(struct pair *pair)
{
    for (int i = 0; i < COUNT; i++) {
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        must(recvfrom(pair->receiver, arrived[i], SIZE, 0, (struct sockaddr *)&from, &length) == SIZE ? 0 : -1);
    }
}

static void raw_recvmmsg(struct pair *pair)
{
    static struct mmsghdr messages[COUNT];
    static struct iovec parts[COUNT];
    static struct sockaddr_in from[COUNT];
    for (int i = 0; i < COUNT; i++) {
        parts[i] = (struct iovec){arrived[i], SIZE};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i],
                                              .msg_iovlen = 1};
    }
    must(recvmmsg(pair->receiver, messages, COUNT, MSG_WAITFORONE, NULL) == COUNT ? 0 : -1);
}

static void raw_gro(struct pair *pair)
{
    for (int bytes = 0; bytes < COUNT * SIZE;) {
        union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr alignment; } control;
        struct sockaddr_in from;
        struct iovec part = {arrived[0], sizeof arrived[0]};
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
                                 .msg_control = control.room, .msg_controllen = sizeof control.room};
        ssize_t got = recvmsg(pair->receiver, &message, 0);
        must(got);
        bytes += (int)got;
    }
}

static void our_recvfrom(struct pair *pair)
{
    for (int i = 0; i < COUNT; i++) {
        polysock_addr from;
        must(polysock_recvfrom(pair->to, arrived[i], SIZE, 0, &from, NULL, TIMEOUT_MS) == SIZE ? 0 : -1);
    }
}

/* With receive offload a buffer may receive many datagrams. */
static void our_recv_batch(struct pair *pair)
{
    static polysock_dgram datagrams[COUNT];
    static polysock_addr from[COUNT];
    for (size_t bytes = 0; bytes < COUNT * SIZE;) {
        for (int i = 0; i < COUNT; i++)
            datagrams[i] = (polysock_dgram){.buf = arrived[i], .len = sizeof arrived[i], .addr = &from[i]};
        int got = polysock_recv_batch(pair->to, datagrams, COUNT, TIMEOUT_MS);
        must(got);
        for (int i = 0; i < got; i++)
            bytes += (size_t)datagrams[i].result;
    }
}

/* ------------------------------------------------------------------------------------------------ in turns */

struct variant {
    const char *row, *name;
    void (*send)(struct pair *pair), (*receive)(struct pair *pair);
    bool offload; /* UDP_GRO on the receiver */
    struct pair pair;
};

static struct variant variants[] = {
    {.row = "send", .name = "sendto", .send = raw_sendto},
    {.row = "send", .name = "sendmmsg", .send = raw_sendmmsg},
    {.row = "send", .name = "sendmsg + UDP_SEGMENT", .send = raw_segments},
    {.row = "send", .name = "polysock_sendto", .send = our_sendto},
    {.row = "send", .name = "polysock_send_batch", .send = our_send_batch},
    {.row = "send", .name = "polysock_send_segments", .send = our_send_segments},
    {.row = "receive", .name = "recvfrom", .receive = raw_recvfrom},
    {.row = "receive", .name = "recvmmsg", .receive = raw_recvmmsg},
    {.row = "receive", .name = "recvmsg + UDP_GRO", .receive = raw_gro, .offload = true},
    {.row = "receive", .name = "polysock_recvfrom", .receive = our_recvfrom},
    {.row = "receive", .name = "polysock_recv_batch", .receive = our_recv_batch},
    {.row = "receive", .name = "polysock_recv_batch, offload", .receive = our_recv_batch, .offload = true},
};

enum { VARIANTS = sizeof variants / sizeof *variants };

static void prepare(struct variant *v)
{
    struct pair *pair = &v->pair;
    socklen_t length = sizeof pair->address;
    int on = 1, room = 4 << 20;
    pair->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    must(pair->receiver = socket(AF_INET, SOCK_DGRAM, 0));
    must(setsockopt(pair->receiver, SOL_SOCKET, SO_RCVBUF, &room, sizeof room));
    if (v->offload)
        must(setsockopt(pair->receiver, SOL_UDP, UDP_GRO, &on, sizeof on));
    must(bind(pair->receiver, (struct sockaddr *)&pair->address, sizeof pair->address));
    must(getsockname(pair->receiver, (struct sockaddr *)&pair->address, &length));
    must(polysock_addr_from_sockaddr(&pair->polysock_address, (struct sockaddr *)&pair->address, length));
    must(pair->sender = socket(AF_INET, SOCK_DGRAM, 0));
    must(polysock_from_fd(&pair->from, dup(pair->sender)));
    must(polysock_from_fd(&pair->to, dup(pair->receiver)));
}

/* Receives without being measured, and checks that every datagram is there. */
static void drain(struct pair *pair)
{
    for (int i = 0; i < COUNT; i++) {
        unsigned char datagram[SIZE + 1];
        must(recv(pair->receiver, datagram, sizeof datagram, MSG_DONTWAIT) == SIZE ? 0 : -1);
        must(memcmp(datagram, contents[i], SIZE) == 0 ? 0 : -1);
    }
}

/* The nanoseconds of one datagram. */
static double measured(struct variant *v)
{
    double passed = 0;
    for (int time = 0; time < TIMES; time++) {
        if (v->send) {
            double start = now_ns();
            v->send(&v->pair);
            passed += now_ns() - start;
            drain(&v->pair);
        } else {
            (v->offload ? raw_segments : raw_sendto)(&v->pair);
            double start = now_ns();
            v->receive(&v->pair);
            passed += now_ns() - start;
            must(recv(v->pair.receiver, arrived[0], 1, MSG_DONTWAIT) < 0 ? 0 : -1);
        }
    }
    return passed / COUNT / TIMES;
}

static double one_variant(const char *name)
{
    double ns = -1;
    alarm(LONGEST);
    for (int i = 0; i < VARIANTS; i++)
        if (strcmp(variants[i].name, name) == 0)
            ns = measured(&variants[i]);
    alarm(0); /* it may take longer until the next one is asked for */
    return ns;
}

int main(int argc, char **argv)
{
    bool on_request = argc == 2 && strcmp(argv[1], "-") == 0;
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    const char *word = argc > 2 ? argv[2] : "";
    if (rounds <= 0 && !on_request)
        return 64;
    for (int i = 0; i < COUNT; i++)
        memcpy(contents[i], &i, sizeof i);
    for (int i = 0; i < VARIANTS; i++)
        prepare(&variants[i]);
    if (on_request)
        return measure_on_request(one_variant);
    for (int round = 0; round <= rounds; round++) {
        alarm(LONGEST);
        for (int turn = 0; turn < VARIANTS; turn++) {
            /* The order changes from round to round, so that none always comes first. */
            struct variant *v = &variants[round % 2 ? turn : VARIANTS - 1 - turn];
            if (!strstr(v->name, word))
                continue;
            double ns = measured(v);
            if (round > 0) /* the first one warms up */
                printf("%s %s %.2f\n", v->row, v->name, ns);
        }
        if (round > 0)
            end_round();
    }
    return 0;
}
