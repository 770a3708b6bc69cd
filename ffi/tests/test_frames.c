/* Messages and lines in a stream: readers, framings, sending frames. */
#include "harness.h"
#include <sys/socket.h>

/* Both ends of a stream, and a reader for the second. */
struct ends {
    polysock_t *a, *b;
    polysock_reader *reader;
};

static struct ends open_ends(const polysock_framing *f)
{
    struct ends ends;
    MUST(polysock_socketpair(&ends.a, &ends.b, POLYSOCK_SOCK_STREAM));
    MUST(polysock_reader_new(&ends.reader, ends.b, f));
    return ends;
}

static void free_ends(struct ends *ends)
{
    polysock_reader_free(ends->reader);
    polysock_free(ends->a);
    polysock_free(ends->b);
}

static void put(polysock_t *s, const char *bytes, size_t n)
{
    CHECK_IS(polysock_sendall(s, bytes, n, NULL, 10000), 0);
}

/* A literal, with the NULs in it. */
#define PUT(s, literal) put((s), (literal), sizeof(literal) - 1)

#define GETS(reader, text) gets_frame(__FILE__, __LINE__, (reader), (text), strlen(text))
static void gets_frame(const char *file, int line, polysock_reader *reader, const char *bytes, size_t n)
{
    const void *frame = NULL;
    ssize_t got = polysock_reader_frame(reader, &frame, 10000);
    if (check_is(file, line, "the length of the message", got, (long long)n) && memcmp(frame, bytes, n) != 0)
        fail(file, line, "the message has other bytes");
}

/* Sends `text` in the framing, compares what is on the wire, and reads it back. */
static void passes(const polysock_framing *f, const char *text, const char *wire, size_t n)
{
    struct ends ends = open_ends(f);
    char seen[64];
    CHECK_IS(polysock_send_frame(ends.a, text, strlen(text), f, 10000), 0);
    CHECK_IS(polysock_recv(ends.b, seen, sizeof seen, POLYSOCK_MSG_PEEK, 10000), (long long)n);
    CHECK(memcmp(seen, wire, n) == 0);
    GETS(ends.reader, text);
    CHECK_IS(polysock_reader_pending(ends.reader), 0);
    free_ends(&ends);
}
#define PASSES(f, text, wire) passes((f), (text), (wire), sizeof(wire) - 1)

TEST(every_framing)
{
    polysock_framing f = {0};
    PASSES(NULL, "hi", "\0\0\0\2hi");
    PASSES(&f, "", "\0\0\0\0");
    f.bits = 8;
    PASSES(&f, "hi", "\2hi");
    f.bits = 16;
    PASSES(&f, "hi", "\0\2hi");
    f.byte_order = POLYSOCK_LITTLE_ENDIAN;
    PASSES(&f, "hi", "\2\0hi");
    f.bits = 64;
    PASSES(&f, "hi", "\2\0\0\0\0\0\0\0hi");
    memset(&f, 0, sizeof f);
    f.kind = POLYSOCK_FRAMING_VARINT;
    PASSES(&f, "hi", "\2hi");
    f.kind = POLYSOCK_FRAMING_LINES;
    PASSES(&f, "hi", "hi\n");
    f.kind = POLYSOCK_FRAMING_DELIMITER;
    memcpy(f.delimiter, "--", 2);
    f.delimiter_len = 2;
    PASSES(&f, "h-i", "h-i--");
    memset(&f, 0, sizeof f);
    f.kind = POLYSOCK_FRAMING_FIXED;
    f.fixed_size = 3;
    PASSES(&f, "abc", "abc");
}

#define REFUSED_FRAMING(f, field) \
    do { \
        polysock_reader *none_ = NULL; \
        REFUSED(polysock_reader_new(&none_, ends.b, &(f)), field); \
        REFUSED(polysock_reader_set_framing(ends.reader, &(f)), field); \
        REFUSED(polysock_send_frame(ends.a, "x", 1, &(f), 0), field); \
        REFUSED(polysock_send_frames(ends.a, NULL, 0, NULL, &(f), 0), field); \
        CHECK(none_ == NULL); \
    } while (0)

