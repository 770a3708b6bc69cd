/* Descriptors that are replaced, passed, inherited and closed in bulk: `descriptors WAY`. */
#define _GNU_SOURCE
#include "sockets.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

extern char **environ;

static int pair[2];
static char room[4096];

static void wait_until_readable(int fd) {
    struct pollfd entry = {fd, POLLIN, 0};
    poll(&entry, 1, 5000);
}

/* The peer sees the end of the stream, because the socket is closed. */
static void replaced(void) {
    int null = open("/dev/null", O_RDWR);
    pair_over_tcp(pair);
    SHOW(write(pair[1], "before", 6));
    SHOW(read(pair[0], room, sizeof room));
    SHOW(dup2(null, pair[1]) - pair[1]);
    SHOW(write(pair[1], "to the file", 11));
    SHOW(read(pair[0], room, sizeof room));
    close(pair[0]);
    close(pair[1]);
    close(null);
}

static void replaced_by_a_socket(void) {
    int other[2];
    pair_over_tcp(pair);
    pair_over_tcp(other);
    SHOW(dup3(other[0], pair[1], O_CLOEXEC) - pair[1]);
    SHOW(read(pair[0], room, sizeof room));
    SHOW(write(pair[1], "another way", 11));
    SHOW(read(other[1], room, sizeof room));
    close(other[0]);
    close(pair[1]);
    SHOW(read(other[1], room, sizeof room));
    close(other[1]);
    close(pair[0]);
}

static void replaced_unread(void) {
    int null = open("/dev/null", O_RDWR);
    pair_over_tcp(pair);
    SHOW(write(pair[0], "unread", 6));
    wait_until_readable(pair[1]);
    SHOW(dup2(null, pair[1]) - pair[1]);
    SHOW(read(pair[0], room, sizeof room));
    close(pair[0]);
    close(pair[1]);
    close(null);
}

/* A call that fails closes nothing. */
static void not_replaced(void) {
    pair_over_tcp(pair);
    SHOW(dup2(-1, pair[1]));
    SHOW(dup2(77, pair[1]));
    SHOW(dup2(pair[1], -1));
    SHOW(dup2(pair[1], 1 << 30));
    SHOW(dup2(pair[1], pair[1]) - pair[1]);
    SHOW(dup3(pair[1], pair[1], 0));
    SHOW(dup3(pair[0], pair[1], O_CLOEXEC | 0x7777));
    SHOW(write(pair[0], "still", 5));
    SHOW(read(pair[1], room, sizeof room));
    close(pair[0]);
    close(pair[1]);
}

static void stdio(void) {
    pair_over_tcp(pair);
    FILE *in = fdopen(pair[1], "r"), *out = fdopen(dup(pair[1]), "w");
    SHOW(write(pair[0], "one\ntwo\nrest", 12));
    SHOW(strlen(fgets(room, sizeof room, in)));
    SHOW(getc(in));
    fprintf(out, "answer %d\n", 5);
    SHOW(fflush(out));
    SHOW(read(pair[0], room, sizeof room));
    setvbuf(out, NULL, _IONBF, 0);
    fputs("at once", out);
    SHOW(read(pair[0], room, sizeof room));
    SHOW(dprintf(pair[1], "%s", "directly"));
    SHOW(read(pair[0], room, sizeof room));
    SHOW(fclose(out));
    SHOW(freopen("/dev/null", "r", in) != NULL);
    SHOW(read(pair[0], room, sizeof room));
    SHOW(fclose(in));
    close(pair[0]);
}

/* Sets of descriptors as programs use them that have more than 1,024. */
static void many_in_select(void) {
    static uint64_t words[3][(20000 + 63) / 64];
    struct rlimit most;
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max < 19000 ? most.rlim_max : 19000;
    setrlimit(RLIMIT_NOFILE, &most);
    pair_over_tcp(pair);
    static const int numbers[] = {1022, 1023, 1024, 1025, 3999};
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers + 2; index++) {
        int beyond = most.rlim_cur == 19000 ? 15000 : 2000;
        int wanted = index < 5 ? numbers[index] : beyond + (int)index;
        int fd = fcntl(pair[1], F_DUPFD, wanted);
        if (fd != wanted)
            continue;
        struct timeval time = {0, 1000};
        words[0][fd / 64] = 1ULL << (fd % 64);
        SHOW(select(fd + 1, (void *)words[0], NULL, NULL, &time));
        write(pair[0], "x", 1);
        time.tv_sec = 5;
        words[0][fd / 64] = words[1][fd / 64] = 1ULL << (fd % 64);
        SHOW(select(fd + 1, (void *)words[0], (void *)words[1], (void *)words[2], &time));
        printf("%d %d %d\n", words[0][fd / 64] != 0, words[1][fd / 64] != 0, words[2][fd / 64] != 0);
        words[0][fd / 64] = words[1][fd / 64] = 0;
        read(fd, room, 1);
        close(fd);
    }
    close(pair[0]);
    close(pair[1]);
}

