/* Every call that the layer has, with good and with bad arguments. What it prints is the same with and without the layer. */
#define _GNU_SOURCE
#include "sockets.h"
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

/* An address at which nothing is; the compiler does not know that. */
static void *volatile nowhere = (void *)8;
#define NOWHERE nowhere
static volatile int minus_one = -1;

static void streams(void) {
    int pair[2];
    char room[64] = "";
    pair_over_tcp(pair);
    SHOW(send(pair[0], "hello", 5, 0));
    SHOW(recv(pair[1], room, sizeof room, MSG_PEEK));
    SHOW(recv(pair[1], room, sizeof room, 0));
    printf("%s\n", room);
    SHOW(write(pair[0], "world", 5));
    SHOW(read(pair[1], room, 2));
    SHOW(read(pair[1], room, 0));
    SHOW(recv(pair[1], room, sizeof room, MSG_DONTWAIT));
    SHOW(recv(pair[1], room, sizeof room, MSG_DONTWAIT));
    struct iovec parts[2] = {{"ab", 2}, {"cde", 3}};
    SHOW(writev(pair[0], parts, 2));
    struct iovec rooms[2] = {{room, 1}, {room + 10, 9}};
    SHOW(readv(pair[1], rooms, 2));
    printf("%c %.4s\n", room[0], room + 10);
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    SHOW(sendmsg(pair[0], &message, MSG_NOSIGNAL));
    struct msghdr received = {.msg_iov = rooms, .msg_iovlen = 2};
    SHOW(recvmsg(pair[1], &received, 0));
    FILE *file = tmpfile();
    fputs("from a file", file);
    fflush(file);
    off_t offset = 5;
    SHOW(sendfile(pair[0], fileno(file), &offset, 100));
    printf("offset %ld\n", (long)offset);
    SHOW(recvfrom(pair[1], room, sizeof room, MSG_WAITALL & 0, NULL, NULL));
    fclose(file);
    SHOW(shutdown(pair[0], SHUT_WR));
    SHOW(shutdown(pair[0], 77));
    SHOW(read(pair[1], room, sizeof room));
    SHOW(close(pair[0]));
    SHOW(close(pair[0]));
    SHOW(close(pair[1]));
}

static char large[64];

static void bad_arguments(void) {
    int pair[2];
    char room[8];
    pair_over_tcp(pair);
    SHOW(send(pair[0], NOWHERE, 5, 0));
    SHOW(send(pair[0], NULL, 0, 0));
    SHOW(write(pair[0], NOWHERE, 5));
    SHOW(writev(pair[0], NOWHERE, 2));
    SHOW(writev(pair[0], NULL, minus_one));
    SHOW(sendmsg(pair[0], NULL, 0));
    SHOW_READ_BY_KERNEL(sendmsg(pair[0], NOWHERE, 0));
    SHOW_READ_BY_KERNEL(sendmmsg(pair[0], NOWHERE, 3, 0));
    send(pair[1], "x", 1, 0);
    SHOW(recv(pair[0], NOWHERE, 5, 0));
    SHOW(read(pair[0], NOWHERE, 5));
    SHOW(readv(pair[0], NOWHERE, 2));
    SHOW_READ_BY_KERNEL(recvmsg(pair[0], NOWHERE, 0));
    SHOW(recvfrom(pair[0], room, 8, MSG_PEEK, NOWHERE, NOWHERE));
    SHOW_READ_BY_KERNEL(recvmmsg(pair[0], NOWHERE, 2, MSG_DONTWAIT, NULL));
#ifndef FORTIFIED /* which ends the program for this */
    SHOW(recv(pair[0], large, SIZE_MAX, MSG_DONTWAIT));
#else
    recv(pair[0], room, 1, 0);
    printf("recv(pair[0], large, SIZE_MAX, MSG_DONTWAIT): 1\n");
#endif
    SHOW(send(-1, "x", 1, 0));
    SHOW(send(0x7fffffff, "x", 1, 0));
    SHOW(recv(-1, room, 8, 0));
    SHOW(close(-1));
    SHOW(bind(pair[0], NOWHERE, 16));
    SHOW(bind(pair[0], NULL, 0));
    SHOW(connect(pair[0], NOWHERE, 16));
    SHOW(connect(pair[0], (void *)room, 1 << 30));
    SHOW(accept(pair[0], NULL, NULL));
    SHOW(accept4(pair[0], NULL, NULL, 0x12345));
    SHOW(getsockname(pair[0], NOWHERE, NOWHERE));
    SHOW(getpeername(-1, NULL, NULL));
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, NOWHERE, 4));
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, NULL, 0));
    SHOW(getsockopt(pair[0], SOL_SOCKET, 9999, NOWHERE, NOWHERE));
    SHOW(socket(999, 999, 999));
    int others[2];
    SHOW(socketpair(AF_INET, SOCK_STREAM, 0, others));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, NOWHERE));
    SHOW(listen(-1, 5));
    SHOW(poll(NOWHERE, 1, 0));
    SHOW(poll(NOWHERE, 5, 5));
    SHOW(select(5, NOWHERE, NULL, NULL, NULL));
    SHOW(select(-1, NULL, NULL, NULL, NULL));
    SHOW(epoll_wait(pair[0], NOWHERE, 1, 0));
    SHOW(epoll_wait(-1, NULL, -1, 0));
    SHOW(sendfile(pair[0], -1, NULL, 5));
    SHOW(sendfile(pair[0], pair[1], NOWHERE, 5));
    SHOW(dup(-1));
    SHOW(dup2(-1, 5));
    SHOW(dup3(pair[0], pair[0], 0));
    SHOW(fcntl(-1, F_GETFL));
    SHOW(fcntl(pair[0], F_DUPFD, minus_one));
    SHOW(fcntl(pair[0], 9999, 0));
    struct addrinfo *found = NULL;
    printf("getaddrinfo %s\n", gai_strerror(getaddrinfo(NULL, NULL, NULL, &found)));
    close(pair[0]);
    close(pair[1]);
}