TEST(framings_that_are_none)
{
    struct ends ends = open_ends(NULL);
    static const int bad_bits[] = {-8, 1, 24, 128};
    for (size_t i = 0; i < sizeof bad_bits / sizeof *bad_bits; i++) {
        polysock_framing f = {0};
        f.bits = bad_bits[i];
        REFUSED_FRAMING(f, "f->bits is not 8, 16, 32 or 64");
    }
    for (int kind = -1; kind <= 5; kind += 6) {
        polysock_framing f = {0};
        f.kind = kind;
        REFUSED_FRAMING(f, "f->kind is not a POLYSOCK_FRAMING_ number");
    }
    polysock_framing order = {0}, unused[5] = {{0}}, delimiter = {0}, reserved = {0};
    order.byte_order = 2;
    REFUSED_FRAMING(order, "f->byte_order");
    reserved.reserved[1] = 1;
    REFUSED_FRAMING(reserved, "f->reserved");
    for (int kind = 1; kind < 5; kind++)
        unused[kind].kind = kind;
    unused[POLYSOCK_FRAMING_VARINT].bits = 32;
    REFUSED_FRAMING(unused[POLYSOCK_FRAMING_VARINT], "f->bits is set, but not used by this kind");
    unused[POLYSOCK_FRAMING_LINES].byte_order = POLYSOCK_LITTLE_ENDIAN;
    REFUSED_FRAMING(unused[POLYSOCK_FRAMING_LINES], "f->byte_order is set");
    unused[POLYSOCK_FRAMING_FIXED].delimiter[0] = 'x';
    REFUSED_FRAMING(unused[POLYSOCK_FRAMING_FIXED], "f->delimiter is set");
    unused[POLYSOCK_FRAMING_FIXED].delimiter[0] = 0;
    REFUSED_FRAMING(unused[POLYSOCK_FRAMING_FIXED], "f->fixed_size is 0");
    unused[POLYSOCK_FRAMING_DELIMITER].fixed_size = 1;
    REFUSED_FRAMING(unused[POLYSOCK_FRAMING_DELIMITER], "f->fixed_size is set");
    unused[POLYSOCK_FRAMING_LENGTH].delimiter_len = 1;
    REFUSED_FRAMING(unused[POLYSOCK_FRAMING_LENGTH], "f->delimiter_len is set");
    delimiter.kind = POLYSOCK_FRAMING_DELIMITER;
    for (int length = -1; length <= POLYSOCK_DELIMITER_MAX + 1; length += length == 0 ? POLYSOCK_DELIMITER_MAX + 1 : 1) {
        delimiter.delimiter_len = length;
        REFUSED_FRAMING(delimiter, "delimiter must have 1 to 16 bytes");
    }
    delimiter.delimiter_len = POLYSOCK_DELIMITER_MAX;
    CHECK_IS(polysock_reader_set_framing(ends.reader, &delimiter), 0);
    free_ends(&ends);
}

