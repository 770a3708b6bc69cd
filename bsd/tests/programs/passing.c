/* What socket_wrapper's tests exercise and calls.c has not. What it prints is the same with and without the layer. */
#define _GNU_SOURCE
#include "sockets.h"
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

static const struct sockaddr_in here = {.sin_family = AF_INET};

static int bound_to(const char *host, struct sockaddr_in *address) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof *address;
    *address = here;
    inet_pton(AF_INET, host, &address->sin_addr);
    bind(fd, (void *)address, length);
    getsockname(fd, (void *)address, &length);
    return fd;
}

enum { MOST = 6 };

static void pass(int through, const int *given, int count) {
    char control[CMSG_SPACE(MOST * sizeof(int))] = "", byte = '!';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), given, count * sizeof(int));
    SHOW(sendmsg(through, &message, 0));
}

static int take(int through, int *taken, int room) {
    char control[CMSG_SPACE(MOST * sizeof(int))], byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    message.msg_controllen = CMSG_LEN(room * sizeof(int));
    SHOW(recvmsg(through, &message, MSG_CMSG_CLOEXEC));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int count = header == NULL ? 0 : (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    printf("%d taken, cut %d\n", count, (message.msg_flags & MSG_CTRUNC) != 0);
    memcpy(taken, CMSG_DATA(header), count * sizeof(int));
    return count;
}

/* One to six at once: the same one, sockets, and sockets among files and pipes. */
static void descriptors_passed(void) {
    int through[2], connection[2], taken[MOST];
    char room[16];
    socketpair(AF_UNIX, SOCK_STREAM, 0, through);
    pair_over_tcp(connection);
    int pipes[2], file = open("/dev/zero", O_RDONLY);
    pipe(pipes);
    const int same[MOST] = {connection[0], connection[0], connection[0], connection[0], connection[0], connection[0]};
    const int mixed[MOST] = {file, connection[0], pipes[0], connection[1], pipes[1], through[0]};
    for (int count = 1; count <= MOST; count++) {
        for (int kind = 0; kind < 2; kind++) {
            pass(through[0], kind ? mixed : same, count);
            int n = take(through[1], taken, MOST);
            for (int i = 0; i < n; i++) {
                if (kind == 0 || i == 1) {
                    write(taken[i], "over", 4);
                    printf("%ld ", (long)recv(connection[1], room, 4, MSG_WAITALL));
                }
                close(taken[i]);
            }
            printf("\n");
        }
    }
    pass(through[0], mixed, 4);
    int n = take(through[1], taken, 2);
    while (n-- > 0)
        close(taken[n]);
    /* to another process */
    fflush(stdout);
    pass(through[0], mixed, 2);
    fflush(stdout);
    if (fork() == 0) {
        for (int fd = 3; fd < 64; fd++)
            if (fd != through[1])
                close(fd);
        take(through[1], taken, MOST);
        read(taken[0], room, 8);
        printf("zeros %d\n", room[7] == 0);
        SHOW(write(taken[1], "from a child", 12));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    SHOW(recv(connection[1], room, 12, MSG_WAITALL));
    for (int fd = 3; fd < 64; fd++)
        close(fd);
}

static void addresses(void) {
    struct sockaddr_in address, other;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t length = sizeof address;
    int fd = bound_to("0.0.0.0", &address);
    SHOW(getpeername(fd, (void *)&other, &length));
    SHOW(listen(fd, 16));
    int client = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(connect(client, (void *)&address, sizeof address));
    int served = accept(fd, (void *)&other, &length);
    printf("%u %s\n", length, inet_ntoa(other.sin_addr));
    for (socklen_t room = 0; room <= 40; room += 8) {
        char text[40];
        length = room;
        memset(text, 7, sizeof text);
        SHOW(getpeername(served, (void *)text, &length));
        printf("%u of %u, the next one %d\n", length, room, room < 40 ? text[room] : 7);
        length = room;
        SHOW(getsockname(client, (void *)text, &length));
    }
    SHOW(connect(client, (void *)&address, sizeof address));
    close(served);
    close(client);
    /* the port is in use; the wrong family; the wrong length */
    int second = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(bind(second, (void *)&address, sizeof address));
    SHOW(bind(second, (void *)&six, sizeof six));
    SHOW(bind(second, (void *)&address, 3));
    SHOW(connect(second, (void *)&six, sizeof six));
    address.sin_addr.s_addr = INADDR_BROADCAST;
    SHOW(connect(second, (void *)&address, sizeof address));
    close(second);
    close(fd);
    /* never bound */
    for (int family = AF_INET; family; family = family == AF_INET ? AF_INET6 : 0) {
        struct sockaddr_storage any;
        length = sizeof any;
        fd = socket(family, SOCK_STREAM, 0);
        SHOW(listen(fd, 5));
        SHOW(getsockname(fd, (void *)&any, &length));
        printf("family %d, a port %d\n", any.ss_family, ((struct sockaddr_in *)&any)->sin_port != 0);
        close(fd);
    }
#ifdef __GLIBC__
    /* a port below 1,024, for which the C library calls bind(2) by itself */
    fd = socket(AF_INET, SOCK_STREAM, 0);
    printf("bindresvport %d\n", bindresvport(fd, NULL) == 0 || errno == EACCES);
    close(fd);
#endif
}

static void options(void) {
    int pair[2], value;
    struct tcp_info info;
    pair_over_tcp(pair);
    const int asked[] = {SO_DOMAIN, SO_PROTOCOL, SO_TYPE, SO_ACCEPTCONN, SO_ERROR};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        socklen_t length = sizeof value;
        SHOW(getsockopt(pair[0], SOL_SOCKET, asked[i], &value, &length));
        printf("%d in %u bytes\n", value, length);
        length = 1;
        SHOW(getsockopt(pair[0], SOL_SOCKET, asked[i], &value, &length));
    }
    value = 20000;
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &value, 1));
    socklen_t length = sizeof info;
    SHOW(getsockopt(pair[0], IPPROTO_TCP, TCP_INFO, &info, &length));
    printf("state %d\n", info.tcpi_state);
    close(pair[1]);
    SHOW(recv(pair[0], &value, 4, 0));
    getsockopt(pair[0], IPPROTO_TCP, TCP_INFO, &info, &length);
    printf("state %d\n", info.tcpi_state);
    close(pair[0]);
    /* both families on a port, if IPv6 leaves IPv4 alone */
    int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1;
    SHOW(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one));
    close(fd);
    for (int is_taken = 1, left = 100; is_taken && left > 0; left--) { /* by another program, in one of the families */
        struct sockaddr_in6 six = {.sin6_family = AF_INET6};
        fd = socket(AF_INET6, SOCK_STREAM, 0);
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
        length = sizeof six;
        bind(fd, (void *)&six, length);
        getsockname(fd, (void *)&six, &length);
        struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = six.sin6_port};
        int other = socket(AF_INET, SOCK_STREAM, 0);
        errno = E2BIG;
        int result = bind(other, (void *)&four, sizeof four);
        is_taken = result < 0 && errno == EADDRINUSE;
        if (!is_taken)
            show(errno == E2BIG ? "bind" : "bind, errno changed", result);
        close(fd);
        close(other);
    }
}

