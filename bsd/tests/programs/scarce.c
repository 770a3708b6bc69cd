/* When something runs out: descriptors, memory, room for files, the folder of the trace. `scarce WAY`. */
#define _GNU_SOURCE
#include "sockets.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int pair[2];
static char room[200];

static void limit(int resource, rlim_t most) {
    struct rlimit now;
    getrlimit(resource, &now);
    now.rlim_cur = most;
    setrlimit(resource, &now);
}

/* As many as several pieces of a file of records take. */
static void exchange(int rounds) {
    int done = 0;
    for (int round = 0; round < rounds; round++)
        if (write(pair[0], room, 100) == 100 && recv(pair[1], room, 100, MSG_WAITALL) == 100)
            done++;
    printf("%d of %d\n", done, rounds);
}

static void exchange_in_a_child(void) {
    fflush(stdout);
    if (fork() == 0) {
        exchange(10);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

static void no_descriptor_is_left(void) {
    SHOW(socket(AF_INET, SOCK_STREAM, 0));
    SHOW(dup(1));
    SHOW(dup(pair[0]));
    SHOW(fcntl(pair[0], F_DUPFD, 0));
    SHOW(fcntl(pair[0], F_DUPFD_CLOEXEC, 1));
    int two[2] = {-5, -6};
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, two));
    printf("%d %d\n", two[0], two[1]);
    SHOW(open("/dev/null", O_RDONLY));
}

static int lowest_free(void) {
    int fd = dup(0);
    close(fd);
    return fd;
}

/* From the first call on. */
static void few_descriptors(void) {
    syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair); /* which the layer does not see */
    limit(RLIMIT_NOFILE, lowest_free());
    exchange(50);
    no_descriptor_is_left();
    limit(RLIMIT_NOFILE, 100);
    exchange(5);
    SHOW(close(pair[0]));
    SHOW(close(pair[1]));
}

/* After some calls. */
static void full_table(void) {
    struct sockaddr_in address;
    pair_over_tcp(pair);
    int listening = listener(&address), client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, (void *)&address, sizeof address);
    limit(RLIMIT_NOFILE, lowest_free());
    no_descriptor_is_left();
    SHOW(accept(listening, NULL, NULL));
    exchange(2000);
    SHOW(dup2(pair[0], client) - client);
    SHOW(write(client, "x", 1));
    SHOW(recv(pair[1], room, 1, 0));
    SHOW(close(client));
    int fd = accept(listening, NULL, NULL);
    SHOW(fd == client || fd < 0);
    limit(RLIMIT_NOFILE, 100);
    exchange(5);
    SHOW(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static size_t size_now(void) {
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY);
    read(fd, text, sizeof text - 1);
    close(fd);
    return (size_t)atol(text) * 4096;
}

static void use_sockets(void) {
    static int fds[4000];
    int made = 0, alike = 0;
    for (int index = 0; index < 4000; index++)
        if ((fds[index] = index % 2 ? dup(pair[0]) : socket(AF_INET, SOCK_DGRAM, 0)) >= 0)
            made++;
    for (int round = 0; round < 200; round++) {
        struct pollfd entries[2] = {{pair[0], POLLIN, 0}, {pair[1], POLLIN, 0}};
        alike += write(pair[0], room, 100) == 100;
        alike += poll(entries, 2, 1000) == 1;
        alike += recv(pair[1], room, 100, MSG_WAITALL) == 100;
    }
    for (int index = 0; index < 4000; index++)
        close(fds[index]);
    printf("%d sockets, %d calls\n", made, alike);
}

/* No mapping can be made any more; after some calls. */
static void no_memory(void) {
    pair_over_tcp(pair);
    exchange(3);
    limit(RLIMIT_NOFILE, 5000);
    limit(RLIMIT_AS, size_now());
    use_sockets();
    limit(RLIMIT_AS, RLIM_INFINITY);
    exchange(3);
    close(pair[0]);
    close(pair[1]);
}