static void datagrams(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from;
    socklen_t length = sizeof address;
    char room[64];
    int one = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
    bind(one, (void *)&address, length);
    getsockname(one, (void *)&address, &length);
    SHOW(sendto(other, "datagram", 8, 0, (void *)&address, length));
    length = sizeof from;
    SHOW(recvfrom(one, room, 4, 0, (void *)&from, &length));
    printf("%u bytes of address, family %d\n", length, from.sin_family);
    SHOW(sendto(other, "", 0, 0, (void *)&address, sizeof address));
    SHOW(read(one, room, 0));
    SHOW(recv(one, room, 0, 0));
    connect(other, (void *)&address, sizeof address);
    struct iovec part = {"batch", 5}, into = {room, sizeof room};
    struct mmsghdr messages[3] = {{{.msg_iov = &part, .msg_iovlen = 1}, 0}, {{.msg_iov = &part, .msg_iovlen = 1}, 0}};
    SHOW(sendmmsg(other, messages, 2, 0));
    struct mmsghdr rooms[3] = {{{.msg_iov = &into, .msg_iovlen = 1}, 0}, {{.msg_iov = &into, .msg_iovlen = 1}, 0}};
    SHOW(recvmmsg(one, rooms, 2, 0, NULL));
    printf("%u %u\n", rooms[0].msg_len, rooms[1].msg_len);
    close(one);
    SHOW(send(other, "refused", 7, 0));
    SHOW(recv(other, room, sizeof room, 0));
    close(other);
}

