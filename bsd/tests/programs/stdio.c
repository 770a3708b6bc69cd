/* Streams of the C library on sockets: `stdio WHICH` shows what each call returns. */
#define _GNU_SOURCE
#include "sockets.h"
#include "threads.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <wchar.h>

static int pair[2];

static void connect_them(void) {
    pair_over_tcp(pair);
}

/* What has arrived at the other end. */
static void show_arrived(void) {
    char data[64];
    int count = 0;
    struct pollfd entry = {pair[1], POLLIN, 0};
    poll(&entry, 1, 0);
    ioctl(pair[1], FIONREAD, &count);
    printf("arrived: %d", count);
    while (count > 0) {
        long length = recv(pair[1], data, sizeof data, MSG_DONTWAIT);
        if (length <= 0)
            break;
        if (count <= (int)sizeof data)
            printf(" \"%.*s\"", (int)length, data);
        count -= length;
    }
    printf("\n");
}

static void state(const char *what, FILE *stream) {
    printf("%s: eof %d, error %d\n", what, feof(stream) != 0, ferror(stream) != 0);
}

/* ------------------------------------------------------------ making a stream */

static void modes(void) {
    static const char *const modes[] = {"r", "w", "a", "r+", "w+", "a+", "rb", "wb+", "w+b", "re", "rm", "rc", "wx",
                                        "",  "x", "+", "br", "rbbbb+", "rbbb+", "r,ccs=UTF-8"};
    connect_them();
    for (unsigned number = 0; number < sizeof modes / sizeof *modes; number++) {
        int fd = dup(pair[0]);
        errno = E2BIG;
        FILE *stream = fdopen(fd, modes[number]);
        printf("\"%s\": ", modes[number]);
        if (stream == NULL) {
            printf("%s\n", strerrorname_np(errno));
            close(fd);
            continue;
        }
        printf("errno kept %d, fileno %d, reads %d, writes %d, append %d, cloexec %d, wide %d\n", errno == E2BIG,
               fileno(stream) == fd, __freadable(stream) != 0, __fwritable(stream) != 0,
               (fcntl(fd, F_GETFL) & O_APPEND) != 0, fcntl(fd, F_GETFD), fwide(stream, 0));
        printf("putc: ");
        show("", putc('x', stream));
        printf("fflush: ");
        show("", fflush(stream));
        send(pair[1], "y", 1, 0);
        printf("getc: ");
        show("", getc(stream));
        state("then", stream);
        show("fclose", fclose(stream));
        show("closed", fcntl(fd, F_GETFD));
        fcntl(pair[0], F_SETFL, O_RDWR);
        recv(pair[0], (char[64]){0}, 64, MSG_DONTWAIT);
        recv(pair[1], (char[64]){0}, 64, MSG_DONTWAIT);
    }
    show("bad number", fdopen(-1, "r") == NULL ? -1 : 0);
    show("closed number", fdopen(999, "r") == NULL ? -1 : 0);
}

/* ------------------------------------------------------------ reading and writing */

static void lines(void) {
    char line[64], *grown = NULL;
    size_t size = 0;
    int number;
    connect_them();
    FILE *stream = fdopen(pair[0], "r+");
    SHOW(fputs("one line\n", stream));
    show_arrived();
    SHOW(fprintf(stream, "%d and %s\n", 42, "text"));
    SHOW(fflush(stream));
    show_arrived();
    send(pair[1], "first\nsecond\nthird 3 4.5\nrest", 30, 0);
    printf("fgets: %s", fgets(line, sizeof line, stream));
    SHOW(ungetc('S', stream));
    SHOW(getline(&grown, &size, stream));
    printf("%s", grown);
    SHOW(fscanf(stream, "%63s %d", line, &number));
    printf("%s %d\n", line, number);
    /* From reading to writing, with input that was not read yet. */
    errno = 0;
    printf("fputs: ");
    show("", fputs("between\n", stream));
    printf("fflush: ");
    show("", fflush(stream));
    state("then", stream);
    show_arrived();
    clearerr(stream);
    close(pair[1]);
    while (fgets(line, sizeof line, stream))
        printf("fgets: %s|\n", line);
    state("at the end", stream);
    clearerr(stream);
    SHOW(getc(stream));
    state("again", stream);
    show("fclose", fclose(stream));
    show("close", close(pair[0]));
}

