/* Messages received on a socket that other calls use too: what is kept, what is pending, who gets it. */
#include "harness.h"
#include <fcntl.h>

static void put(polysock_t *s, const char *bytes, size_t n)
{
    CHECK_IS(polysock_sendall(s, bytes, n, NULL, 10000), 0);
}

/* A literal, with the NULs in it. */
#define PUT(s, literal) put((s), (literal), sizeof(literal) - 1)

TEST(a_message_and_the_bytes_after_it)
{
    polysock_t *a, *b;
    char buf[32];
    size_t needed = 99;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    CHECK_IS(polysock_pending(b), 0);
    PUT(a, "\0\0\0\2hi\0\0\0\0plain");
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, &needed, NULL, 10000), 2);
    CHECK_IS(needed, 2);
    CHECK(memcmp(buf, "hi", 2) == 0);
    CHECK_IS(polysock_pending(b), 9);
    CHECK_IS(polysock_recv_frame(b, NULL, 0, &needed, NULL, 10000), 0); /* an empty one needs no room */
    CHECK_IS(needed, 0);
    /* Every receive finds them first. */
    CHECK_IS(polysock_recv(b, buf, 2, POLYSOCK_MSG_PEEK, 10000), 2);
    CHECK_IS(polysock_recv(b, buf, 2, 0, 10000), 2);
    CHECK(memcmp(buf, "pl", 2) == 0);
    PUT(a, " bytes");
    CHECK_IS(polysock_recv_exact(b, buf, 9, NULL, 10000), 0);
    CHECK(memcmp(buf, "ain bytes", 9) == 0);
    CHECK_IS(polysock_pending(b), 0);
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 0), POLYSOCK_EAGAIN);
    polysock_close(a);
    needed = 99;
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, &needed, NULL, 10000), POLYSOCK_EEOF);
    CHECK_IS(needed, 0);
    CHECK_IS(polysock_close(b), 0);
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_pending(b), 0);
    polysock_free(a);
    polysock_free(b);
}

TEST(one_that_does_not_fit_is_kept)
{
    polysock_t *a, *b;
    char buf[32];
    size_t needed = 99;
    polysock_framing f = POLYSOCK_FRAMING_INITIALIZER;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    PUT(a, "\0\0\0\5hello\0\0\0\1x\0\0\0\7");
    CHECK_IS(polysock_recv_frame(b, buf, 4, &needed, NULL, 10000), POLYSOCK_EMSGSIZE);
    CHECK_IS(needed, 5);
    CHECK(strstr(polysock_last_detail(), "5 bytes") != NULL);
    CHECK_IS(polysock_recv_frame(b, NULL, 0, NULL, NULL, 10000), POLYSOCK_EMSGSIZE);
    CHECK_IS(polysock_recv_frame(b, buf, 5, &needed, NULL, 10000), 5);
    CHECK(memcmp(buf, "hello", 5) == 0);
    CHECK_IS(polysock_recv_frame(b, buf, 4, &needed, NULL, 10000), 1);
    /* Beyond the limit no buffer helps. */
    f.limit = 6;
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, &needed, &f, 10000), POLYSOCK_EMSGSIZE);
    CHECK_IS(needed, 0);
    CHECK(strstr(polysock_last_detail(), "the limit is 6") != NULL);
    polysock_free(a);
    polysock_free(b);
}

TEST(time_limits_resume_and_truncation_is_told_apart)
{
    polysock_t *a, *b;
    char buf[32];
    static const char wire[] = {0, 0, 0, 3, 'a', 'b', 'c'};
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    for (size_t i = 0; i < sizeof wire; i++) {
        long long began = now_us();
        CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 20), POLYSOCK_ETIMEDOUT);
        CHECK_TOOK(began, 20, 5000);
        put(a, &wire[i], 1);
    }
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), 3);
    CHECK(memcmp(buf, "abc", 3) == 0);
    PUT(a, "\0\0\0\7hel");
    polysock_close(a);
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), POLYSOCK_ETRUNCATED);
    CHECK_IS(polysock_last_missing(), 4);
    CHECK_IS(polysock_take_buffered(b, buf, sizeof buf), 7);
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), POLYSOCK_EEOF);
    polysock_free(a);
    polysock_free(b);
}