static void descriptors(void) {
    int pair[2];
    char room[64];
    pair_over_tcp(pair);
    int copy = dup(pair[0]);
    SHOW(write(copy, "copy", 4));
    SHOW(dup2(pair[0], copy) - copy);
    SHOW(dup2(pair[1], pair[1]) - pair[1]);
    int high = fcntl(pair[0], F_DUPFD_CLOEXEC, 100);
    SHOW(high);
    SHOW(write(high, "high", 4));
    SHOW(recv(pair[1], room, 8, MSG_WAITALL));
    close(pair[0]);
    close(copy);
    SHOW(recv(pair[1], room, 8, MSG_DONTWAIT));
    close(high);
    SHOW(recv(pair[1], room, 8, 0));
    /* onto a socket, and a file onto a socket */
    int null = open("/dev/null", O_RDWR);
    SHOW(dup2(null, pair[1]) - pair[1]);
    SHOW(write(pair[1], "x", 1));
    SHOW(send(pair[1], "x", 1, 0));
    close(pair[1]);
    close(null);
    /* stdio over a socket */
    pair_over_tcp(pair);
    FILE *stream = fdopen(pair[0], "r+");
    fputs("line\n", stream);
    fflush(stream);
    SHOW(read(pair[1], room, sizeof room));
    write(pair[1], "answer\n", 7);
    SHOW(fgets(room, sizeof room, stream) != NULL);
    SHOW(fclose(stream));
    SHOW(read(pair[1], room, sizeof room));
    close(pair[1]);
    /* a descriptor passed to another process's hands */
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    int pass[2];
    pair_over_tcp(pass);
    char control[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &pass[0], sizeof(int));
    SHOW(sendmsg(pair[0], &message, 0));
    close(pass[0]);
    SHOW(recvmsg(pair[1], &message, 0));
    int passed;
    memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
    SHOW(write(passed, "passed", 6));
    SHOW(read(pass[1], room, sizeof room));
    close(passed);
    close(pass[1]);
    close(pair[0]);
    close(pair[1]);
    /* as daemons do */
    for (int fd = 3; fd < 256; fd++)
        close(fd);
    pair_over_tcp(pair);
    SHOW(close_range(3, ~0U, 0));
    SHOW(send(pair[0], "x", 1, 0));
    SHOW(socket(AF_INET, SOCK_STREAM, 0));
    close(3);
}

static void readiness(void) {
    int pair[2];
    pair_over_tcp(pair);
    struct pollfd entries[3] = {{pair[0], POLLIN | POLLOUT, 0}, {-1, POLLIN, 0}, {pair[1], POLLIN, 0}};
    SHOW(poll(entries, 3, 1000));
    printf("%d %d %d\n", entries[0].revents, entries[1].revents, entries[2].revents);
    entries[0].events = POLLIN;
    SHOW(poll(entries, 1, 20));
    SHOW(poll(entries, 1, 0));
    struct timespec limit = {0, 20000000};
    SHOW(ppoll(entries, 1, &limit, NULL));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair[0], &set);
    struct timeval time = {0, 20000};
    SHOW(select(pair[0] + 1, &set, NULL, NULL, &time));
    printf("set %d, %ld left\n", FD_ISSET(pair[0], &set) != 0, (long)time.tv_usec);
    write(pair[1], "x", 1);
    FD_SET(pair[0], &set);
    time.tv_sec = 5;
    SHOW(select(pair[0] + 1, &set, NULL, NULL, &time));
    printf("set %d, most left %d\n", FD_ISSET(pair[0], &set) != 0, time.tv_sec >= 4);
    FD_ZERO(&set);
    FD_SET(pair[1], &set);
    SHOW(pselect(pair[1] + 1, NULL, &set, NULL, &limit, NULL));
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = 7}, found[4];
    epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
    SHOW(epoll_wait(epoll, found, 4, 1000));
    SHOW(epoll_pwait(epoll, found, 4, -1, NULL));
    event.events |= EPOLLET;
    epoll_ctl(epoll, EPOLL_CTL_MOD, pair[0], &event);
    SHOW(epoll_wait(epoll, found, 4, 1000));
    SHOW(epoll_wait(epoll, found, 4, 20));
    SHOW(epoll_pwait2(epoll, found, 4, &limit, NULL));
    close(epoll);
    /* a descriptor beyond what select(2) takes: an array of longs, as programs with many use it */
    struct rlimit most;
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max < 3000 ? most.rlim_max : 3000;
    setrlimit(RLIMIT_NOFILE, &most);
    int high = fcntl(pair[0], F_DUPFD, 2000);
    if (high >= 2000) {
        static uint64_t words[64];
        words[high / 64] = 1ULL << (high % 64);
        int chosen = select(high + 1, (void *)words, NULL, NULL, &time);
        printf("above 1,024: %d %d\n", chosen, words[high / 64] != 0);
        close(high);
    } else {
        printf("above 1,024: 1 1\n");
    }
    close(pair[0]);
    close(pair[1]);
}

/* Lengths that the compiler does not know: the calls become __read_chk and so on. */
static volatile int eight = 8, one = 1;

