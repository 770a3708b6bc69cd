/* Times ways to receive and to send messages of 64 bytes, each after its length in 32 bits, in turns:
 *
 *     c_messages ROUNDS [WORD]
 *     c_messages -          (variants that are asked for: measure.h)
 *
 * Prints a line `ROW VARIANT NANOSECONDS` (per message) for each row, variant and round; with a word, only of variants
 * with the word in their names. Everything that is received is
 * in the receiver's buffer in the kernel before the clock starts, and what is sent has room there: the other end takes
 * no part in what is measured. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <polysock/polysock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

enum {
    SIZE = 64,
    PREFIXED = 4 + SIZE,
    MANY = 20000,      /* messages that are received for one measurement, if there is room for them */
    FILLS = 5,         /* times that the buffer is filled and emptied for one measurement */
    SENT = 500,        /* messages that are sent for one measurement; any receive buffer has room for them */
    BATCH = 100,       /* messages that a sender has at once */
    ROOM = 64 << 10,   /* bytes of a buffer made by hand */
    TIMEOUT_MS = 5000,
    LONGEST = 60       /* seconds that the program may take for a round */
};

static unsigned char wire[MANY * PREFIXED];

/* Every message begins with its number. */
static void write_messages(void)
{
    for (int i = 0; i < MANY; i++) {
        uint32_t length = htonl(SIZE), number = htonl((uint32_t)i);
        memcpy(wire + i * PREFIXED, &length, 4);
        memcpy(wire + i * PREFIXED + 4, &number, 4);
    }
}

/* Every receiver looks at the number of each message; a message left out or cut wrongly ends the program. */
static uint32_t expected;

static inline void handle(const unsigned char *message, size_t length)
{
    uint32_t number;
    memcpy(&number, message, 4);
    if (length != SIZE || ntohl(number) != expected) {
        fprintf(stderr, "message %u of %zu bytes instead of %u\n", ntohl(number), length, expected);
        exit(1);
    }
    expected++;
}

/* ------------------------------------------------------------------------------------------------ receiving */

/* The fastest by hand: one buffer, and messages handled where they are. */
static void receive_buffered(int fd, int count)
{
    static unsigned char room[ROOM];
    static size_t end;
    while (count > 0) {
        ssize_t got = recv(fd, room + end, sizeof room - end, 0);
        must(got > 0 ? 0 : -1);
        end += (size_t)got;
        size_t start = 0;
        while (end - start >= 4) {
            uint32_t length;
            memcpy(&length, room + start, 4);
            length = ntohl(length);
            if (length > sizeof room - 4)
                exit(1);
            if (end - start - 4 < length)
                break;
            handle(room + start + 4, length);
            start += 4 + length;
            count--;
        }
        memmove(room, room + start, end - start);
        end -= start;
    }
}

static void recv_exactly(int fd, unsigned char *to, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(fd, to, n, 0);
        must(got > 0 ? 0 : -1);
        to += got;
        n -= (size_t)got;
    }
}

/* As tutorials have it. */
static void receive_naively(int fd, int count)
{
    static unsigned char room[ROOM];
    for (; count > 0; count--) {
        uint32_t length;
        recv_exactly(fd, (unsigned char *)&length, 4);
        length = ntohl(length);
        if (length > sizeof room)
            exit(1);
        recv_exactly(fd, room, length);
        handle(room, length);
    }
}

static void receive_with_stdio(FILE *file, int count)
{
    static unsigned char room[ROOM];
    for (; count > 0; count--) {
        uint32_t length;
        must(fread(&length, 1, 4, file) == 4 ? 0 : -1);
        length = ntohl(length);
        if (length > sizeof room)
            exit(1);
        must(fread(room, 1, length, file) == length ? 0 : -1);
        handle(room, length);
    }
}

static void receive_frame(polysock_reader *reader, int count)
{
    for (; count > 0; count--) {
        const void *message;
        ssize_t length = polysock_reader_frame(reader, &message, TIMEOUT_MS);
        must(length);
        handle(message, (size_t)length);
    }
}

static void receive_frames(polysock_reader *reader, int count)
{
    static polysock_frame frames[256];
    while (count > 0) {
        ssize_t got = polysock_reader_frames(reader, frames, 256, TIMEOUT_MS);
        must(got);
        for (ssize_t i = 0; i < got; i++)
            handle(frames[i].data, frames[i].len);
        count -= (int)got;
    }
}

/* ------------------------------------------------------------------------------------------------ sending */

static void send_exactly(int fd, const unsigned char *from, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, from, n, MSG_NOSIGNAL);
        must(sent);
        from += sent;
        n -= (size_t)sent;
    }
}

static const unsigned char *message(int i)
{
    return wire + i * PREFIXED + 4;
}

/* Copies the message behind its length. */
static void put(unsigned char *to, int i)
{
    uint32_t length = htonl(SIZE);
    memcpy(to, &length, 4);
    memcpy(to + 4, message(i), SIZE);
}

static void send_one_by_one(int fd)
{
    for (int i = 0; i < SENT; i++) {
        unsigned char room[PREFIXED];
        put(room, i);
        send_exactly(fd, room, sizeof room);
    }
}

static void send_joined(int fd)
{
    for (int i = 0; i < SENT; i += BATCH) {
        unsigned char room[BATCH * PREFIXED];
        for (int at = 0; at < BATCH; at++)
            put(room + at * PREFIXED, i + at);
        send_exactly(fd, room, sizeof room);
    }
}