TEST(one_receive_fills_many)
{
    struct ends ends = open_ends(NULL);
    polysock_frame sent[100], frames[64];
    char numbers[100];
    size_t done = 99;
    for (int i = 0; i < 100; i++) {
        numbers[i] = (char)i;
        sent[i] = (polysock_frame){&numbers[i], i % 2 ? 1 : 0};
    }
    CHECK_IS(polysock_send_frames(ends.a, sent, 100, &done, NULL, 10000), 0);
    CHECK_IS(done, 100);
    CHECK_IS(polysock_reader_frames(ends.reader, frames, 64, 10000), 64);
    for (int i = 0; i < 64; i++)
        if (CHECK_IS(frames[i].len, i % 2) && i % 2)
            CHECK_IS(*(const char *)frames[i].data, i);
    CHECK_IS(polysock_reader_pending(ends.reader), 36 * 4 + 18);
    /* What came is sent on as it is. */
    CHECK_IS(polysock_reader_frames(ends.reader, frames, 64, 10000), 36);
    CHECK_IS(polysock_send_frames(ends.b, frames, 36, NULL, NULL, 10000), 0);
    polysock_reader *back;
    MUST(polysock_reader_new(&back, ends.a, NULL));
    CHECK_IS(polysock_reader_frames(back, frames, 64, 10000), 36);
    CHECK_IS(*(const char *)frames[35].data, 99);
    polysock_reader_free(back);
    CHECK_IS(polysock_send_frames(ends.a, NULL, 0, &done, NULL, 0), 0);
    CHECK_IS(done, 0);
    CHECK_IS(polysock_reader_frames(ends.reader, frames, 64, 0), POLYSOCK_EAGAIN);
    polysock_close(ends.a);
    CHECK_IS(polysock_reader_frames(ends.reader, frames, 64, 10000), POLYSOCK_EEOF);
    free_ends(&ends);
}

TEST(ends_between_messages_and_inside_one)
{
    const void *frame;
    struct ends ends = open_ends(NULL);
    PUT(ends.a, "\0\0\0\2hi\0\0\0\7hel");
    GETS(ends.reader, "hi");
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 0), POLYSOCK_EAGAIN);
    CHECK_IS(polysock_last_missing(), 0);
    polysock_close(ends.a);
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 10000), POLYSOCK_ETRUNCATED);
    CHECK_IS(polysock_last_missing(), 4);
    CHECK_TEXT(polysock_last_detail(), "reader_frame: stream ended with 4 bytes missing");
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 10000), POLYSOCK_ETRUNCATED);
    free_ends(&ends);

    ends = open_ends(NULL);
    PUT(ends.a, "\0\0\0\2hi");
    polysock_close(ends.a);
    GETS(ends.reader, "hi");
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 10000), POLYSOCK_EEOF);
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 10000), POLYSOCK_EEOF);
    CHECK_IS(polysock_last_missing(), 0);
    free_ends(&ends);
}

TEST(time_limits_resume)
{
    const void *frame = &frame;
    const char *line;
    struct ends ends = open_ends(NULL);
    static const char wire[] = {0, 0, 0, 3, 'a', 'b', 'c'};
    for (size_t i = 0; i < sizeof wire; i++) {
        long long began = now_us();
        CHECK_IS(polysock_reader_frame(ends.reader, &frame, 20), POLYSOCK_ETIMEDOUT);
        CHECK_TOOK(began, 20, 5000);
        put(ends.a, &wire[i], 1);
    }
    CHECK(frame == &frame);
    GETS(ends.reader, "abc");
    PUT(ends.a, "half a");
    CHECK_IS(polysock_reader_line(ends.reader, &line, 20), POLYSOCK_ETIMEDOUT);
    PUT(ends.a, " line\r\nlast");
    CHECK_IS(polysock_reader_line(ends.reader, &line, 10000), 11);
    CHECK(memcmp(line, "half a line", 11) == 0);
    /* The handle's own time limit. */
    polysock_set_timeout(ends.b, 30, 30);
    CHECK_IS(polysock_reader_line(ends.reader, &line, POLYSOCK_DEFAULT), POLYSOCK_ETIMEDOUT);
    polysock_close(ends.a);
    CHECK_IS(polysock_reader_line(ends.reader, &line, POLYSOCK_DEFAULT), 4);
    CHECK_IS(polysock_reader_line(ends.reader, &line, POLYSOCK_DEFAULT), POLYSOCK_EEOF);
    free_ends(&ends);
}