static void send_descriptor(int over, int fd) {
    char control[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    SHOW(sendmsg(over, &message, 0));
}

static int receive_descriptor(int over) {
    char control[CMSG_SPACE(sizeof(int))] = "", byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int fd = -1;
    if (recvmsg(over, &message, MSG_CMSG_CLOEXEC) == 1)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

/* A connection that the parent accepts and a child serves. */
static void passed(void) {
    int over[2], status;
    socketpair(AF_UNIX, SOCK_STREAM, 0, over);
    if (fork() == 0) {
        close(over[0]);
        int fd = receive_descriptor(over[1]);
        ssize_t length = read(fd, room, sizeof room);
        write(fd, room, length);
        close(fd);
        _exit(7);
    }
    close(over[1]);
    pair_over_tcp(pair);
    send_descriptor(over[0], pair[1]);
    SHOW(close(pair[1]));
    SHOW(write(pair[0], "to the child", 12));
    SHOW(read(pair[0], room, sizeof room));
    SHOW(read(pair[0], room, sizeof room));
    wait(&status);
    printf("exit %d\n", WEXITSTATUS(status));
    close(pair[0]);
    close(over[0]);
}

static void send_unread(void) {
    pair_over_tcp(pair);
    SHOW(write(pair[0], "for another", 11));
    wait_until_readable(pair[1]);
}

/* Another process has the socket, and will receive: its close here does no harm. */
static void passed_unread(void) {
    int over[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, over);
    send_unread();
    send_descriptor(over[0], pair[1]);
    SHOW(close(pair[1]));
    int fd = receive_descriptor(over[1]);
    SHOW(read(fd, room, sizeof room));
    close(fd);
    close(pair[0]);
}

static void spawned_unread(void) {
    char *arguments[] = {"sh", "-c", "read line", NULL};
    int input[2], status;
    pid_t child;
    pipe(input);
    send_unread();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    posix_spawn_file_actions_addclose(&actions, input[1]);
    posix_spawn(&child, "/bin/sh", &actions, NULL, arguments, environ);
    SHOW(close(pair[1]));
    SHOW(write(pair[0], "still open", 10));
    close(input[1]);
    waitpid(child, &status, 0);
    close(pair[0]);
}

static void system_unread(void) {
    enum { INPUT = 9 };
    int input[2];
    pipe2(input, O_CLOEXEC);
    send_unread();
    dup2(input[0], INPUT);
    SHOW(system("read line <&9 &"));
    close(INPUT);
    SHOW(close(pair[1]));
    SHOW(write(pair[0], "still open", 10));
    close(input[1]);
    close(pair[0]);
}

/* As systemd starts a service with its listening socket. */
static void activated(void) {
    struct sockaddr_in address;
    int fd = listener(&address), status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (fd != 3)
            dup2(fd, 3);
        char pid[20];
        snprintf(pid, sizeof pid, "%d", getpid());
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_PID", pid, 1);
        execl(words[0], words[0], "service", (char *)NULL);
        _exit(1);
    }
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(connect(fd, (struct sockaddr *)&address, sizeof address));
    SHOW(write(fd, "request", 7));
    SHOW(recv(fd, room, 8, MSG_WAITALL));
    SHOW(read(fd, room, sizeof room));
    wait(&status);
    printf("exit %d\n", WEXITSTATUS(status));
    close(fd);
}

static void service(void) {
    if (!getenv("LISTEN_FDS") || atoi(getenv("LISTEN_PID")) != getpid())
        exit(3);
    int fd = accept(3, NULL, NULL);
    if (read(fd, room, sizeof room) != 7 || write(fd, "answered", 8) != 8)
        exit(4);
    close(fd);
    exit(8);
}

/* The ways in which daemons close what they have inherited. */
static void daemons(void) {
    for (int way = 0; way < 4; way++) {
        pair_over_tcp(pair);
        dup2(pair[0], 1000);
        if (way == 0)
            for (int fd = 3; fd < 65536; fd++)
                close(fd);
        else if (way == 1)
            SHOW(close_range(3, 65536, 0));
        else if (way == 2)
            closefrom(3);
        else
            for (int fd = 20000; fd >= 3; fd--)
                close(fd);
        SHOW(write(pair[0], "x", 1));
        SHOW(fcntl(pair[1], F_GETFD));
        pair_over_tcp(pair); /* under the same numbers */
        printf("%d %d\n", pair[0], pair[1]);
        SHOW(write(pair[0], "again", 5));
        SHOW(read(pair[1], room, sizeof room));
        close(pair[0]);
        close(pair[1]);
    }
    pair_over_tcp(pair);
    SHOW(close_range(pair[0], pair[1], CLOSE_RANGE_CLOEXEC));
    SHOW(write(pair[0], "open", 4));
    SHOW(read(pair[1], room, sizeof room));
    SHOW(close_range(5, 4, 0));
    SHOW(close_range(pair[0], pair[0], 0x7777));
    SHOW(write(pair[0], "open", 4));
    SHOW(close_range(3, ~0U, CLOSE_RANGE_UNSHARE));
    SHOW(write(pair[0], "x", 1));
}

static void child_of_spawn(posix_spawn_file_actions_t *actions, const char *command) {
    char *arguments[] = {"sh", "-c", (char *)command, NULL};
    int status;
    pid_t child;
    errno = E2BIG;
    int failed = posix_spawn(&child, "/bin/sh", actions, NULL, arguments, environ);
    printf("posix_spawn %d, errno %d\n", failed, errno == E2BIG ? 0 : errno);
    if (!failed) {
        waitpid(child, &status, 0);
        printf("exit %d\n", WEXITSTATUS(status));
    }
}

static void spawned(void) {
    posix_spawn_file_actions_t actions;
    pair_over_tcp(pair);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pair[1], 1);
    posix_spawn_file_actions_addclose(&actions, pair[1]);
    posix_spawn_file_actions_addclose(&actions, pair[0]);
    fflush(stdout);
    child_of_spawn(&actions, "echo from a child; exit 4");
    SHOW(recv(pair[0], room, 13, MSG_WAITALL));
    SHOW(write(pair[1], "mine", 4));
    SHOW(read(pair[0], room, sizeof room));
    posix_spawn_file_actions_addclose(&actions, 12345678);
    child_of_spawn(&actions, "exit 0");
    char *arguments[] = {"no-such-program", NULL};
    pid_t child;
    SHOW(posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ));
    posix_spawn_file_actions_destroy(&actions);
    close(pair[0]);
    close(pair[1]);
}