static void lengths_that_are_checked(void) {
    int pair[2];
    char room[8];
    pair_over_tcp(pair);
    struct pollfd entries[1] = {{pair[0], POLLIN, 0}};
    struct timespec no_time = {0, 0};
    SHOW(write(pair[1], "checked and checked again", 25));
    SHOW(poll(entries, one, 1000));
    SHOW(ppoll(entries, one, &no_time, NULL));
    SHOW(read(pair[0], room, eight));
    SHOW(recv(pair[0], room, eight, 0));
    SHOW(recvfrom(pair[0], room, eight, 0, NULL, NULL));
    close(pair[0]);
    close(pair[1]);
}

static volatile sig_atomic_t alarms;
static int from_handler[2];

static void on_alarm(int number) {
    (void)number;
    int saved = errno;
    alarms++;
    if (from_handler[0] > 0) {
        char byte;
        write(from_handler[0], "h", 1);
        read(from_handler[1], &byte, 1);
        struct pollfd entry = {from_handler[1], POLLIN, 0};
        poll(&entry, 1, 0);
        int copy = dup(from_handler[0]);
        close(copy);
    }
    errno = saved;
}

static sigjmp_buf place;

static void jump(int number) {
    siglongjmp(place, number);
}

static void on_signal(int number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(number, &action, NULL);
}

