/* Messages: pieces, control messages, who owns descriptors; files sent; names of addresses. */
#include "harness.h"
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

TEST(pieces)
{
    polysock_t *a, *b;
    char one[3], two[4];
    polysock_iovec out[] = {{"he", 2}, {NULL, 0}, {"llo", 3}}, in[] = {{one, 3}, {two, 4}};
    make_pair(&a, &b);
    CHECK_IS(polysock_sendv(a, out, 3, 10000), 5);
    size_t bytes = 0;
    while (polysock_available(b, &bytes) == 0 && bytes < 5)
        sleep_1ms();
    CHECK_IS(polysock_recvv(b, in, 2, 10000), 5);
    CHECK(memcmp(one, "hel", 3) == 0 && memcmp(two, "lo", 2) == 0);
    CHECK_IS(polysock_sendv(a, NULL, 0, 10000), 0);
    polysock_free(a);
    CHECK_IS(polysock_recvv(b, in, 2, 10000), 0);
    polysock_free(b);
}

/* Without a time limit everything goes out, however many calls of the system it takes. */
static void do_sendv(void *argument)
{
    polysock_t *s = argument;
    static char zeros[3 << 20];
    polysock_iovec parts[] = {{zeros, 1 << 20}, {zeros, 3 << 20}};
    CHECK_IS(polysock_sendv(s, parts, 2, POLYSOCK_INFINITE), 4 << 20);
}

TEST(pieces_larger_than_the_buffers)
{
    polysock_t *a, *b;
    struct worker worker;
    static char room[4 << 20];
    size_t done = 0;
    make_pair(&a, &b);
    start(&worker, do_sendv, a);
    CHECK_IS(polysock_recv_exact(b, room, sizeof room, &done, 20000), 0);
    CHECK_IS(done, 4 << 20);
    join(&worker);
    polysock_free(a);
    polysock_free(b);
}

/* A message of one byte with what `control` has. */
static ssize_t send_byte(polysock_t *s, polysock_control *control)
{
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    polysock_iovec part = {"x", 1};
    m.iov = &part;
    m.iov_count = 1;
    m.control = control;
    return polysock_sendmsg(s, &m, 0, 10000);
}

static ssize_t recv_byte(polysock_t *s, polysock_control *control, int *flags)
{
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    char byte;
    polysock_iovec part = {&byte, 1};
    m.iov = &part;
    m.iov_count = 1;
    m.control = control;
    ssize_t n = polysock_recvmsg(s, &m, 0, 10000);
    *flags = m.flags;
    return n;
}