static void ending(void) {
    char line[64];
    connect_them();
    FILE *stream = fdopen(pair[0], "r+");
    send(pair[1], "last\nhalf", 9, 0);
    shutdown(pair[1], SHUT_WR);
    while (fgets(line, sizeof line, stream))
        printf("fgets: %s|\n", line);
    state("at the end", stream);
    SHOW(getc(stream));
    SHOW(ungetc('u', stream));
    state("put back", stream);
    SHOW(getc(stream));
    clearerr(stream);
    SHOW(getc(stream));
    state("again", stream);
    SHOW(fputs("still written", stream));
    SHOW(fflush(stream));
    show_arrived();
    SHOW(fclose(stream));
    show("close", close(pair[0]));
}

/* Questions and answers over one stream. */
static void conversation(void) {
    char line[64];
    connect_them();
    FILE *stream = fdopen(pair[0], "w+");
    for (int round = 0; round < 3; round++) {
        SHOW(fprintf(stream, "question %d\n", round));
        SHOW(fflush(stream));
        show_arrived();
        snprintf(line, sizeof line, "answer %d\n", round);
        send(pair[1], line, strlen(line), 0);
        printf("%s", fgets(line, sizeof line, stream));
    }
    SHOW(fclose(stream));
}

/* How much is kept before it is sent, and how much is received at once. */
static void buffers(void) {
    static char data[30000], own[100];
    connect_them();
    FILE *stream = fdopen(dup(pair[0]), "r+");
    for (int count = 0, sent = 0; count < 9000; count++) {
        int arrived = 0;
        putc('x', stream);
        ioctl(pair[1], FIONREAD, &arrived);
        if (arrived > sent)
            printf("after %d: %d\n", count + 1, sent = arrived);
    }
    SHOW(fwrite(data, 1, sizeof data, stream));
    SHOW(fflush(stream));
    recv(pair[1], data, sizeof data, MSG_WAITALL);
    recv(pair[1], data, 9000, MSG_WAITALL);
    SHOW(setvbuf(stream, own, _IOFBF, sizeof own));
    for (int count = 0; count < 150; count++)
        putc('y', stream);
    show_arrived();
    SHOW(setvbuf(stream, NULL, _IOLBF, 0));
    SHOW(fputs("a line\nhalf", stream));
    show_arrived();
    SHOW(setvbuf(stream, NULL, _IONBF, 0));
    SHOW(fputs("at once", stream));
    show_arrived();
    SHOW(fclose(stream));
    stream = fdopen(pair[0], "r");
    send(pair[1], data, 10000, 0);
    usleep(1000);
    int left = 0;
    SHOW(getc(stream));
    ioctl(pair[0], FIONREAD, &left);
    printf("left: %d, fread: %zu\n", left, fread(data, 1, 9999, stream));
    SHOW(fclose(stream));
}

static void positions(void) {
    fpos_t place;
    connect_them();
    send(pair[1], "some text", 9, 0);
    FILE *stream = fdopen(pair[0], "r+");
    for (int round = 0; round < 2; round++) {
        SHOW(ftell(stream));
        SHOW(fseek(stream, 0, SEEK_CUR));
        SHOW(fseek(stream, 0, SEEK_END));
        SHOW(fseek(stream, 3, SEEK_SET));
        SHOW(fgetpos(stream, &place));
        rewind(stream);
        state("rewind", stream);
        SHOW(getc(stream));
        SHOW(fflush(stream) == 0);
    }
    SHOW(fclose(stream));
}

static void wide(void) {
    wchar_t line[64];
    connect_them();
    FILE *stream = fdopen(dup(pair[0]), "r+");
    SHOW(fwide(stream, 1));
    SHOW(fputws(L"wide\n", stream));
    SHOW(fwprintf(stream, L"%d\n", 7));
    SHOW(fflush(stream));
    show_arrived();
    send(pair[1], "a line\n", 7, 0);
    printf("%ls", fgetws(line, 64, stream));
    SHOW(fputs("bytes", stream));
    SHOW(fclose(stream));
    stream = fdopen(pair[0], "r+");
    SHOW(fputc('b', stream));
    SHOW(fwide(stream, 0));
    SHOW(fwide(stream, 1));
    SHOW(fputwc(L'w', stream));
    SHOW(fclose(stream));
    show_arrived();
}