static void numbers(void) {
    int pair[2], waiting = -1;
    pair_over_tcp(pair);
    SHOW(fcntl(pair[0], F_DUPFD, 100));
    SHOW(fcntl(100, F_SETFD, FD_CLOEXEC));
    SHOW(fcntl(100, F_GETFD));
    SHOW(fcntl(100, F_SETFL, O_NONBLOCK));
    SHOW(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
    write(pair[1], "12345", 5);
    struct timespec moment = {0, 1000000};
    do
        nanosleep(&moment, NULL);
    while (ioctl(pair[0], FIONREAD, &waiting) == 0 && waiting < 5);
    printf("%d bytes wait\n", waiting);
    pid_t group = getpid();
    SHOW(ioctl(pair[0], SIOCSPGRP, &group));
    group = 0;
    SHOW(ioctl(pair[0], SIOCGPGRP, &group));
    printf("ours %d\n", group == getpid());
    int off = 0;
    SHOW(ioctl(100, FIONBIO, &off));
    SHOW(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
    SHOW(close(100));
    /* closed by a system call, and its number given to a socket of another kind */
    int low = open("/dev/null", O_WRONLY); /* no smaller number is free */
    SHOW(syscall(SYS_close, pair[1]));
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    printf("the same number %d\n", fd == pair[1]);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    SHOW(bind(fd, (void *)&six, sizeof six));
    SHOW(recv(fd, &waiting, 1, MSG_DONTWAIT));
    SHOW(close(fd));
    SHOW(close(fd));
    SHOW(write(low, "x", 1));
    SHOW(send(low, "x", 1, 0));
    close(low);
    close(pair[0]);
}

/* What is not a socket, but a descriptor that is read and written. */
static void others(void) {
    uint64_t number = 5;
    int fd = eventfd(0, EFD_NONBLOCK);
    SHOW(read(fd, &number, 8));
    SHOW(write(fd, &number, 8));
    SHOW(read(fd, &number, 8));
    SHOW(recv(fd, &number, 8, 0));
    close(fd);
    fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec soon = {.it_value = {0, 1000000}};
    timerfd_settime(fd, 0, &soon, NULL);
    SHOW(read(fd, &number, 8));
    close(fd);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, 0);
    kill(getpid(), SIGUSR2);
    struct signalfd_siginfo about;
    SHOW(read(fd, &about, sizeof about));
    printf("SIGUSR2 %d\n", about.ssi_signo == SIGUSR2);
    close(fd);
    int ends[2];
    pipe2(ends, O_NONBLOCK);
    SHOW(read(ends[0], &number, 8));
    SHOW(write(ends[1], "piped", 5));
    SHOW(read(ends[0], &number, 8));
    close(ends[1]);
    SHOW(read(ends[0], &number, 8));
    close(ends[0]);
}

static void datagrams(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from;
    socklen_t length = sizeof address;
    int to = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
    bind(to, (void *)&address, length);
    getsockname(to, (void *)&address, &length);
    setsockopt(to, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    SHOW(sendto(fd, "x", 1, 0, NULL, 0));
    SHOW(connect(fd, (void *)&address, sizeof address));
    SHOW(sendto(fd, "one", 3, 0, NULL, 0));
    SHOW(sendto(fd, "to", 2, 0, (void *)&address, sizeof address));
    struct iovec part = {"parts", 5};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    SHOW(sendmsg(fd, &message, 0));
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    SHOW(sendmsg(fd, &message, 0));
    message.msg_namelen = 1;
    SHOW(sendmsg(fd, &message, 0));
    for (int i = 0; i < 4; i++) {
        char room[16], control[64];
        struct iovec into = {room, i == 0 ? 2 : sizeof room};
        struct msghdr taken = {.msg_name = i == 1 ? NULL : &from,
                               .msg_namelen = i == 1 ? 0 : sizeof from,
                               .msg_iov = &into,
                               .msg_iovlen = 1,
                               .msg_control = control,
                               .msg_controllen = sizeof control};
        SHOW(recvmsg(to, &taken, 0));
        struct cmsghdr *header = CMSG_FIRSTHDR(&taken);
        printf("name %u, flags %#x, pktinfo %d\n", taken.msg_namelen, taken.msg_flags,
               header != NULL && header->cmsg_type == IP_PKTINFO);
    }
    struct sockaddr nothing = {.sa_family = AF_UNSPEC};
    SHOW(connect(fd, &nothing, sizeof nothing));
    SHOW(getpeername(fd, (void *)&from, &length));
    close(fd);
    close(to);
}

static void *make_sockets(void *unused) {
    (void)unused;
    long right = 0;
    for (int i = 0; i < 100; i++) {
        int pair[2];
        char room[4] = "";
        pair_over_tcp(pair);
        right += write(pair[0], "abc", 3) == 3 && recv(pair[1], room, 3, MSG_WAITALL) == 3 && strcmp(room, "abc") == 0;
        right += close(pair[0]) == 0 && close(pair[1]) == 0;
    }
    return (void *)right;
}

static void many(void) {
    static int all[900];
    int count = 0;
    while (count < 900 && (all[count] = socket(AF_INET, SOCK_STREAM, 0)) >= 0)
        count++;
    printf("%d sockets, the last number %d\n", count, all[count - 1]);
    while (count > 0)
        close(all[--count]);
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, make_sockets, NULL);
    for (int i = 0; i < 8; i++) {
        void *right;
        pthread_join(threads[i], &right);
        printf("%ld ", (long)right);
    }
    printf("right\n");
}

static int from_handler[2];

static void on_signal(int number) {
    (void)number;
    char byte;
    write(from_handler[0], "h", 1);
    read(from_handler[1], &byte, 1);
}

static void raise_before_fork(void) {
    raise(SIGUSR1);
}

/* A signal handler that makes calls in the middle of fork(2), after its other preparations. */
static void forks(void) {
    pair_over_tcp(from_handler);
    signal(SIGUSR1, on_signal);
    pthread_atfork(raise_before_fork, raise_before_fork, raise_before_fork);
    fflush(stdout);
    for (int i = 0; i < 20; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            char byte; /* from here or from the parent's handler, which uses the same sockets at the same time */
            write(from_handler[0], "c", 1);
            _exit(read(from_handler[1], &byte, 1) == 1);
        }
        waitpid(child, &status, 0);
        printf("%#x ", status);
    }
    printf("ended\n");
}

int main(void) {
    alarm(50);
    descriptors_passed();
    addresses();
    options();
    numbers();
    others();
    datagrams();
    many();
    forks();
    /* A socket is left open at the end. */
    SHOW(socket(AF_INET, SOCK_STREAM, 0) > 0);
    return 3;
}