TEST(descriptors_belong_to_the_caller_that_took_them)
{
    polysock_t *a, *b;
    polysock_control *send, *recv;
    int pipes[2], fds[4] = {-1, -1, -1, -1}, flags, level = 0, kind = 0;
    size_t len = 99;
    const void *data;
    char byte = 0;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    MUST(polysock_control_new(&send, 0));
    MUST(polysock_control_new(&recv, POLYSOCK_CONTROL_ROOM));
    if (!CHECK(pipe(pipes) == 0))
        return;
    int three[] = {pipes[0], pipes[1], pipes[0]};
    int before = open_descriptors();
    CHECK_IS(polysock_control_add_fds(send, three, 3), 0);
    CHECK_IS(send_byte(a, send), 1);
    CHECK_IS(recv_byte(b, recv, &flags), 1);
    CHECK_IS(flags & POLYSOCK_MSG_CTRUNC, 0);
    CHECK_IS(open_descriptors(), before + 3);
    CHECK_IS(polysock_control_count(recv), 1);
    CHECK_IS(polysock_control_get(recv, 0, &level, &kind, &data, &len), 0);
    CHECK(level == SOL_SOCKET && kind == SCM_RIGHTS && len == 0);
    CHECK_IS(polysock_control_get(recv, 1, &level, &kind, NULL, NULL), POLYSOCK_ENOENT);
    /* Two are taken, in their order, close-on-exec; ours they stay. */
    CHECK_IS(polysock_control_take_fds(recv, fds, 2), 2);
    CHECK(fcntl(fds[0], F_GETFD) == FD_CLOEXEC);
    CHECK(write(fds[1], "y", 1) == 1 && read(fds[0], &byte, 1) == 1 && byte == 'y');
    /* The next message closes the one that was not taken; what was added is sent again. */
    CHECK_IS(send_byte(a, send), 1);
    CHECK_IS(recv_byte(b, recv, &flags), 1);
    CHECK_IS(open_descriptors(), before + 2 + 3);
    CHECK_IS(polysock_control_clear(recv), 0);
    CHECK_IS(open_descriptors(), before + 2);
    CHECK_IS(polysock_control_take_fds(recv, fds + 2, 2), 0);
    CHECK_IS(send_byte(a, send), 1);
    CHECK_IS(recv_byte(b, recv, &flags), 1);
    polysock_control_free(recv);
    CHECK_IS(open_descriptors(), before + 2);
    CHECK(is_open(pipes[0]) && is_open(pipes[1]) && is_open(fds[0]) && is_open(fds[1]));
    /* Nothing came for a receiver without room: the kernel closes what it brings, and says so. */
    CHECK_IS(send_byte(a, send), 1);
    CHECK_IS(recv_byte(b, NULL, &flags), 1);
    CHECK(flags & POLYSOCK_MSG_CTRUNC);
    CHECK_IS(open_descriptors(), before + 2);
    /* After clear nothing is sent. */
    CHECK_IS(polysock_control_clear(send), 0);
    CHECK_IS(send_byte(a, send), 1);
    CHECK_IS(recv_byte(b, NULL, &flags), 1);
    CHECK(!(flags & POLYSOCK_MSG_CTRUNC));
    for (int i = 0; i < 2; i++) {
        close(pipes[i]);
        close(fds[i]);
    }
    polysock_control_free(send);
    polysock_free(a);
    polysock_free(b);
}

TEST(too_little_room_for_descriptors)
{
    polysock_t *a, *b;
    polysock_control *send, *recv;
    int fds[8], got[8], flags;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_DGRAM));
    MUST(polysock_control_new(&send, 0));
    MUST(polysock_control_new(&recv, CMSG_LEN(2 * sizeof(int)))); /* two descriptors */
    for (int i = 0; i < 8; i++)
        fds[i] = polysock_fileno(a);
    int before = open_descriptors();
    CHECK_IS(polysock_control_add_fds(send, fds, 8), 0);
    CHECK_IS(send_byte(a, send), 1);
    CHECK_IS(recv_byte(b, recv, &flags), 1);
    CHECK(flags & POLYSOCK_MSG_CTRUNC);
    CHECK_IS(open_descriptors(), before + 2);
    CHECK_IS(polysock_control_take_fds(recv, got, 8), 2);
    for (int i = 0; i < 2; i++)
        close(got[i]);
    /* A descriptor that is not open, and too many. */
    CHECK_IS(polysock_control_clear(send), 0);
    fds[0] = 999999;
    CHECK_IS(polysock_control_add_fds(send, fds, 1), 0);
    CHECK_IS(send_byte(a, send), POLYSOCK_EBADF);
    CHECK_IS(polysock_control_clear(send), 0);
    int many[300];
    for (int i = 0; i < 300; i++)
        many[i] = polysock_fileno(a);
    CHECK_IS(polysock_control_add_fds(send, many, 300), 0);
    CHECK_IS(send_byte(a, send), POLYSOCK_EINVAL);
    polysock_control_free(send);
    polysock_control_free(recv);
    polysock_free(a);
    polysock_free(b);
}

TEST(credentials)
{
    polysock_t *a, *b;
    polysock_control *control;
    polysock_credentials who = {1, 2, 3}, me = {getpid(), getuid(), getgid()};
    int flags;
    bool on = true;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_DGRAM));
    MUST(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM));
    CHECK_IS(polysock_get_passcred(b, &on), 0);
    CHECK(!on);
    CHECK_IS(polysock_set_passcred(b, true), 0);
    CHECK_IS(polysock_get_passcred(b, &on), 0);
    CHECK(on);
    CHECK_IS(polysock_control_credentials(control, &who), POLYSOCK_ENOENT);
    CHECK_IS(who.pid, 1);
    for (int i = 0; i < 2; i++) { /* first without credentials, then with ours */
        CHECK_IS(send_byte(a, control), 1);
        CHECK_IS(recv_byte(b, control, &flags), 1);
        CHECK_IS(polysock_control_credentials(control, &who), 0);
        CHECK(memcmp(&who, &me, sizeof me) == 0);
        CHECK_IS(polysock_control_add_credentials(control, &me), 0);
    }
    polysock_control_free(control);
    polysock_free(a);
    polysock_free(b);
}