static void without_waiting(void) {
    char line[64];
    static char data[1 << 16];
    connect_them();
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    FILE *stream = fdopen(pair[0], "r+");
    errno = 0;
    printf("fgets: %d, ", fgets(line, sizeof line, stream) != NULL);
    printf("%s\n", strerrorname_np(errno));
    state("then", stream);
    clearerr(stream);
    send(pair[1], "half", 4, 0);
    printf("fgets: %d, ", fgets(line, sizeof line, stream) != NULL);
    printf("%s\n", strerrorname_np(errno));
    state("then", stream);
    clearerr(stream);
    while (fwrite(data, 1, sizeof data, stream) == sizeof data)
        ;
    printf("fwrite: %s\n", strerrorname_np(errno));
    state("full", stream);
    SHOW(fclose(stream) != 0);
}

static void on_alarm(int number) {
    (void)number;
}

/* A signal ends a read, or with SA_RESTART does not. */
static void interrupted(void) {
    char line[64];
    struct itimerval timer = {{0, 0}, {0, 30000}};
    connect_them();
    FILE *stream = fdopen(pair[0], "r+");
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
        sigaction(SIGALRM, &action, NULL);
        fflush(stdout);
        if (flags && fork() == 0) {
            usleep(100000);
            send(pair[1], "a line\n", 7, 0);
            _exit(0);
        }
        setitimer(ITIMER_REAL, &timer, NULL);
        errno = 0;
        char *result = fgets(line, sizeof line, stream);
        printf("restart %d: %s, %s\n", flags != 0, result ? result : "nothing", strerrorname_np(errno));
        state("then", stream);
        clearerr(stream);
    }
    wait(NULL);
    SHOW(fclose(stream));
}

/* A stream that shares its number with another, and one whose number was closed or given to another file. */
static void numbers(void) {
    char line[64];
    connect_them();
    FILE *in = fdopen(pair[0], "r"), *out = fdopen(pair[0], "w");
    fputs("kept", out);
    SHOW(fclose(in));
    show("fclose", fclose(out));
    connect_them();
    out = fdopen(pair[0], "w");
    fputs("never sent", out);
    SHOW(close(pair[0]));
    show("fflush", fflush(out));
    show("fclose", fclose(out));
    connect_them();
    out = fdopen(pair[0], "r+");
    fputs("into the file", out);
    FILE *file = tmpfile();
    SHOW(dup2(fileno(file), pair[0]) == pair[0]);
    SHOW(fflush(out));
    SHOW(fseek(out, 5, SEEK_SET));
    printf("%s\n", fgets(line, sizeof line, out));
    SHOW(ftell(out));
    SHOW(fclose(out));
    fclose(file);
}

static void reopened(void) {
    char line[64];
    connect_them();
    FILE *stream = fdopen(pair[0], "r+");
    fputs("sent before", stream);
    printf("freopen: %d\n", freopen("/dev/null", "r+", stream) == stream);
    printf("number kept: %d\n", fileno(stream) == pair[0]);
    show_arrived();
    SHOW(fputs("nowhere", stream));
    SHOW(fflush(stream));
    SHOW(getc(stream));
    SHOW(fwide(stream, 1));
    SHOW(fclose(stream));
    show("closed", fcntl(pair[0], F_GETFD));
    /* Many streams, one after another and at the same time. */
    FILE *streams[50];
    for (int round = 0; round < 20; round++) {
        connect_them();
        for (int number = 0; number < 50; number++)
            streams[number] = fdopen(dup(pair[0]), "w");
        for (int number = 0; number < 50; number++) {
            fprintf(streams[number], "%d,", number % 10);
            if (fclose(streams[number]) != 0)
                perror("fclose");
        }
        close(pair[0]);
        if (round == 19)
            show_arrived();
        close(pair[1]);
    }
}

static void forked(void) {
    int status;
    connect_them();
    FILE *stream = fdopen(pair[0], "w");
    fputs("twice.", stream);
    fflush(stdout);
    if (fork() == 0) {
        fputs("child.", stream);
        exit(fclose(stream));
    }
    wait(&status);
    printf("child: %d\n", status);
    show_arrived();
    SHOW(fclose(stream));
    show_arrived();
    /* What is left when a program ends is sent. */
    connect_them();
    fflush(stdout);
    if (fork() == 0) {
        fputs("at exit", fdopen(pair[0], "w"));
        exit(0);
    }
    wait(&status);
    show_arrived();
    stream = fdopen(pair[0], "w");
    fputs("all at once", stream);
    SHOW(fflush(NULL));
    show_arrived();
#ifdef __GLIBC__
    SHOW(fcloseall());
    show("then", fcntl(pair[0], F_GETFD));
#endif
}