TEST(lines_are_text)
{
    polysock_t *a, *b;
    char buf[16];
    size_t needed = 99;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    PUT(a, "GET / HTTP/1.1\r\n\nlast");
    memset(buf, 'x', sizeof buf);
    CHECK_IS(polysock_recv_line(b, buf, 14, &needed, 10000), POLYSOCK_EMSGSIZE); /* no room for the NUL */
    CHECK_IS(needed, 15);
    CHECK_IS(polysock_recv_line(b, buf, 15, &needed, 10000), 14);
    CHECK_IS(needed, 15);
    CHECK_TEXT(buf, "GET / HTTP/1.1");
    CHECK(buf[15] == 'x');
    CHECK_IS(polysock_recv_line(b, buf, 1, &needed, 10000), 0);
    CHECK_TEXT(buf, "");
    CHECK_IS(polysock_recv_line(b, buf, sizeof buf, NULL, 20), POLYSOCK_ETIMEDOUT);
    polysock_close(a);
    CHECK_IS(polysock_recv_line(b, buf, sizeof buf, NULL, 10000), 4);
    CHECK_TEXT(buf, "last");
    CHECK_IS(polysock_recv_line(b, buf, sizeof buf, &needed, 10000), POLYSOCK_EEOF);
    CHECK_IS(needed, 0);
    REFUSED(polysock_recv_line(b, buf, 0, NULL, 0), "cap is 0");
    polysock_free(a);
    polysock_free(b);
}

TEST(several_at_once)
{
    polysock_t *a, *b;
    polysock_frame frames[4];
    char buf[8];
    size_t needed = 99;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    PUT(a, "\0\0\0\3one\0\0\0\0\0\0\0\3two\0\0\0\5three\0\0\0\1x\0\0\0\1y\0\0\0\1z\0\0\0\11too large\0\0\0\1");
    CHECK_IS(polysock_recv_frames(b, buf, sizeof buf, &needed, frames, 4, NULL, 10000), 3); /* "three" has no room left */
    CHECK_IS(needed, 0);
    CHECK_IS(frames[0].len, 3);
    CHECK_IS(frames[1].len, 0);
    CHECK(frames[2].data == buf + 3 && memcmp(buf, "onetwo", 6) == 0);
    CHECK_IS(polysock_recv_frames(b, buf, sizeof buf, &needed, frames, 2, NULL, 10000), 2);
    CHECK(memcmp(frames[0].data, "three", 5) == 0 && frames[1].len == 1);
    CHECK_IS(polysock_recv_frames(b, buf, sizeof buf, NULL, frames, 4, NULL, 10000), 2);
    CHECK_IS(polysock_recv_frames(b, buf, sizeof buf, &needed, frames, 4, NULL, 10000), POLYSOCK_EMSGSIZE);
    CHECK_IS(needed, 9);
    char large[9];
    CHECK_IS(polysock_recv_frames(b, large, sizeof large, &needed, frames, 4, NULL, 10000), 1);
    CHECK_IS(polysock_recv_frames(b, buf, sizeof buf, &needed, frames, 4, NULL, 0), POLYSOCK_EAGAIN);
    PUT(a, "!");
    polysock_close(a);
    CHECK_IS(polysock_recv_frames(b, buf, sizeof buf, NULL, frames, 4, NULL, 10000), 1);
    CHECK_IS(polysock_recv_frames(b, buf, sizeof buf, NULL, frames, 4, NULL, 10000), POLYSOCK_EEOF);
    REFUSED(polysock_recv_frames(b, buf, sizeof buf, NULL, frames, 0, NULL, 0), "n is 0");
    polysock_free(a);
    polysock_free(b);
}

TEST(pending_bytes_are_in_the_way)
{
    polysock_t *a, *b, *copy = NULL;
    char buf[8];
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    PUT(a, "\0\0\0\2hirest");
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), 2);
    CHECK_IS(polysock_detach(b), POLYSOCK_EBUSY);
    CHECK(strstr(polysock_last_detail(), "4 received bytes are pending") != NULL);
    CHECK_IS(polysock_dup(b, &copy), POLYSOCK_EBUSY);
    CHECK(copy == NULL);
    polysock_pollfd set = {.socket = b, .events = POLYSOCK_POLLIN};
    CHECK_IS(polysock_poll(&set, 1, 0), 1);
    CHECK_IS(set.revents, POLYSOCK_POLLIN);
    CHECK_IS(polysock_take_buffered(b, buf, 3), 3);
    CHECK_IS(polysock_pending(b), 1);
    CHECK_IS(polysock_take_buffered(b, buf + 3, 5), 1);
    CHECK(memcmp(buf, "rest", 4) == 0);
    CHECK_IS(polysock_take_buffered(b, buf, sizeof buf), 0);
    CHECK_IS(polysock_poll(&set, 1, 0), 0);
    CHECK_IS(polysock_dup(b, &copy), 0);
    polysock_free(copy);
    int fd = polysock_detach(b);
    CHECK(fd >= 0);
    close(fd);
    CHECK_IS(polysock_take_buffered(b, buf, sizeof buf), POLYSOCK_ECLOSED);
    polysock_free(a);
    polysock_free(b);
}