TEST(packet_info_and_time)
{
    static const char *const hosts[] = {"127.0.0.1:0", "[::1]:0"};
    for (size_t i = 0; i < 2; i++) {
        polysock_t *s;
        polysock_addr a, destination, from;
        polysock_control *control;
        uint64_t when = 0;
        uint32_t interface = 0;
        int flags;
        bool on = false;
        struct timespec now;
        MUST(polysock_addr_parse(&a, hosts[i], 0));
        MUST(polysock_socket(&s, polysock_addr_family(&a), POLYSOCK_SOCK_DGRAM, 0));
        MUST(polysock_bind(s, &a));
        MUST(polysock_getsockname(s, &a));
        MUST(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM));
        CHECK_IS(polysock_set_packet_info(s, true), 0);
        CHECK(polysock_get_packet_info(s, &on) == 0 && on);
        CHECK_IS(polysock_set_timestamps(s, true), 0);
        CHECK(polysock_get_timestamps(s, &on) == 0 && on);
        CHECK_IS(polysock_sendto(s, "x", 1, 0, &a, 1000), 1);
        CHECK_IS(recv_byte(s, control, &flags), 1);
        CHECK_IS(polysock_control_count(control), 2);
        CHECK_IS(polysock_control_packet_info(control, &destination, &interface), 0);
        char text[POLYSOCK_ADDR_TEXT_SIZE];
        CHECK(polysock_addr_ip(&destination, text, sizeof text) > 0 && interface > 0);
        CHECK_TEXT(text, i == 0 ? "127.0.0.1" : "::1");
        CHECK_IS(polysock_control_timestamp(control, &when), 0);
        clock_gettime(CLOCK_REALTIME, &now);
        CHECK(llabs((long long)(when / 1000000000) - (long long)now.tv_sec) < 3600);
        CHECK_IS(polysock_control_credentials(control, NULL), POLYSOCK_EINVAL);
        /* The answer comes from the address that we choose. */
        CHECK_IS(polysock_addr_parse(&destination, i == 0 ? "127.0.0.5:1" : "[::1]:1", 0), 0);
        CHECK_IS(polysock_control_add_packet_info(control, &destination, 0), 0);
        polysock_msg m = POLYSOCK_MSG_INITIALIZER;
        polysock_iovec part = {"y", 1};
        polysock_t *free_one;
        MUST(polysock_socket(&free_one, polysock_addr_family(&a), POLYSOCK_SOCK_DGRAM, 0));
        m.iov = &part, m.iov_count = 1, m.addr = &a, m.control = control;
        CHECK_IS(polysock_sendmsg(free_one, &m, 0, 1000), 1);
        char byte;
        CHECK_IS(polysock_recvfrom(s, &byte, 1, 0, &from, NULL, 10000), 1);
        CHECK(polysock_addr_ip(&from, text, sizeof text) > 0);
        CHECK_TEXT(text, i == 0 ? "127.0.0.5" : "::1");
        polysock_control_free(control);
        polysock_free(free_one);
        polysock_free(s);
    }
}

TEST(raw_control_messages)
{
    polysock_t *a, *b;
    polysock_control *control;
    int flags, fd = STDIN_FILENO, got, level, kind;
    const void *data = NULL;
    size_t len = 0;
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_DGRAM));
    MUST(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM));
    MUST(polysock_set_passcred(b, true));
    CHECK_IS(polysock_control_add(control, SOL_SOCKET, SCM_RIGHTS, &fd, sizeof fd), 0);
    CHECK_IS(send_byte(a, control), 1);
    CHECK_IS(recv_byte(b, control, &flags), 1);
    CHECK_IS(polysock_control_count(control), 2);
    int seen = 0;
    for (size_t i = 0; i < 2; i++) {
        CHECK_IS(polysock_control_get(control, i, &level, &kind, &data, &len), 0);
        seen += level == SOL_SOCKET && len == (kind == SCM_RIGHTS ? 0 : 12);
    }
    CHECK_IS(seen, 2);
    CHECK_IS(polysock_control_take_fds(control, &got, 1), 1);
    close(got);
    CHECK_IS(polysock_control_clear(control), 0);
    CHECK_IS(polysock_control_add(control, 12345, 1, NULL, 0), 0); /* a level that the socket does not know: passed over */
    ssize_t n = send_byte(a, control);
    CHECK(n == 1 || n == POLYSOCK_EINVAL);
    polysock_control_free(control);
    polysock_free(a);
    polysock_free(b);
}