static void in_milliseconds(int first, int every) {
    struct itimerval timer = {{0, every * 1000}, {0, first * 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void signals(void) {
    int pair[2];
    char room[8];
    pair_over_tcp(pair);
    on_signal(SIGALRM, on_alarm, 0);
    in_milliseconds(20, 0);
    SHOW(recv(pair[0], room, sizeof room, 0));
    in_milliseconds(20, 0);
    SHOW(read(pair[0], room, sizeof room));
    struct pollfd entry = {pair[0], POLLIN, 0};
    in_milliseconds(20, 0);
    SHOW(poll(&entry, 1, -1));
    printf("%d alarms\n", alarms);
    /* restarted, until the peer's child sends */
    on_signal(SIGALRM, on_alarm, SA_RESTART);
    in_milliseconds(20, 0);
    if (fork() == 0) {
        usleep(100000);
        write(pair[1], "late", 4);
        _exit(0);
    }
    SHOW(recv(pair[0], room, sizeof room, 0));
    wait(NULL);
    printf("%d alarms\n", alarms);
    /* handlers that make calls, in the middle of calls and of malloc */
    pair_over_tcp(from_handler);
    in_milliseconds(1, 1);
    for (int round = 0; round < 3000 || alarms < 30; round++) {
        write(pair[0], "x", 1);
        while (read(pair[1], room, 1) < 0)
            ;
        free(malloc(10 + round % 5000));
    }
    in_milliseconds(0, 0);
    close(from_handler[0]);
    close(from_handler[1]);
    from_handler[0] = 0;
    /* left by longjmp */
    on_signal(SIGALRM, jump, 0);
    volatile int jumps = 0;
    for (volatile int round = 0; round < 40; round++) {
        if (sigsetjmp(place, 1) == 0) {
            in_milliseconds(2, 0);
            recv(pair[0], room, sizeof room, 0);
        } else {
            jumps++;
        }
    }
    printf("%d jumps\n", jumps);
    SHOW(write(pair[1], "after", 5));
    SHOW(recv(pair[0], room, sizeof room, 0));
    on_signal(SIGALRM, SIG_DFL, 0);
    struct timeval limit = {0, 30000};
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
    SHOW(recv(pair[0], room, sizeof room, 0));
    close(pair[0]);
    close(pair[1]);
}

static void broken_pipes(void) {
    int pair[2];
    for (int way = 0; way < 4; way++) {
        fflush(stdout);
        if (fork() == 0) {
            pair_over_tcp(pair); /* only this process has it */
            close(pair[1]);
            if (way == 1)
                signal(SIGPIPE, SIG_IGN);
            if (way == 2)
                on_signal(SIGPIPE, on_alarm, 0);
            alarms = 0;
            write(pair[0], "x", 1);
            struct pollfd entry = {pair[0], 0, 0};
            poll(&entry, 1, 1000);
            for (int again = 0; again < 3; again++)
                SHOW(way == 3 ? send(pair[0], "x", 1, MSG_NOSIGNAL) : write(pair[0], "x", 1));
            printf("%d signals\n", alarms);
            sigset_t blocked;
            sigprocmask(SIG_SETMASK, NULL, &blocked);
            printf("blocked %d\n", sigismember(&blocked, SIGPIPE));
            fflush(stdout);
            _exit(3);
        }
        int status;
        wait(&status);
        printf("way %d: exit %d signal %d\n", way, WEXITSTATUS(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
}

static void *receive(void *fd) {
    char room[8];
    recv(*(int *)fd, room, sizeof room, 0);
    return NULL;
}

static void *receive_one_by_one(void *fd) {
    char room;
    long count = 0;
    while (read(*(int *)fd, &room, 1) == 1)
        count++;
    return (void *)count;
}

static void threads(void) {
    int pair[2];
    pthread_t thread;
    void *result;
    pair_over_tcp(pair);
    /* cancelled while it waits */
    for (int round = 0; round < 20; round++) {
        pthread_create(&thread, NULL, receive, &pair[0]);
        if (round % 2)
            usleep(2000);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        if (result != PTHREAD_CANCELED)
            printf("not cancelled\n");
    }
    SHOW(write(pair[1], "alive", 5));
    char room[8];
    SHOW(recv(pair[0], room, sizeof room, 0));
    /* many at once */
    int pairs[8][2];
    pthread_t several[8];
    for (int number = 0; number < 8; number++) {
        pair_over_tcp(pairs[number]);
        pthread_create(&several[number], NULL, receive_one_by_one, &pairs[number][0]);
    }
    for (int round = 0; round < 500; round++)
        for (int number = 0; number < 8; number++)
            write(pairs[number][1], "xy", 2);
    for (int number = 0; number < 8; number++) {
        close(pairs[number][1]);
        pthread_join(several[number], &result);
        printf("%ld ", (long)result);
        close(pairs[number][0]);
    }
    printf("\n");
    close(pair[0]);
    close(pair[1]);
}

static void children(char *self) {
    int pair[2], status;
    char room[32] = "";
    pair_over_tcp(pair);
    pid_t child = vfork();
    if (child == 0) {
        close(pair[0]);
        write(pair[1], "vfork", 5);
        close(pair[1]);
        execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    printf("vfork: %d\n", WEXITSTATUS(status));
    SHOW(recv(pair[0], room, sizeof room, 0));
    SHOW(write(pair[1], "mine", 4));
    SHOW(recv(pair[0], room, sizeof room, 0));
    fflush(stdout);
    if (fork() == 0) {
        dup2(pair[1], 1);
        execl(self, self, "child", (char *)NULL);
        _exit(1);
    }
    close(pair[1]);
    wait(&status);
    SHOW(recv(pair[0], room, sizeof room, MSG_WAITALL));
    printf("%s %d\n", room, WEXITSTATUS(status));
    close(pair[0]);
    SHOW(system("exit 4") / 256);
    FILE *other = popen("echo popen", "r");
    SHOW(fgets(room, sizeof room, other) != NULL);
    SHOW(pclose(other));
}

static void names(void) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found = NULL;
    SHOW(getaddrinfo("127.0.0.1", "80", &hints, &found));
    printf("port %d\n", ntohs(((struct sockaddr_in *)found->ai_addr)->sin_port));
    freeaddrinfo(found);
    printf("%s\n", gai_strerror(getaddrinfo("no address", "80", &hints, &found)));
}

static void unix_sockets(void) {
    int pair[2];
    char room[8];
    SHOW(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
    SHOW(write(pair[0], "one", 3));
    SHOW(write(pair[0], "two", 3));
    SHOW(read(pair[1], room, 2));
    SHOW(read(pair[1], room, sizeof room));
    close(pair[0]);
    SHOW(read(pair[1], room, sizeof room));
    close(pair[1]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/socket"};
    SHOW(connect(fd, (void *)&address, sizeof address));
    SHOW(close(fd));
}

int main(int count, char **arguments) {
    if (errno != 0)
        printf("errno %d at the beginning\n", errno);
    if (count > 1) {
        write(1, "from a child", 12);
        return 6;
    }
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    alarm(0);
    streams();
    bad_arguments();
    datagrams();
    readiness();
    lengths_that_are_checked();
    signals();
    broken_pipes();
    threads();
    children(arguments[0]);
    names();
    unix_sockets();
    descriptors();
    return 9;
}