/* A reader on the socket takes over what these calls have received ahead. */
TEST(a_reader_after_recv_frame)
{
    polysock_t *a, *b;
    polysock_reader *reader;
    const void *frame;
    char buf[8];
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    PUT(a, "\0\0\0\2hi\0\0\0\5the");
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), 2);
    PUT(a, "re");
    MUST(polysock_reader_new(&reader, b, NULL));
    CHECK_IS(polysock_reader_frame(reader, &frame, 10000), 5);
    CHECK(memcmp(frame, "there", 5) == 0);
    CHECK_IS(polysock_pending(b), 0);
    polysock_reader_free(reader);
    polysock_free(a);
    polysock_free(b);
}

static void send_with_descriptor(polysock_t *s, const char *bytes, size_t n, int fd)
{
    polysock_control *control;
    polysock_iovec part = {(void *)bytes, n};
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    MUST(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM));
    CHECK_IS(polysock_control_add_fds(control, &fd, 1), 0);
    m.iov = &part;
    m.iov_count = 1;
    m.control = control;
    CHECK_IS(polysock_sendmsg(s, &m, 0, 10000), (long long)n);
    polysock_control_free(control);
}

TEST(descriptors_of_messages)
{
    polysock_t *a, *b;
    polysock_reader *reader;
    const void *frame;
    char buf[8];
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), taken[4];
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    CHECK_IS(polysock_take_fds(b, taken, 4), 0);
    send_with_descriptor(a, "\0\0\0\1x", 5, fd);
    send_with_descriptor(a, "\0\0\0\1y", 5, fd);
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), 1);
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), 1);
    CHECK_IS(polysock_take_fds(b, taken, 1), 1);
    CHECK_IS(polysock_take_fds(b, taken + 1, 3), 1);
    CHECK_IS(polysock_take_fds(b, taken, 0), 0);
    close(taken[0]);
    close(taken[1]);
    MUST(polysock_reader_new(&reader, b, NULL));
    send_with_descriptor(a, "\0\0\0\1z", 5, fd);
    CHECK_IS(polysock_reader_frame(reader, &frame, 10000), 1);
    CHECK_IS(polysock_reader_take_fds(reader, taken, 4), 1);
    CHECK_IS(polysock_reader_take_fds(reader, taken + 1, 3), 0);
    close(taken[0]);
    send_with_descriptor(a, "\0\0\0\1z", 5, fd); /* closed with the reader */
    CHECK_IS(polysock_reader_frame(reader, &frame, 10000), 1);
    REFUSED(polysock_take_fds(NULL, taken, 1), "s is NULL");
    REFUSED(polysock_take_fds(b, NULL, 1), "fds is NULL");
    REFUSED(polysock_reader_take_fds(NULL, taken, 1), "r is NULL");
    REFUSED(polysock_reader_take_fds(reader, NULL, 1), "fds is NULL");
    polysock_reader_free(reader);
    close(fd);
    polysock_free(a);
    polysock_free(b);
}

/* Descriptors that come with the bytes of a message are kept for the next recvmsg. */
TEST(descriptors_are_kept)
{
    polysock_t *a, *b;
    polysock_control *control;
    char buf[8];
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), taken = -1;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    MUST(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM));
    send_with_descriptor(a, "\0\0\0\2hirest", 10, fd);
    CHECK_IS(polysock_recv_frame(b, buf, sizeof buf, NULL, NULL, 10000), 2);
    polysock_iovec part = {buf, sizeof buf};
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    m.iov = &part;
    m.iov_count = 1;
    m.control = control;
    CHECK_IS(polysock_recvmsg(b, &m, 0, 10000), 4);
    CHECK_IS(polysock_control_take_fds(control, &taken, 1), 1);
    CHECK(taken >= 0 && taken != fd);
    close(taken);
    close(fd);
    polysock_control_free(control);
    polysock_free(a);
    polysock_free(b);
}

enum { RECEIVERS = 3, EACH = 2000 };
static unsigned char seen[RECEIVERS * EACH];

static void receive_some(void *argument)
{
    char buf[8];
    ssize_t n;
    while ((n = polysock_recv_frame(argument, buf, sizeof buf, NULL, NULL, 20000)) == 4) {
        unsigned number;
        memcpy(&number, buf, 4);
        if (CHECK(number < sizeof seen))
            __atomic_add_fetch(&seen[number], 1, __ATOMIC_SEQ_CST);
    }
    CHECK_IS(n, POLYSOCK_EEOF);
}