TEST(recvmsg_reports_truncation_and_senders)
{
    polysock_t *a, *b;
    polysock_addr from;
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    char one[2], two[2];
    polysock_iovec parts[] = {{one, 2}, {two, 2}};
    memset(&from, 0xee, sizeof from);
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_DGRAM));
    m.iov = parts, m.iov_count = 2, m.addr = &from;
    CHECK_IS(polysock_recvmsg(b, &m, 0, 0), POLYSOCK_EAGAIN);
    CHECK(from.length == 0xeeeeeeeeeeeeeeee && m.flags == 0); /* untouched */
    CHECK_IS(polysock_send(a, "hello", 5, 0, 1000), 5);
    CHECK_IS(polysock_recvmsg(b, &m, 0, 10000), 4);
    CHECK(m.flags & POLYSOCK_MSG_TRUNC);
    CHECK(memcmp(one, "he", 2) == 0 && memcmp(two, "ll", 2) == 0);
    CHECK(from.length != 0xeeeeeeeeeeeeeeee);
    polysock_free(a);
    polysock_free(b);
}

/* --- sendfile */

static int make_file(size_t size)
{
    char name[] = "/tmp/polysock-test-XXXXXX";
    int fd = mkstemp(name);
    MUST(fd);
    unlink(name);
    for (size_t at = 0; at < size; at += 4) {
        unsigned number = (unsigned)at;
        MUST(write(fd, &number, 4));
    }
    return fd;
}

TEST(files)
{
    polysock_t *a, *b;
    uint64_t done = 99;
    unsigned numbers[4];
    make_pair(&a, &b);
    int fd = make_file(64);
    off_t position = lseek(fd, 0, SEEK_CUR);
    CHECK_IS(polysock_sendfile(a, fd, 16, 16, &done, 10000), 0);
    CHECK_IS(done, 16);
    CHECK_IS(polysock_recv_exact(b, numbers, 16, NULL, 10000), 0);
    CHECK(numbers[0] == 16 && numbers[3] == 28 && lseek(fd, 0, SEEK_CUR) == position);
    CHECK_IS(polysock_sendfile(a, fd, 48, POLYSOCK_TO_END, &done, 10000), 0);
    CHECK_IS(done, 16);
    CHECK_IS(polysock_recv_exact(b, numbers, 16, NULL, 10000), 0);
    CHECK_IS(polysock_sendfile(a, fd, 60, 16, &done, 10000), POLYSOCK_EEOF);
    CHECK_IS(done, 4);
    CHECK_IS(polysock_recv_exact(b, numbers, 4, NULL, 10000), 0);
    CHECK_IS(polysock_sendfile(a, fd, 1000, 1, &done, 10000), POLYSOCK_EEOF);
    CHECK_IS(done, 0);
    CHECK_IS(polysock_sendfile(a, fd, 1000, POLYSOCK_TO_END, NULL, 10000), 0);
    CHECK_IS(polysock_sendfile(a, fd, 0, 0, &done, 10000), 0);
    CHECK_IS(polysock_sendfile(a, fd, UINT64_MAX, 1, &done, 10000), POLYSOCK_EINVAL);
    CHECK_IS(polysock_sendfile(a, fd, UINT64_MAX - 1, UINT64_MAX - 1, &done, 10000), POLYSOCK_EINVAL);
    CHECK_IS(polysock_sendfile(a, fd, 0, 16, &done, -3), POLYSOCK_EINVAL);
    done = 99;
    CHECK_IS(polysock_sendfile(a, -1, 0, 16, &done, 1000), POLYSOCK_EBADF);
    CHECK_IS(done, 0);
    CHECK_IS(polysock_sendfile(a, 999999, 0, 16, &done, 1000), POLYSOCK_EBADF);
    CHECK_IS(polysock_sendfile(NULL, fd, 0, 16, &done, 1000), POLYSOCK_EINVAL);
    int pipes[2];
    if (CHECK(pipe(pipes) == 0)) {
        CHECK_TEXT(polysock_err_name(polysock_sendfile(a, pipes[0], 0, 1, &done, 1000)), "ESPIPE");
        close(pipes[0]);
        close(pipes[1]);
    }
    polysock_abort(b); /* a vanished peer */
    int code = 0;
    for (int i = 0; i < 1000 && code == 0; i++, sleep_1ms())
        code = polysock_sendfile(a, fd, 0, 64, NULL, 10000);
    CHECK(code == POLYSOCK_ECONNRESET || code == POLYSOCK_EPIPE);
    polysock_close(a);
    CHECK_IS(polysock_sendfile(a, fd, 0, 16, &done, 1000), POLYSOCK_ECLOSED);
    close(fd);
    polysock_free(a);
    polysock_free(b);
}

