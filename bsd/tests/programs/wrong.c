/* Arguments that are wrong or unusual: pointers to nowhere, to the end of the memory, misaligned; lengths too large, negative,
   overflowing. What it prints is the same with and without the layer. */
#define _GNU_SOURCE
#include "sockets.h"
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

/* The compiler must not know what is passed. */
static void *volatile nowhere = (void *)8;
static void *volatile nothing = NULL;
static volatile int minus_one = -1, lowest = INT_MIN, highest = INT_MAX;
static volatile size_t endless = SIZE_MAX;
static char *end; /* of readable memory */
static int pair[2];
static char room[64];

static void fill(void) {
    write(pair[1], "0123456789", 10);
    struct pollfd entry = {pair[0], POLLIN, 0};
    poll(&entry, 1, 5000);
}

static void transfers(void) {
    for (int number = 0; number < 4; number++) {
        int fd = (int[]){minus_one, lowest, highest, 3000}[number];
        SHOW(send(fd, "x", 1, 0));
        SHOW(recv(fd, room, 1, 0));
        SHOW(write(fd, nothing, endless));
        SHOW(close(fd));
        SHOW(shutdown(fd, 1));
        SHOW(sendmsg(fd, nothing, 0));
        SHOW(dup2(fd, 60));
    }
    fill();
    SHOW(recv(pair[0], nothing, 5, 0));
    SHOW(recv(pair[0], nothing, 0, MSG_DONTWAIT));
    SHOW(recv(pair[0], room, 3, minus_one));
    SHOW(recv(pair[0], end - 1, 5, MSG_PEEK));
    SHOW(recv(pair[0], room + 1, 3, 0));
    SHOW(send(pair[0], end - 2, 2, 0));
    SHOW(send(pair[0], end - 2, 3, 0));
    SHOW(send(pair[0], end, 1, 0));
    SHOW(send(pair[0], room, endless, MSG_DONTWAIT | MSG_NOSIGNAL));
    SHOW(sendto(pair[0], "x", 1, 0, nowhere, sizeof(struct sockaddr_in)));
    SHOW(sendto(pair[0], "x", 1, 0, (void *)room, minus_one));
    SHOW(sendto(pair[0], "x", 1, 0, nothing, highest));
    socklen_t length = minus_one;
    SHOW(recvfrom(pair[0], room, 1, MSG_PEEK, (void *)room, &length));
    length = 0;
    SHOW(recvfrom(pair[0], room, 1, MSG_PEEK, (void *)room, &length));
    SHOW(read(pair[0], room + 3, 64 - 3) > 0);
}

static void parts(void) {
    static struct iovec many[IOV_MAX + 1];
    for (int index = 0; index <= IOV_MAX; index++)
        many[index] = (struct iovec){room, index % 7 == 0};
    SHOW(writev(pair[1], many, IOV_MAX));
    SHOW(writev(pair[1], many, IOV_MAX + 1));
    SHOW(readv(pair[0], many, IOV_MAX));
    SHOW(readv(pair[0], many, IOV_MAX + 1));
    SHOW(readv(pair[0], many, highest));
    SHOW(writev(pair[1], many, lowest));
    SHOW(writev(pair[1], nothing, 0));
    fill();
    struct iovec overflowing[3] = {{room, 4}, {room, SSIZE_MAX}, {room, SSIZE_MAX}};
    SHOW(readv(pair[0], overflowing, 3));
    fill(); /* with 32 bits, those lengths are not refused, and readv has received the data */
    struct iovec gap[3] = {{room, 2}, {nowhere, 2}, {room, 2}};
    SHOW(writev(pair[1], gap, 3));
    SHOW(readv(pair[0], gap, 3));
    struct iovec *last = (struct iovec *)end - 1;
    *last = (struct iovec){room, 3};
    SHOW(writev(pair[1], last, 1));
    SHOW(writev(pair[1], last, 2));
    struct iovec *crooked = (struct iovec *)(end - sizeof *last - 3);
    memcpy(crooked, &(struct iovec){room + 1, 3}, sizeof *crooked);
    SHOW(writev(pair[1], crooked, 1));
    while (recv(pair[0], room, sizeof room, MSG_DONTWAIT) > 0)
        ;
}