TEST(each_message_goes_to_one_thread)
{
    polysock_t *a, *b;
    struct worker workers[RECEIVERS];
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < RECEIVERS; i++)
        start(&workers[i], receive_some, b);
    for (unsigned number = 0; number < sizeof seen; number++)
        CHECK_IS(polysock_send_frame(a, &number, 4, NULL, 20000), 0);
    polysock_shutdown(a, POLYSOCK_SHUT_WR);
    for (int i = 0; i < RECEIVERS; i++)
        join(&workers[i]);
    for (size_t i = 0; i < sizeof seen; i++)
        if (!CHECK_IS(seen[i], 1))
            break;
    polysock_free(a);
    polysock_free(b);
}

static void receive_until_closed(void *argument)
{
    char buf[8];
    CHECK_IS(polysock_recv_frame(argument, buf, sizeof buf, NULL, NULL, POLYSOCK_INFINITE), POLYSOCK_ECLOSED);
}

TEST(close_wakes_it)
{
    polysock_t *a, *b;
    struct worker workers[2];
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    start_blocked(&workers[0], receive_until_closed, b);
    start(&workers[1], receive_until_closed, b); /* waits for its turn */
    CHECK_IS(polysock_take_buffered(b, NULL, 0), POLYSOCK_EBUSY);
    CHECK_IS(polysock_close(b), 0);
    join(&workers[0]);
    join(&workers[1]);
    polysock_free(a);
    polysock_free(b);
}

TEST(misuse)
{
    polysock_t *a, *b;
    polysock_frame frame;
    polysock_framing bad = POLYSOCK_FRAMING_INITIALIZER;
    char buf[8] = "";
    size_t needed = 99;
    bad.kind = 9;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    REFUSED(polysock_recv_frame(NULL, buf, 1, &needed, NULL, 0), "s is NULL");
    CHECK_IS(needed, 0);
    REFUSED(polysock_recv_frame(b, NULL, 1, NULL, NULL, 0), "buf is NULL");
    REFUSED(polysock_recv_frame(b, buf, SIZE_MAX, NULL, NULL, 0), "cap is above SSIZE_MAX");
    REFUSED(polysock_recv_frame(b, buf, 1, NULL, &bad, 0), "f->kind");
    REFUSED(polysock_recv_frame(b, buf, 1, NULL, NULL, -3), "timeout_ms");
    REFUSED(polysock_recv_line(NULL, buf, 1, NULL, 0), "s is NULL");
    REFUSED(polysock_recv_line(b, NULL, 2, NULL, 0), "buf is NULL");
    REFUSED(polysock_recv_line(b, NULL, 1, NULL, 0), "buf is NULL");
    REFUSED(polysock_recv_line(b, buf, 1, NULL, -3), "timeout_ms");
    REFUSED(polysock_recv_frames(NULL, buf, 1, &needed, &frame, 1, NULL, 0), "s is NULL");
    REFUSED(polysock_recv_frames(b, NULL, 1, NULL, &frame, 1, NULL, 0), "buf is NULL");
    REFUSED(polysock_recv_frames(b, buf, 1, NULL, NULL, 1, NULL, 0), "frames is NULL");
    REFUSED(polysock_recv_frames(b, buf, 1, NULL, &frame, 1, &bad, 0), "f->kind");
    REFUSED(polysock_recv_frames(b, buf, 1, NULL, &frame, 1, NULL, -3), "timeout_ms");
    REFUSED(polysock_pending(NULL), "s is NULL");
    REFUSED(polysock_take_buffered(NULL, buf, 1), "s is NULL");
    REFUSED(polysock_take_buffered(b, NULL, 1), "buf is NULL");
    polysock_free(a);
    polysock_free(b);
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_DGRAM));
    REFUSED(polysock_recv_frame(b, buf, 1, NULL, NULL, 0), "must be a stream");
    polysock_free(a);
    polysock_free(b);
}

int main(void)
{
    RUN(a_message_and_the_bytes_after_it);
    RUN(one_that_does_not_fit_is_kept);
    RUN(time_limits_resume_and_truncation_is_told_apart);
    RUN(lines_are_text);
    RUN(several_at_once);
    RUN(pending_bytes_are_in_the_way);
    RUN(a_reader_after_recv_frame);
    RUN(descriptors_of_messages);
    RUN(descriptors_are_kept);
    RUN(each_message_goes_to_one_thread);
    RUN(close_wakes_it);
    RUN(misuse);
    return report();
}