TEST(files_wait_no_longer_than_the_deadline)
{
    polysock_t *a, *b;
    uint64_t done = 0;
    make_pair(&a, &b);
    int fd = make_file(16);
    CHECK(ftruncate(fd, 1 << 30) == 0); /* holes */
    long long began = now_us();
    CHECK_IS(polysock_sendfile(a, fd, 0, POLYSOCK_TO_END, &done, 80), POLYSOCK_ETIMEDOUT);
    CHECK_TOOK(began, 80, 10000 * SLOWNESS);
    CHECK(done > 0 && done < 1 << 30);
    close(fd);
    polysock_free(a);
    polysock_free(b);
}

TEST(names_of_addresses)
{
    polysock_addr a;
    char host[64] = "before", service[32] = "before";
    MUST(polysock_addr_parse(&a, "[::1]:80", 0));
    int numeric = NI_NUMERICHOST | NI_NUMERICSERV;
    CHECK_IS(polysock_getnameinfo(&a, host, 3, service, sizeof service, numeric), POLYSOCK_ENOSPC);
    CHECK_IS(polysock_getnameinfo(&a, host, sizeof host, service, 2, numeric), POLYSOCK_ENOSPC);
    CHECK_IS(polysock_getnameinfo(&a, NULL, 3, service, sizeof service, numeric), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "getnameinfo: host is NULL");
    CHECK_IS(polysock_getnameinfo(NULL, host, sizeof host, NULL, 0, numeric), POLYSOCK_EINVAL);
    CHECK_TEXT(host, "before");
    CHECK_TEXT(service, "before");
    CHECK_IS(polysock_getnameinfo(&a, host, 4, service, 3, numeric), 0);
    CHECK_TEXT(host, "::1");
    CHECK_TEXT(service, "80");
    CHECK_IS(polysock_getnameinfo(&a, NULL, 0, service, sizeof service, 0), 0);
    CHECK(strlen(service) > 0);
    CHECK_IS(polysock_getnameinfo(&a, NULL, 0, NULL, 0, NI_NAMEREQD), 0);
    MUST(polysock_addr_parse(&a, "unix:/x", 0));
    memset(a.bytes + 2, 0, 126);
    a.bytes[0] = 200, a.bytes[1] = 0, a.length = 16;
    CHECK_IS(polysock_getnameinfo(&a, host, sizeof host, NULL, 0, numeric), POLYSOCK_EAI_FAMILY);
}

int main(void)
{
    RUN(pieces);
    RUN(pieces_larger_than_the_buffers);
    RUN(descriptors_belong_to_the_caller_that_took_them);
    RUN(too_little_room_for_descriptors);
    RUN(credentials);
    RUN(packet_info_and_time);
    RUN(raw_control_messages);
    RUN(recvmsg_reports_truncation_and_senders);
    RUN(files);
    RUN(files_wait_no_longer_than_the_deadline);
    RUN(names_of_addresses);
    return report();
}