static void messages(void) {
    struct iovec part = {room, 4};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    message.msg_control = nowhere, message.msg_controllen = 40;
    SHOW_READ_BY_KERNEL(sendmsg(pair[1], &message, 0));
    message.msg_controllen = endless;
    SHOW(sendmsg(pair[1], &message, 0));
    message.msg_control = room, message.msg_controllen = 3;
    SHOW(sendmsg(pair[1], &message, 0));
    char garbage[64];
    memset(garbage, 0xee, sizeof garbage);
    message.msg_control = garbage, message.msg_controllen = sizeof garbage;
    SHOW(sendmsg(pair[1], &message, 0));
    message.msg_control = NULL, message.msg_controllen = 0;
    message.msg_iovlen = endless;
    SHOW(sendmsg(pair[1], &message, 0));
    message.msg_iovlen = IOV_MAX + 1;
    SHOW(sendmsg(pair[1], &message, 0));
    message.msg_iovlen = 1;
    message.msg_name = nowhere, message.msg_namelen = 16;
    SHOW(sendmsg(pair[1], &message, 0));
    message.msg_namelen = minus_one;
    SHOW(sendmsg(pair[1], &message, 0));
    SHOW(recvmsg(pair[0], &message, MSG_DONTWAIT));
    fill();
    message.msg_name = nothing, message.msg_namelen = 0;
    message.msg_control = nowhere, message.msg_controllen = 64;
    SHOW(recvmsg(pair[0], &message, 0));
    printf("%zu %#x\n", (size_t)message.msg_controllen, message.msg_flags);
    message.msg_iov = nothing;
    SHOW(recvmsg(pair[0], &message, MSG_DONTWAIT));
    memcpy(end - sizeof message + 1, &message, sizeof message - 1);
    SHOW_READ_BY_KERNEL(recvmsg(pair[0], (void *)(end - sizeof message + 1), MSG_DONTWAIT));
    SHOW_READ_BY_KERNEL(sendmsg(pair[0], (void *)(end - sizeof message + 1), 0));
    struct mmsghdr several[2] = {{{.msg_iov = &part, .msg_iovlen = 1}}, {{.msg_iov = nowhere, .msg_iovlen = 1}}};
    SHOW(sendmmsg(pair[1], several, 2, 0));
    SHOW(sendmmsg(pair[1], several, 0, 0));
    SHOW(sendmmsg(pair[1], nothing, 0, 0));
    SHOW(recvmmsg(pair[0], several, 2, MSG_DONTWAIT, NULL));
    struct mmsghdr *last = (struct mmsghdr *)end - 1;
    memcpy(last, several, sizeof *last);
    SHOW_READ_BY_KERNEL(sendmmsg(pair[1], last, minus_one, 0));
    SHOW_READ_BY_KERNEL(recvmmsg(pair[0], last, minus_one, MSG_DONTWAIT, NULL));
    struct timespec wrong = {0, 2000000000};
    SHOW(recvmmsg(pair[0], several, 1, MSG_DONTWAIT, &wrong));
#if __SIZEOF_POINTER__ == 8 /* otherwise glibc itself reads the time, and would crash */
    SHOW_READ_BY_KERNEL(recvmmsg(pair[0], several, 1, MSG_DONTWAIT, nowhere));
#endif
}

static void addresses(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char crooked[sizeof address + 1];
    memcpy(crooked + 1, &address, sizeof address);
    for (int length = -1; length <= 17; length++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        SHOW(bind(fd, (void *)(crooked + 1), length));
        close(fd);
        fd = socket(AF_INET, SOCK_DGRAM, 0);
        SHOW(connect(fd, (void *)(crooked + 1), length));
        SHOW(connect(fd, nothing, length));
        close(fd);
    }
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    memset(path.sun_path, 'x', sizeof path.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(fd, (void *)&path, sizeof path));
    SHOW(connect(fd, (void *)&path, sizeof path + 1));
    SHOW(connect(fd, (void *)&path, sizeof(sa_family_t)));
    path.sun_path[0] = 0;
    SHOW(connect(fd, (void *)&path, sizeof path));
    memcpy(end - 16, &address, 16);
    SHOW(bind(fd, (void *)(end - 16), 110));
    close(fd);
    socklen_t length = sizeof address;
    int listening = listener(&address);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    connect(fd, (void *)&address, sizeof address);
    SHOW(accept(listening, (void *)&address, NULL));
    fcntl(listening, F_SETFL, O_NONBLOCK);
    SHOW(accept(listening, nowhere, &length));
    connect(fd, (void *)&address, sizeof address);
    length = minus_one;
    SHOW(accept(listening, (void *)&address, &length));
    SHOW(listen(listening, minus_one));
    SHOW(listen(listening, lowest));
    SHOW(getsockname(listening, nothing, &length));
    SHOW(getsockname(listening, (void *)&address, nothing));
    length = minus_one;
    SHOW(getsockname(listening, (void *)&address, &length));
    length = 3;
    SHOW(getsockname(listening, (void *)&address, &length));
    printf("%u\n", length);
    close(fd);
    close(listening);
}

static void options(void) {
    int value = 1;
    socklen_t length;
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, &value, minus_one));
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, &value, 1));
    SHOW(setsockopt(pair[0], minus_one, minus_one, nothing, highest));
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, end - 3, sizeof(struct timeval)));
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 5000000}, sizeof(struct timeval)));
    SHOW(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, nothing));
    length = minus_one;
    SHOW(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, &length));
    length = 1;
    SHOW(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, &length));
    length = 4;
    SHOW(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, nothing, &length));
    SHOW(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, room + 1, &length));
    SHOW(shutdown(pair[0], minus_one));
    SHOW(shutdown(pair[0], 3));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, (void *)(end - 4)));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, nothing));
    int *two = (void *)(room + 1);
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, two));
    close(two[0]);
    close(two[1]);
    SHOW(socket(minus_one, minus_one, minus_one));
    SHOW(socket(AF_INET, SOCK_STREAM | 0x40000000, 0));
    SHOW(fcntl(pair[0], minus_one, nowhere));
    SHOW(fcntl(pair[0], F_GETLK, nowhere));
    SHOW(fcntl(pair[0], F_DUPFD, highest));
}