static _Atomic pid_t receiving;

static void *wait_to_receive(void *fd) {
    char byte;
    receiving = gettid();
    return (void *)(long)recv(*(int *)fd, &byte, 1, 0);
}

/* The system call of recv. */
#ifdef SYS_socketcall
enum { RECEIVES = SYS_socketcall };
#else
enum { RECEIVES = SYS_recvfrom };
#endif

/* Waits until the other thread waits in the kernel. */
static void wait_until_it_receives(void) {
    char path[64], text[16];
    for (;;) {
        snprintf(path, sizeof path, "/proc/self/task/%d/syscall", receiving);
        int file = open(path, O_RDONLY);
        ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        text[length > 0 ? length : 0] = 0;
        if (atoi(text) == RECEIVES)
            break;
        sched_yield();
    }
    receiving = 0;
}

/* A close does not end another thread's receive; what the peer sends does. */
static void closed_by_another_thread(void) {
    pthread_t thread;
    void *result;
    int other[2], number;
    for (int round = 0; round < 10; round++) {
        pair_over_tcp(pair);
        number = pair[0];
        pthread_create(&thread, NULL, wait_to_receive, &number);
        wait_until_it_receives();
        int copy = dup(pair[0]); /* keeps the connection */
        SHOW(close(pair[0]));
        pair_over_tcp(other); /* gets the number */
        write(pair[1], "x", 1);
        write(other[1], "y", 1);
        pthread_join(thread, &result);
        printf("%ld\n", (long)result);
        close(copy);
        close(pair[1]);
        close(other[0]);
        close(other[1]);
    }
}

static atomic_int exchanging;

static void *exchange(void *unused) {
    (void)unused;
    char message[100] = "";
    for (int round = 0; round < 4000; round++) {
        if (write(1000, message, sizeof message) != sizeof message || read(1001, message, sizeof message) != sizeof message)
            printf("round %d failed\n", round);
    }
    exchanging = 0;
    return NULL;
}

/* A thread closes numbers that are not its own, and opens files under them, while another one exchanges messages, which are
   recorded meanwhile. Nothing may get into the files. */
static void own_numbers(void) {
    pthread_t thread;
    int wrong = 0;
    pair_over_tcp(pair);
    dup2(pair[0], 1000);
    dup2(pair[1], 1001);
    close(pair[0]);
    close(pair[1]);
    exchanging = 1;
    pthread_create(&thread, NULL, exchange, NULL);
    while (exchanging) {
        int files[9];
        for (int fd = 3; fd < 12; fd++)
            close(fd);
        for (int index = 0; index < 9; index++)
            files[index] = open("/tmp", O_TMPFILE | O_RDWR, 0600);
        for (int fd = 3; fd < 12; fd++) {
            struct stat about;
            if (fstat(fd, &about) == 0 && about.st_nlink == 0 && about.st_size != 0)
                wrong++;
        }
        for (int index = 0; index < 9; index++)
            if (files[index] >= 12)
                close(files[index]);
    }
    pthread_join(thread, NULL);
    printf("%d files were written to\n", wrong);
}

static const struct way ways[] = {
    {"replaced", replaced},
    {"replaced-by-a-socket", replaced_by_a_socket},
    {"replaced-unread", replaced_unread},
    {"not-replaced", not_replaced},
    {"stdio", stdio},
    {"select", many_in_select},
    {"passed", passed},
    {"passed-unread", passed_unread},
    {"spawned-unread", spawned_unread},
    {"system-unread", system_unread},
    {"activated", activated},
    {"service", service},
    {"daemons", daemons},
    {"spawned", spawned},
    {"closed-by-another-thread", closed_by_another_thread},
    {"own-numbers", own_numbers},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}