TEST(bytes_and_messages_from_one_reader)
{
    const char *line;
    char buf[16];
    size_t done = 99;
    struct ends ends = open_ends(NULL);
    PUT(ends.a, "length: 6\n\0\0\0\2hirawexactrest");
    CHECK_IS(polysock_reader_line(ends.reader, &line, 10000), 9);
    GETS(ends.reader, "hi");
    CHECK_IS(polysock_reader_read(ends.reader, buf, 3, 10000), 3);
    CHECK(memcmp(buf, "raw", 3) == 0);
    CHECK_IS(polysock_reader_read_exact(ends.reader, buf, 5, &done, 10000), 0);
    CHECK_IS(done, 5);
    CHECK_IS(polysock_reader_pending(ends.reader), 4);
    CHECK_IS(polysock_reader_take_buffered(ends.reader, buf, 1), 1);
    CHECK_IS(polysock_reader_take_buffered(ends.reader, buf + 1, sizeof buf - 1), 3);
    CHECK(memcmp(buf, "rest", 4) == 0);
    CHECK_IS(polysock_reader_take_buffered(ends.reader, buf, sizeof buf), 0);
    CHECK_IS(polysock_reader_take_buffered(ends.reader, NULL, 0), 0);
    PUT(ends.a, "ab");
    CHECK_IS(polysock_reader_read_exact(ends.reader, buf, 5, &done, 20), POLYSOCK_ETIMEDOUT);
    CHECK_IS(done, 2);
    polysock_close(ends.a);
    CHECK_IS(polysock_reader_read_exact(ends.reader, buf, 5, &done, 10000), POLYSOCK_EEOF);
    CHECK_IS(polysock_reader_read(ends.reader, buf, 5, 10000), 0);
    free_ends(&ends);
}

TEST(another_framing_from_now_on)
{
    polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER;
    lines.kind = POLYSOCK_FRAMING_LINES;
    struct ends ends = open_ends(&lines);
    PUT(ends.a, "now binary\n\0\0\0\3abc");
    GETS(ends.reader, "now binary");
    CHECK_IS(polysock_reader_set_framing(ends.reader, NULL), 0);
    GETS(ends.reader, "abc");
    free_ends(&ends);
}

TEST(limits)
{
    const void *frame;
    polysock_framing f = {0};
    f.limit = 5;
    struct ends ends = open_ends(&f);
    PUT(ends.a, "\0\0\0\5hello\0\0\0\6");
    GETS(ends.reader, "hello");
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 10000), POLYSOCK_EMSGSIZE);
    CHECK(strstr(polysock_last_detail(), "6 bytes or more, and the limit is 5") != NULL);
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 10000), POLYSOCK_EMSGSIZE);
    CHECK_IS(polysock_send_frame(ends.a, "hello!", 6, &f, 10000), POLYSOCK_EMSGSIZE);
    CHECK_IS(polysock_send_frame(ends.a, "x", 1, NULL, 10000), 0);
    f.limit = 0;
    f.bits = 8;
    static const char long_one[256];
    CHECK_IS(polysock_send_frame(ends.a, long_one, sizeof long_one, &f, 10000), POLYSOCK_EMSGSIZE);
    free_ends(&ends);

    polysock_framing varint = {0};
    varint.kind = POLYSOCK_FRAMING_VARINT;
    ends = open_ends(&varint);
    PUT(ends.a, "\200\200\200\200\200\200\200\200\200\2");
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 10000), POLYSOCK_EBADMSG);
    free_ends(&ends);

    /* The default limit, and a size beyond it. */
    ends = open_ends(NULL);
    PUT(ends.a, "\1\0\0\1");
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 10000), POLYSOCK_EMSGSIZE);
    free_ends(&ends);
    polysock_framing fixed = {0};
    fixed.kind = POLYSOCK_FRAMING_FIXED;
    fixed.fixed_size = (16 << 20) + 1;
    ends = open_ends(&fixed);
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 0), POLYSOCK_EAGAIN);
    free_ends(&ends);
}