static int by_list(int fd, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int result = vdprintf(fd, format, list);
    va_end(list);
    return result;
}

static void formatted(void) {
    static char large[3000];
    int pipes[2], count = 0;
    connect_them();
    memset(large, 'l', sizeof large - 1);
    SHOW(dprintf(pair[0], "no arguments"));
    show_arrived();
    SHOW(dprintf(pair[0], "%d %s %c %ld %p %x %d %d", 1, "two", '3', 4L, (void *)5, 6, 7, 8));
    show_arrived();
    SHOW(dprintf(pair[0], "%.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %d", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10));
    show_arrived();
    SHOW(dprintf(pair[0], "%d %.2Lf %d %.2Lf %.1f", 1, 2.5L, 3, 4.25L, 5.));
    show_arrived();
    SHOW(dprintf(pair[0], "%*d %-*s|%.*f%n", 5, 1, 6, "left", 2, 3., &count));
    printf("count %d\n", count);
    show_arrived();
    SHOW(dprintf(pair[0], "%s", large));
    show_arrived();
    SHOW(by_list(pair[0], "%d %f %s", 1, 2., "three"));
    show_arrived();
    SHOW(by_list(pair[0], "%s %d", large, 3));
    show_arrived();
    SHOW(dprintf(pair[0], "%ls", L"\xffffff"));
    pipe(pipes);
    SHOW(dprintf(pipes[1], "%d", 7));
    SHOW(dprintf(-1, "%d", 7));
    SHOW(dprintf(pipes[0], "%d", 7));
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    while (dprintf(pair[0], "%s", large) > 0)
        ;
    printf("full: %s\n", strerrorname_np(errno));
    shutdown(pair[0], SHUT_WR);
}

static void popened(void) {
    char line[64];
    FILE *stream = popen("echo from a child", "r");
    printf("%s", fgets(line, sizeof line, stream));
    SHOW(pclose(stream));
    int local[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, local);
    stream = fdopen(local[0], "r+");
    SHOW(fputs("a datagram", stream));
    SHOW(fflush(stream));
    printf("received %zd\n", recv(local[1], line, sizeof line, 0));
    send(local[1], "one\n", 4, 0);
    printf("%s", fgets(line, sizeof line, stream));
    SHOW(fclose(stream));
}

/* ------------------------------------------------------------ what is promised */

static void gone(void) {
    char byte;
    connect_them();
    close(pair[1]);
    send(pair[0], "x", 1, MSG_NOSIGNAL);
    struct pollfd entry = {pair[0], 0, 0};
    poll(&entry, 1, 5000); /* until the reset has come */
    recv(pair[0], &byte, 1, 0);
}

static void sigpipe_fflush(void) {
    gone();
    FILE *stream = fdopen(pair[0], "w");
    fputs("x", stream);
    show("fflush", fflush(stream));
    state("then", stream);
    show("fclose", fclose(stream));
}

static void sigpipe_fclose(void) {
    gone();
    FILE *stream = fdopen(pair[0], "w");
    fputs("x", stream);
    show("fclose", fclose(stream));
}

static void sigpipe_exit(void) {
    gone();
    fputs("x", fdopen(pair[0], "w"));
}

static void sigpipe_dprintf(void) {
    gone();
    show("dprintf", dprintf(pair[0], "%d", 1));
}

static void sigpipe_vdprintf(void) {
    gone();
    show("vdprintf", by_list(pair[0], "%d", 1));
}

static atomic_int reader;
static FILE *stream_of_reader;
static char outcome[64] = "waits";

static void *wait_for_line(void *argument) {
    char line[64];
    reader = syscall(SYS_gettid);
    errno = 0;
    char *result = fgets(line, sizeof line, stream_of_reader);
    snprintf(outcome, sizeof outcome, "%s, %s", result ? result : "nothing", strerrorname_np(errno));
    return NULL;
}

/* A thread that is cancelled in a read leaves the stream to others. */
static void cancelled(void) {
    pthread_t thread;
    void *result;
    char line[64];
    connect_them();
    stream_of_reader = fdopen(pair[0], "r+");
    pthread_create(&thread, NULL, wait_for_line, NULL);
    wait_until_it_sleeps(&reader);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("cancelled: %d\n", result == PTHREAD_CANCELED);
    SHOW(fputs("written", stream_of_reader));
    SHOW(fflush(stream_of_reader));
    show_arrived();
    send(pair[1], "a line\n", 7, 0);
    printf("%s", fgets(line, sizeof line, stream_of_reader));
    SHOW(fputs("left", stream_of_reader));
    SHOW(fclose(stream_of_reader));
    show_arrived();
}