static void send_frame(polysock_t *s)
{
    for (int i = 0; i < SENT; i++)
        must(polysock_send_frame(s, message(i), SIZE, NULL, TIMEOUT_MS));
}

static void send_frames(polysock_t *s)
{
    for (int i = 0; i < SENT; i += BATCH) {
        polysock_frame frames[BATCH];
        for (int at = 0; at < BATCH; at++)
            frames[at] = (polysock_frame){message(i + at), SIZE};
        must(polysock_send_frames(s, frames, BATCH, NULL, NULL, TIMEOUT_MS));
    }
}

/* ------------------------------------------------------------------------------------------------ in turns */

/* A stream whose first end sends and whose second one receives; `fd` is the end that is measured. */
struct stream {
    int sender, receiver, fd;
    polysock_t *socket;
    polysock_reader *reader;
    FILE *file;
};

static struct stream connected(void)
{
    struct stream stream = {0};
    struct sockaddr_in me = {.sin_family = AF_INET};
    socklen_t length = sizeof me;
    int on = 1, room = 2 * (int)sizeof wire, listener = socket(AF_INET, SOCK_STREAM, 0);
    me.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof room));
    must(bind(listener, (struct sockaddr *)&me, sizeof me));
    must(listen(listener, 1));
    must(getsockname(listener, (struct sockaddr *)&me, &length));
    stream.sender = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(stream.sender, (struct sockaddr *)&me, sizeof me));
    must(setsockopt(stream.sender, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    must(stream.receiver = accept(listener, NULL, NULL));
    close(listener);
    return stream;
}

static void wait_until_arrived(int fd, int bytes)
{
    double end = now_ns() + 5e9;
    for (int there = 0; there < bytes;) {
        must(ioctl(fd, FIONREAD, &there));
        must(now_ns() < end ? 0 : -1);
    }
}

/* How many messages have room: a quarter of what the kernel reports, which is twice what was granted. */
static int messages_with_room(int fd)
{
    int room;
    socklen_t length = sizeof room;
    must(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, &length));
    return room / 4 / PREFIXED < MANY ? room / 4 / PREFIXED : MANY;
}

struct variant {
    const char *row, *name;
    void (*by_descriptor)(int fd, int count);
    void (*by_file)(FILE *file, int count);
    void (*by_reader)(polysock_reader *reader, int count);
    void (*send_by_descriptor)(int fd);
    void (*send_by_socket)(polysock_t *s);
    struct stream stream;
};

static struct variant variants[] = {
    {.row = "receive", .name = "buffer, by hand", .by_descriptor = receive_buffered},
    {.row = "receive", .name = "recv loop: 4 bytes, then the rest", .by_descriptor = receive_naively},
    {.row = "receive", .name = "fread", .by_file = receive_with_stdio},
    {.row = "receive", .name = "polysock_reader_frame", .by_reader = receive_frame},
    {.row = "receive", .name = "polysock_reader_frames", .by_reader = receive_frames},
    {.row = "send", .name = "copy + send", .send_by_descriptor = send_one_by_one},
    {.row = "send", .name = "copy + send, 100 at once", .send_by_descriptor = send_joined},
    {.row = "send", .name = "polysock_send_frame", .send_by_socket = send_frame},
    {.row = "send", .name = "polysock_send_frames, 100 at once", .send_by_socket = send_frames},
};

enum { VARIANTS = sizeof variants / sizeof *variants };

static void prepare(struct variant *v)
{
    v->stream = connected();
    if (v->by_file)
        v->stream.file = fdopen(v->stream.receiver, "rb");
    if (v->by_reader) {
        must(polysock_from_fd(&v->stream.socket, dup(v->stream.receiver)));
        must(polysock_reader_new(&v->stream.reader, v->stream.socket, NULL));
    }
    if (v->send_by_socket)
        must(polysock_from_fd(&v->stream.socket, dup(v->stream.sender)));
}

/* The nanoseconds of one message. */
static double receive(struct variant *v)
{
    int count = messages_with_room(v->stream.receiver);
    double passed = 0;
    for (int fill = 0; fill < FILLS; fill++) {
        send_exactly(v->stream.sender, wire, (size_t)count * PREFIXED);
        wait_until_arrived(v->stream.receiver, count * PREFIXED);
        expected = 0;
        double start = now_ns();
        if (v->by_descriptor)
            v->by_descriptor(v->stream.receiver, count);
        else if (v->by_file)
            v->by_file(v->stream.file, count);
        else
            v->by_reader(v->stream.reader, count);
        passed += now_ns() - start;
        must(expected == (uint32_t)count ? 0 : -1);
    }
    return passed / count / FILLS;
}

static double transmit(struct variant *v)
{
    static unsigned char arrived[SENT * PREFIXED];
    double passed = 0;
    for (int fill = 0; fill < FILLS; fill++) {
        double start = now_ns();
        if (v->send_by_descriptor)
            v->send_by_descriptor(v->stream.sender);
        else
            v->send_by_socket(v->stream.socket);
        passed += now_ns() - start;
        recv_exactly(v->stream.receiver, arrived, sizeof arrived);
        must(memcmp(arrived, wire, sizeof arrived) == 0 ? 0 : -1);
    }
    return passed / SENT / FILLS;
}

static double measured(struct variant *v)
{
    return strcmp(v->row, "receive") == 0 ? receive(v) : transmit(v);
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
    write_messages();
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