TEST(messages_that_would_be_several)
{
    polysock_framing lines = {0}, fixed = {0};
    lines.kind = POLYSOCK_FRAMING_LINES;
    fixed.kind = POLYSOCK_FRAMING_FIXED;
    fixed.fixed_size = 3;
    struct ends ends = open_ends(&lines);
    polysock_frame frames[] = {{"good", 4}, {"bad\n", 4}};
    size_t done = 99;
    REFUSED(polysock_send_frame(ends.a, "two\nlines", 9, &lines, 0), "must not contain the bytes that end a message");
    REFUSED(polysock_send_frames(ends.a, frames, 2, &done, &lines, 0), "must not contain");
    CHECK_IS(done, 0);
    REFUSED(polysock_send_frame(ends.a, "four", 4, &fixed, 0), "message must be 3");
    CHECK_IS(polysock_recv(ends.b, &done, 1, 0, 0), POLYSOCK_EAGAIN); /* nothing was sent */
    free_ends(&ends);
}

struct drain {
    polysock_reader *reader;
    size_t lengths[4];
    int count;
};

static void drain(void *argument)
{
    struct drain *drained = argument;
    const void *frame;
    ssize_t n;
    while ((n = polysock_reader_frame(drained->reader, &frame, 20000)) >= 0)
        if (drained->count < 4)
            drained->lengths[drained->count++] = (size_t)n;
    CHECK_IS(n, POLYSOCK_EEOF);
}

TEST(an_unfinished_send_is_finished_by_the_same_call)
{
    enum { LONG = 8 << 20 };
    char *large = calloc(LONG, 1);
    struct ends ends = open_ends(NULL);
    polysock_frame frames[] = {{"first", 5}, {large, LONG}, {"last", 4}};
    size_t done = 99;
    CHECK_IS(polysock_send_frames(ends.a, frames, 3, &done, NULL, 50), POLYSOCK_ETIMEDOUT);
    CHECK_IS(done, 1);
    CHECK_IS(polysock_send_frame(ends.a, "other", 5, NULL, 50), POLYSOCK_EBUSY);
    CHECK(strstr(polysock_last_detail(), "send the same message again to finish it") != NULL);
    struct drain drained = {ends.reader, {0}, 0};
    struct worker worker;
    start(&worker, drain, &drained);
    CHECK_IS(polysock_send_frames(ends.a, frames + 1, 2, &done, NULL, 20000), 0);
    CHECK_IS(done, 2);
    CHECK_IS(polysock_shutdown(ends.a, POLYSOCK_SHUT_WR), 0);
    join(&worker);
    CHECK_IS(drained.count, 3);
    CHECK_IS(drained.lengths[0], 5);
    CHECK_IS(drained.lengths[1], LONG);
    CHECK_IS(drained.lengths[2], 4);
    free_ends(&ends);
    free(large);
}

static void read_frame(void *argument)
{
    const void *frame;
    CHECK_IS(polysock_reader_frame(argument, &frame, POLYSOCK_INFINITE), POLYSOCK_ECLOSED);
}

TEST(one_thread_at_a_time_and_close_wakes_it)
{
    const void *frame;
    struct worker worker;
    struct ends ends = open_ends(NULL);
    start_blocked(&worker, read_frame, ends.reader);
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 0), POLYSOCK_EBUSY);
    CHECK_IS(polysock_reader_pending(ends.reader), POLYSOCK_EBUSY);
    CHECK(strstr(polysock_last_detail(), "another thread") != NULL);
    CHECK_IS(polysock_send_frame(ends.b, "x", 1, NULL, 10000), 0); /* sending goes on */
    CHECK_IS(polysock_close(ends.b), 0);
    join(&worker);
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 0), POLYSOCK_ECLOSED);
    free_ends(&ends);
}

static void free_reader_after(void *argument)
{
    const void *frame;
    CHECK_IS(polysock_reader_frame(argument, &frame, POLYSOCK_INFINITE), POLYSOCK_ECLOSED);
}

