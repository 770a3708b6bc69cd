/* Calls from small stacks: signal handlers on the smallest alternate stack, threads with the smallest stack. Below each stack
   is a page that must not be touched. `stacks WAY`. */
#define _GNU_SOURCE
#include "sockets.h"
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static int pair[2], datagrams[2], epoll;
static char room[4096];

static void send_and_receive(void) {
    send(pair[0], "x", 1, 0);
    recv(pair[1], room, 1, 0);
}

static void messages(void) {
    static struct iovec part = {room, 1};
    static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    static struct mmsghdr several[3] = {{{.msg_iov = &part, .msg_iovlen = 1}}, {{.msg_iov = &part, .msg_iovlen = 1}}};
    sendmsg(pair[0], &message, 0);
    recvmsg(pair[1], &message, 0);
    writev(pair[0], &part, 1);
    readv(pair[1], &part, 1);
    sendmmsg(datagrams[0], several, 2, 0);
    recvmmsg(datagrams[1], several, 2, MSG_DONTWAIT, NULL);
}

static void wait_for_events(void) {
    static struct pollfd entry;
    static struct timespec limit = {0, 1000000};
    static fd_set set;
    static struct timeval time;
    static struct epoll_event found;
    entry = (struct pollfd){pair[1], POLLIN, 0};
    poll(&entry, 1, 1);
    ppoll(&entry, 1, &limit, NULL);
    FD_SET(pair[1], &set);
    time.tv_usec = 1000;
    select(pair[1] + 1, &set, NULL, NULL, &time);
    FD_SET(pair[1], &set);
    pselect(pair[1] + 1, &set, NULL, NULL, &limit, NULL);
    epoll_wait(epoll, &found, 1, 1);
}

static void make_and_close(void) {
    static struct sockaddr_in address = {.sin_family = AF_INET};
    static socklen_t length = sizeof address;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bind(fd, (struct sockaddr *)&address, sizeof address);
    getsockname(fd, (struct sockaddr *)&address, &length);
    listen(fd, 5);
    int other = socket(AF_INET, SOCK_STREAM, 0);
    connect(other, (struct sockaddr *)&address, sizeof address);
    int accepted = accept(fd, NULL, NULL);
    bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address); /* in use */
    dup2(accepted, other);
    shutdown(other, SHUT_WR);
    close(other);
    close(accepted);
    close_range(fd, fd, 0);
    address.sin_port = 0;
}

static void (*const all[])(void) = {send_and_receive, messages, wait_for_events, make_and_close};
static const int count_of_all = sizeof all / sizeof *all;

static void prepare(void) {
    pair_over_tcp(pair);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams);
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, pair[1], &event);
}

/* A stack with a page below that must not be touched. */
static char *new_stack(size_t size) {
    size = (size + 4095) / 4096 * 4096;
    char *memory = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory, 4096, PROT_NONE);
    memset(memory + 4096, 0x5a, size);
    return memory + 4096;
}

static size_t untouched(const char *stack) {
    size_t count = 0;
    while (stack[count] == 0x5a)
        count++;
    return count;
}

static volatile int which;

static void handler(int number) {
    (void)number;
    int saved = errno;
    all[which]();
    errno = saved;
}

/* Only what the kernel needs for its frame, and what the calls themselves need. */
#ifdef __GLIBC__
#define KERNELS_OWN sysconf(_SC_MINSIGSTKSZ)
#ifdef __i386__
static const size_t OWN = 1536 + 512; /* there, the kernel's frame is larger than it says */
#else
static const size_t OWN = 1536;
#endif
#else
enum { AT_SMALLEST_STACK = 51 }; /* AT_MINSIGSTKSZ */
#define KERNELS_OWN getauxval(AT_SMALLEST_STACK)
static const size_t OWN = 1536 + 1024; /* musl's sendmsg(3) copies control messages */
#endif

static void alternate_stack(void) {
    size_t size = KERNELS_OWN + OWN;
    char *memory = new_stack(size);
    stack_t stack = {.ss_sp = memory, .ss_size = size};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    prepare();
    SHOW(sigaltstack(&stack, NULL));
    sigaction(SIGUSR1, &action, NULL);
    for (which = 0; which < count_of_all; which++)
        SHOW(raise(SIGUSR1));
    if (getenv("SHOW_STACK"))
        fprintf(stderr, "%zu of %zu left\n", untouched(memory), size);
}

static void *run(void *index) {
    all[(long)index]();
    return NULL;
}

static void small_threads(void) {
    size_t size = 16384;
    prepare();
    for (long index = 0; index < count_of_all; index++) {
        pthread_t thread;
        pthread_attr_t attributes;
        char *memory = new_stack(size);
        pthread_attr_init(&attributes);
        SHOW(pthread_attr_setstack(&attributes, memory, size));
        SHOW(pthread_create(&thread, &attributes, run, (void *)index));
        SHOW(pthread_join(thread, NULL));
        if (getenv("SHOW_STACK"))
            fprintf(stderr, "%zu of %zu left\n", untouched(memory), size);
        pthread_attr_destroy(&attributes);
    }
}

static const struct way ways[] = {
    {"alternate", alternate_stack},
    {"threads", small_threads},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}