/* Some of these would return at once, if the time limit were not wrong. */
static void readiness(void) {
    struct timespec negative = {-1, 0}, late = {0, 1000000000}, both = {-1, 1500000000}, none = {0, 0};
    struct timespec *limits[] = {&negative, &late, &both, &none};
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, found[2];
    epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
    for (int ready = 0; ready < 2; ready++) {
        struct pollfd entry = {pair[0], POLLIN, 0};
        for (int index = 0; index < 4; index++) {
            fd_set set;
            FD_ZERO(&set);
            FD_SET(pair[0], &set);
            SHOW(ppoll(&entry, 1, limits[index], NULL));
            SHOW(pselect(pair[0] + 1, &set, NULL, NULL, limits[index], NULL));
            printf("%d\n", FD_ISSET(pair[0], &set) != 0);
            SHOW(epoll_pwait2(epoll, found, 2, limits[index], NULL));
        }
        struct timeval times[] = {{-1, 0}, {0, -1}, {0, 1000001}, {-1, 2000000}};
        for (int index = 0; index < 4; index++) {
            fd_set set;
            FD_ZERO(&set);
            FD_SET(pair[0], &set);
            if (ready || index != 2)
                SHOW(select(pair[0] + 1, &set, NULL, NULL, &times[index]));
        }
#if __SIZEOF_POINTER__ == 8
        SHOW(epoll_pwait2(epoll, found, 2, nowhere, NULL));
#endif
        SHOW(select(highest, NULL, NULL, NULL, &times[3]));
        SHOW(select(lowest, NULL, NULL, NULL, NULL));
        SHOW(poll(&entry, 1, ready ? lowest : 0));
        SHOW(poll(&entry, endless, 0));
        SHOW(poll(nothing, 1, 0));
        SHOW(poll(nothing, 0, 1));
        SHOW(ppoll(&entry, 1, &none, nowhere));
        struct pollfd *last = (struct pollfd *)end - 1;
        *last = (struct pollfd){pair[0], POLLIN, 0};
        SHOW(poll(last, 1, 0));
        SHOW(poll(last, 2, 0));
        struct pollfd *crooked = (void *)(end - sizeof *last - 1);
        memcpy(crooked, &entry, sizeof entry);
        SHOW(poll(crooked, 1, 0));
        entry = (struct pollfd){lowest, minus_one, 7};
        SHOW(poll(&entry, 1, 0));
        printf("%d\n", entry.revents);
        SHOW(epoll_wait(epoll, found, 0, 0));
        SHOW(epoll_wait(epoll, found, lowest, 0));
        SHOW(epoll_wait(epoll, found, highest, 0));
        SHOW(epoll_wait(epoll, nothing, 1, 0));
        SHOW(epoll_wait(epoll, found, 1, ready ? lowest : 0));
        fd_set *small = (void *)(end - 8);
        memset(small, 0, 8);
        SHOW(select(64, small, NULL, NULL, &(struct timeval){0, 0}));
        SHOW(select(65, small, NULL, NULL, &(struct timeval){0, 0}));
        fill();
    }
    close(epoll);
    while (recv(pair[0], room, sizeof room, MSG_DONTWAIT) > 0)
        ;
}

static void files(void) {
    off_t offset = -1;
    int file = open("/etc/passwd", O_RDONLY);
    SHOW(sendfile(pair[1], file, &offset, 5));
    offset = LONG_MAX;
    SHOW(sendfile(pair[1], file, &offset, 5));
    offset = 0;
    SHOW(sendfile(pair[1], file, &offset, 0));
    SHOW(sendfile(pair[1], pair[1], NULL, 5));
    SHOW(sendfile(file, file, NULL, 5));
    memcpy(end - 5, "\0\0\0\0\0", 5);
    SHOW(sendfile(pair[1], file, (void *)(end - 5), 5));
    close(file);
}

static void twice(void) {
    int other[2];
    pair_over_tcp(other);
    SHOW(close(other[0]));
    SHOW(close(other[0]));
    SHOW(close(other[0]));
    FILE *stream = fdopen(other[1], "r");
    SHOW(close(other[1]));
    SHOW(fclose(stream));
    SHOW(close_range(7, 3, 0));
}

int main(void) {
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + 4096, 4096, PROT_NONE);
    end = memory + 4096;
    pair_over_tcp(pair);
    transfers();
    close(pair[0]);
    close(pair[1]);
    pair_over_tcp(pair);
    parts();
    messages();
    close(pair[0]);
    close(pair[1]);
    addresses();
    pair_over_tcp(pair);
    readiness();
    files();
    options();
    close(pair[0]);
    close(pair[1]);
    twice();
    return 11;
}