TEST(freed_in_either_order)
{
    const void *frame;
    char buf[4];
    struct ends ends = open_ends(NULL);
    PUT(ends.a, "\0\0\0\2hi\0\0\0\3abc");
    GETS(ends.reader, "hi");
    polysock_free(ends.b); /* the reader keeps it in memory; it is closed */
    ends.b = NULL;
    GETS(ends.reader, "abc"); /* had arrived before */
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 1000), POLYSOCK_ECLOSED);
    free_ends(&ends);

    ends = open_ends(NULL);
    PUT(ends.a, "\0\0\0\2hirest");
    GETS(ends.reader, "hi");
    polysock_reader_free(ends.reader); /* and what it had received ahead */
    ends.reader = NULL;
    PUT(ends.a, "more");
    CHECK_IS(polysock_recv_exact(ends.b, buf, 4, NULL, 10000), 0);
    CHECK(memcmp(buf, "more", 4) == 0);
    free_ends(&ends);

    struct worker worker;
    ends = open_ends(NULL);
    start_blocked(&worker, free_reader_after, ends.reader);
    polysock_reader_free(ends.reader); /* the call inside keeps it */
    ends.reader = NULL;
    polysock_close(ends.b);
    join(&worker);
    free_ends(&ends);
}

TEST(misuse)
{
    const void *frame = &frame;
    const char *line;
    char buf[4] = "";
    size_t done = 99;
    polysock_frame one = {NULL, 1};
    polysock_t *datagrams, *other;
    polysock_reader *reader = NULL;
    struct ends ends = open_ends(NULL);
    REFUSED(polysock_reader_new(NULL, ends.b, NULL), "out is NULL");
    REFUSED(polysock_reader_new(&reader, NULL, NULL), "s is NULL");
    CHECK(reader == NULL);
    REFUSED(polysock_reader_set_framing(NULL, NULL), "r is NULL");
    REFUSED(polysock_reader_frame(NULL, &frame, 0), "r is NULL");
    REFUSED(polysock_reader_frame(ends.reader, NULL, 0), "frame is NULL");
    REFUSED(polysock_reader_frame(ends.reader, &frame, -3), "timeout_ms");
    REFUSED(polysock_reader_frames(NULL, &one, 1, 0), "r is NULL");
    REFUSED(polysock_reader_frames(ends.reader, NULL, 1, 0), "frames is NULL");
    REFUSED(polysock_reader_frames(ends.reader, &one, 0, 0), "n is 0");
    REFUSED(polysock_reader_frames(ends.reader, &one, 1, -3), "timeout_ms");
    REFUSED(polysock_reader_line(NULL, &line, 0), "r is NULL");
    REFUSED(polysock_reader_line(ends.reader, NULL, 0), "line is NULL");
    REFUSED(polysock_reader_line(ends.reader, &line, -3), "timeout_ms");
    REFUSED(polysock_reader_read(NULL, buf, 1, 0), "r is NULL");
    REFUSED(polysock_reader_read(ends.reader, NULL, 1, 0), "buf is NULL");
    REFUSED(polysock_reader_read(ends.reader, buf, SIZE_MAX, 0), "n is above SSIZE_MAX");
    REFUSED(polysock_reader_read(ends.reader, buf, 1, -3), "timeout_ms");
    REFUSED(polysock_reader_read_exact(NULL, buf, 1, &done, 0), "r is NULL");
    CHECK_IS(done, 0);
    REFUSED(polysock_reader_read_exact(ends.reader, NULL, 1, NULL, 0), "buf is NULL");
    REFUSED(polysock_reader_read_exact(ends.reader, buf, 1, NULL, -3), "timeout_ms");
    REFUSED(polysock_reader_pending(NULL), "r is NULL");
    REFUSED(polysock_reader_take_buffered(NULL, buf, 1), "r is NULL");
    REFUSED(polysock_reader_take_buffered(ends.reader, NULL, 1), "buf is NULL");
    REFUSED(polysock_send_frame(NULL, buf, 1, NULL, 0), "s is NULL");
    REFUSED(polysock_send_frame(ends.a, NULL, 1, NULL, 0), "buf is NULL");
    REFUSED(polysock_send_frame(ends.a, buf, SIZE_MAX, NULL, 0), "SSIZE_MAX");
    REFUSED(polysock_send_frame(ends.a, buf, 1, NULL, -3), "timeout_ms");
    done = 99;
    REFUSED(polysock_send_frames(NULL, &one, 1, &done, NULL, 0), "s is NULL");
    CHECK_IS(done, 0);
    REFUSED(polysock_send_frames(ends.a, NULL, 1, &done, NULL, 0), "frames is NULL");
    REFUSED(polysock_send_frames(ends.a, &one, 1, &done, NULL, 0), "frames->data is NULL");
    REFUSED(polysock_send_frames(ends.a, NULL, 0, &done, NULL, -3), "timeout_ms");
    CHECK_IS(polysock_send_frames(ends.a, &one, SIZE_MAX / 8, &done, NULL, 0), POLYSOCK_ENOMEM);
    polysock_reader_free(NULL);
    CHECK(frame == &frame);
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 0), POLYSOCK_EAGAIN); /* unharmed */

    MUST(polysock_socketpair(&datagrams, &other, POLYSOCK_SOCK_DGRAM));
    MUST(polysock_reader_new(&reader, datagrams, NULL));
    MUST(polysock_send(other, "four", 4, 0, 10000));
    REFUSED(polysock_reader_frame(reader, &frame, 0), "must be a stream");
    REFUSED(polysock_reader_read(reader, buf, sizeof buf, 0), "must be a stream");
    REFUSED(polysock_reader_read_exact(reader, buf, sizeof buf, &done, 0), "must be a stream");
    CHECK_IS(polysock_recv(datagrams, buf, sizeof buf, 0, 0), 4); /* nothing was lost */
    REFUSED(polysock_send_frame(other, "x", 1, NULL, 0), "must be a stream");
    polysock_reader_free(reader);
    polysock_free(datagrams);
    polysock_free(other);

    polysock_close(ends.a);
    CHECK_IS(polysock_send_frame(ends.a, "x", 1, NULL, 0), POLYSOCK_ECLOSED);
    MUST(polysock_reader_new(&reader, ends.a, NULL));
    CHECK_IS(polysock_reader_frame(reader, &frame, 0), POLYSOCK_ECLOSED);
    polysock_reader_free(reader);
    free_ends(&ends);
}