/* From the first call on. */
static void never_memory(void) {
    limit(RLIMIT_NOFILE, 5000);
    limit(RLIMIT_AS, size_now());
    pair_over_tcp(pair);
    use_sockets();
    fflush(stdout);
    if (fork() == 0) {
        use_sockets();
        fflush(stdout);
        _exit(5);
    }
    int status;
    wait(&status);
    printf("exit %d\n", WEXITSTATUS(status));
}

/* malloc(3) fails now and then, if a library that makes it fail is preloaded. */
static void failing_malloc(void) {
    void (*fail)(int) = dlsym(RTLD_DEFAULT, "fail_from_now_on");
    pair_over_tcp(pair);
    printf("%d\n", fail != NULL);
    fail(1);
    use_sockets();
    fail(0);
}

/* SIGXFSZ would end the program. */
static void small_files(void) {
    pair_over_tcp(pair);
    exchange(1);
    limit(RLIMIT_FSIZE, 100000);
    exchange(2000);
    SHOW(close(pair[0]));
}

static void no_files(void) {
    limit(RLIMIT_FSIZE, 0);
    pair_over_tcp(pair);
    exchange(100);
    SHOW(close(pair[0]));
}

static char *folder(void) {
    char *folder = getenv("POLYSOCK_TRACE");
    return folder ? folder : "/nonexistent";
}

static void in_folder(const char *format) {
    char command[5000];
    snprintf(command, sizeof command, format, folder());
    if (system(command))
        printf("%s failed\n", format);
}

/* The folder is deleted, while the file in it is used. */
static void vanished(void) {
    pair_over_tcp(pair);
    exchange(10);
    in_folder("rm -rf '%s'");
    exchange(2000);
    exchange_in_a_child();
}

static void vanished_before(void) {
    in_folder("rm -rf '%s'");
    pair_over_tcp(pair);
    exchange(10);
}

/* Another file has taken the place of the trace's. */
static void replaced(void) {
    pair_over_tcp(pair);
    exchange(10);
    in_folder("{ for file in '%s'/*.jsonl; do rm -f $file; echo precious >$file; done; } 2>/dev/null; true");
    exchange(2000);
}

static void no_file_system(void) {
    SHOW(chdir("/"));
    pair_over_tcp(pair);
    exchange(10);
    if (geteuid() == 0) {
        SHOW(chroot("/proc/self/fdinfo"));
        SHOW(chdir("/"));
    }
    exchange(2000);
    exchange_in_a_child();
}

static void without_rights(void) {
    pair_over_tcp(pair);
    exchange(10);
    if (geteuid() == 0) {
        SHOW(setgid(65534));
        SHOW(setuid(65534));
    }
    exchange(2000);
    exchange_in_a_child();
}

static void full_disk(void) {
    pair_over_tcp(pair);
    exchange(5000);
}

/* What is kept of sockets does not grow with those that were closed. */
static void many_sockets(void) {
    int count = words[2] ? atoi(words[2]) : 10000;
    size_t before = 0;
    for (int number = 0; number < count; number++) {
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (fd < 0 || close(fd) != 0)
            printf("%d failed\n", number);
        if (number == count / 10)
            before = size_now();
    }
    /* Less than 30 bytes for each of 10,000. */
    printf("%d closed, %s\n", count, size_now() < before + (1 << 18) ? "bounded" : "grown");
}

static const struct way ways[] = {
    {"few-descriptors", few_descriptors},
    {"full-table", full_table},
    {"no-memory", no_memory},
    {"never-memory", never_memory},
    {"failing-malloc", failing_malloc},
    {"small-files", small_files},
    {"no-files", no_files},
    {"vanished", vanished},
    {"vanished-before", vanished_before},
    {"replaced", replaced},
    {"chroot", no_file_system},
    {"setuid", without_rights},
    {"full-disk", full_disk},
    {"many-sockets", many_sockets},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}