/* ------------------------------------------------------------ a read that has not returned, and then a write */

enum { MUCH = 1 << 20 };
static atomic_int writer, closer;
static long taken;

static void *send_much(void *argument) {
    writer = syscall(SYS_gettid);
    char *much = calloc(1, MUCH);
    fwrite(much, 1, MUCH, stream_of_reader);
    return NULL;
}

/* Begins once the other thread waits in its fclose. */
static void *take_much(void *argument) {
    char data[4096];
    long length;
    wait_until_it_sleeps(&closer);
    while ((length = recv(pair[1], data, sizeof data, 0)) > 0)
        taken += length;
    return NULL;
}

static void close_while_another_writes(void) {
    pthread_t threads[2];
    int copy = dup(pair[0]);
    pthread_create(&threads[0], NULL, send_much, NULL);
    wait_until_it_sleeps(&writer);
    closer = syscall(SYS_gettid);
    pthread_create(&threads[1], NULL, take_much, NULL);
    show("fclose", fclose(stream_of_reader));
    pthread_join(threads[0], NULL);
    shutdown(copy, SHUT_WR); /* a parent may have it, too */
    pthread_join(threads[1], NULL);
    printf("taken: %ld\n", taken);
}

static void start_a_read(pthread_t *thread) {
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    stream_of_reader = fdopen(pair[0], "r+");
    pthread_create(thread, NULL, wait_for_line, NULL);
    wait_until_it_sleeps(&reader);
}

static void written_after_a_cancelled_read(void) {
    pthread_t thread;
    start_a_read(&thread);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    close_while_another_writes();
}

/* The thread that reads does not exist in the child. */
static void written_in_a_child(void) {
    pthread_t thread;
    start_a_read(&thread);
    fflush(stdout);
    if (fork() == 0) {
        close_while_another_writes();
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    fflush(stdout);
    _exit(0);
}

static void close_wakes(int (*close_it)(void)) {
    pthread_t thread;
    connect_them();
    stream_of_reader = fdopen(pair[0], "r+");
    pthread_create(&thread, NULL, wait_for_line, NULL);
    wait_until_it_sleeps(&reader);
    if (getenv("PATIENT") == NULL) {
        /* The system's fgets goes on waiting, and a fclose as long as it does. */
        struct itimerval timer = {{0, 0}, {0, 300000}};
        setitimer(ITIMER_REAL, &timer, NULL);
    }
    show("close", close_it());
    has_ended(thread, LONGEST_MS);
    printf("fgets: %s\n", outcome);
}

static int by_close(void) {
    return close(pair[0]);
}

static int by_fclose(void) {
    return fclose(stream_of_reader);
}

static void close_wakes_fgets(void) {
    close_wakes(by_close);
}

static void fclose_wakes_fgets(void) {
    close_wakes(by_fclose);
}

static void limit(void) {
    struct timeval limit = {0, 13000};
    int early = 0;
    connect_them();
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    FILE *stream = fdopen(pair[0], "r");
    for (int round = 0; round < 20; round++) {
        long long began = now_us();
        early += getc(stream) != EOF || errno != EAGAIN || now_us() - began < 13000;
        clearerr(stream);
    }
    printf("early: %d\n", early);
}

static const struct way ways[] = {
    {"modes", modes},
    {"lines", lines},
    {"ending", ending},
    {"written-after-a-cancelled-read", written_after_a_cancelled_read},
    {"written-in-a-child", written_in_a_child},
    {"conversation", conversation},
    {"buffers", buffers},
    {"positions", positions},
    {"wide", wide},
    {"without-waiting", without_waiting},
    {"interrupted", interrupted},
    {"cancelled", cancelled},
    {"numbers", numbers},
    {"reopened", reopened},
    {"forked", forked},
    {"formatted", formatted},
    {"popened", popened},
    {"limit", limit},
    {"sigpipe-fflush", sigpipe_fflush},
    {"sigpipe-fclose", sigpipe_fclose},
    {"sigpipe-exit", sigpipe_exit},
    {"sigpipe-dprintf", sigpipe_dprintf},
    {"sigpipe-vdprintf", sigpipe_vdprintf},
    {"close-wakes-fgets", close_wakes_fgets},
    {"fclose-wakes-fgets", fclose_wakes_fgets},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}