/* What a peer announces costs nothing; what it sends is kept until it is whole. */
TEST(a_large_announcement_costs_no_memory)
{
    const void *frame;
    polysock_framing f = {0};
    f.limit = SIZE_MAX;
    f.bits = 64;
    struct ends ends = open_ends(&f);
    if (sizeof(size_t) > 4)
        PUT(ends.a, "\177\377\377\377\377\377\377\377only this");
    else
        PUT(ends.a, "\0\0\0\0\177\377\377\377only this");
    CHECK_IS(polysock_reader_frame(ends.reader, &frame, 20), POLYSOCK_ETIMEDOUT);
    CHECK_IS(polysock_reader_pending(ends.reader), 17);
    free_ends(&ends);
}

int main(void)
{
    RUN(every_framing);
    RUN(framings_that_are_none);
    RUN(one_receive_fills_many);
    RUN(ends_between_messages_and_inside_one);
    RUN(time_limits_resume);
    RUN(bytes_and_messages_from_one_reader);
    RUN(another_framing_from_now_on);
    RUN(limits);
    RUN(messages_that_would_be_several);
    RUN(an_unfinished_send_is_finished_by_the_same_call);
    RUN(one_thread_at_a_time_and_close_wakes_it);
    RUN(freed_in_either_order);
    RUN(misuse);
    RUN(a_large_announcement_costs_no_memory);
    return report();
}
