/*
 * Conformance driver for C. The protocol is in ../README.md. It uses only polysock.h, libc and POSIX threads.
 *
 *     cc -Iinclude conformance/drivers/driver.c -o driver -lpolysock -lpthread
 */
#define _GNU_SOURCE
#include <polysock/polysock.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX_WORDS = 32, MAX_ANSWER = 4096, CHUNK = 64 * 1024, LIMIT = 16 << 20, FILLERS = 256, PERIOD = 64256 };

/* One request, and the answer that grows. */
struct request {
    char *words[MAX_WORDS];
    int count;
    int timeout_ms; /* POLYSOCK_DEFAULT when none was given */
    int flags;
    bool trunc;
    char answer[MAX_ANSWER];
};

struct handle {
    char *name;
    polysock_t *socket;
    struct handle *next;
};

struct task {
    char *label, *line;
    pthread_t thread;
    pid_t tid;
    bool begun, ended;
    char answer[MAX_ANSWER];
    struct task *next;
};

/* Guards everything below; never held during a call of the library. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed; /* on the monotonic clock */
static struct handle *handles;
static struct task *tasks;
static int descriptors[FILLERS], descriptor_count;

static int fillers[FILLERS], filler_count;
static struct rlimit limit_before;

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long ms_since(long long began_ns)
{
    return (now_ns() - began_ns) / 1000000;
}

static void *allocate(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (memory == NULL)
        abort();
    return memory;
}

/* --- answers: every command returns 0 once it has answered */

static int answer(struct request *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int answer(struct request *r, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(r->answer, sizeof r->answer, format, list);
    va_end(list);
    return 0;
}

static const char *protocol_name(int code)
{
    const char *name = polysock_err_name(code);
    if (code == POLYSOCK_EALREADY)
        return "INPROGRESS";
    return name[0] == 'E' ? name + 1 : name;
}

static int refused(struct request *r, long code)
{
    fprintf(stderr, "%s\n", polysock_last_detail());
    return answer(r, "error %s", protocol_name((int)code));
}

static int refused_after(struct request *r, long code, size_t done)
{
    return answer(r, "error %s done=%zu", protocol_name((int)code), done);
}

static int plain(struct request *r, int code)
{
    return code < 0 ? refused(r, code) : answer(r, "ok");
}

static int malformed(struct request *r, const char *reason)
{
    return answer(r, "error PROTOCOL %s", reason);
}

/* --- values */

static bool number(const char *text, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static unsigned char *pattern(size_t count, size_t offset)
{
    unsigned char *bytes = allocate(count);
    for (size_t i = 0; i < count; i++) {
        size_t at = (offset + i) % PERIOD;
        bytes[i] = (unsigned char)(at + at / 251);
    }
    return bytes;
}

/* Memory of exactly the payload's size, so that a read beyond it is found. */
static unsigned char *payload(const char *text, size_t *count)
{
    size_t length = strlen(text);
    if (strcmp(text, "-") == 0) {
        *count = 0;
        return allocate(0);
    }
    if (strncmp(text, "pattern:", 8) == 0) {
        char *at;
        size_t offset = 0;
        *count = strtoul(text + 8, &at, 10);
        if (*at == '@')
            offset = strtoul(at + 1, &at, 10);
        return *at == '\0' && *count <= LIMIT ? pattern(*count, offset) : NULL;
    }
    if (length % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != length)
        return NULL;
    *count = length / 2;
    unsigned char *bytes = allocate(*count);
    for (size_t i = 0; i < *count; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return bytes;
}

static unsigned adler32(const unsigned char *bytes, size_t count)
{
    unsigned a = 1, b = 0;
    for (size_t i = 0; i < count; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static int received(struct request *r, const unsigned char *bytes, size_t count)
{
    char hex[129] = "-";
    if (count > 64)
        return answer(r, "ok n=%zu hash=%08x", count, adler32(bytes, count));
    for (size_t i = 0; i < count; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return answer(r, "ok n=%zu data=%s", count, hex);
}

/* The name of a Unix socket as the protocol writes it. */
static int unix_name(struct request *r, const polysock_addr *a)
{
    static const char plain_ones[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
    const size_t before = offsetof(struct sockaddr_un, sun_path);
    const char *name = (const char *)a->bytes + before;
    size_t length = a->length > before ? (size_t)a->length - before : 0, simple = 1;
    char text[256] = "@:";
    if (length == 0)
        return answer(r, "ok name=-");
    if (name[0] != '\0')
        return answer(r, "ok name=%.*s", (int)strnlen(name, length), name);
    while (simple < length && name[simple] != '\0' && strchr(plain_ones, name[simple]) != NULL)
        simple++;
    if (simple == length)
        return answer(r, "ok name=@%.*s", (int)length - 1, name + 1);
    for (size_t at = 1; at < length; at++)
        snprintf(text + 2 * at, 3, "%02x", (unsigned char)name[at]);
    return answer(r, "ok name=%s", text);
}

static int name_of(struct request *r, const polysock_addr *a)
{
    char host[POLYSOCK_ADDR_TEXT_SIZE];
    if (a->length == 0 || polysock_addr_family(a) == POLYSOCK_AF_UNIX)
        return unix_name(r, a);
    int length = polysock_addr_ip(a, host, sizeof host);
    if (length < 0)
        return refused(r, length);
    return answer(r, "ok host=%s port=%u", host, polysock_addr_port(a));
}

/* `/path`, `@name`, `@:hex` or `-`. */
static bool unix_address(struct request *r, const char *word, polysock_addr *out)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    unsigned char *bytes = NULL;
    size_t length = strcmp(word, "-") == 0 ? 0 : strlen(word);
    if (strncmp(word, "@:", 2) == 0) {
        bytes = payload(word + 2, &length);
        if (bytes == NULL) {
            malformed(r, "name");
            return false;
        }
        length++; /* the leading zero */
    }
    if (length > sizeof name.sun_path) { /* no address has room for it */
        free(bytes);
        answer(r, "error INVAL");
        return false;
    }
    if (bytes != NULL) {
        memcpy(name.sun_path + 1, bytes, length - 1);
    } else if (length > 0) {
        memcpy(name.sun_path, word, length);
        if (word[0] == '@')
            name.sun_path[0] = '\0';
    }
    free(bytes);
    int code = polysock_addr_from_sockaddr(out, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + length);
    if (code < 0)
        refused(r, code);
    return code == 0;
}

/* The address that the words of the request from this one on are: host and port, or one word. */
static bool address(struct request *r, int first, polysock_addr *out)
{
    long value;
    if (r->count == first + 1)
        return unix_address(r, r->words[first], out);
    if (!number(r->words[first + 1], &value)) {
        malformed(r, "port");
        return false;
    }
    if (value < 0 || value > 65535) { /* uint16_t has no such number */
        answer(r, "error INVAL");
        return false;
    }
    int code = polysock_addr_parse(out, r->words[first], (uint16_t)value);
    if (code < 0)
        refused(r, code);
    return code == 0;
}

static int family_of(const char *word)
{
    if (strcmp(word, "inet") == 0)
        return POLYSOCK_AF_INET;
    if (strcmp(word, "unix") == 0)
        return POLYSOCK_AF_UNIX;
    return strcmp(word, "inet6") == 0 ? POLYSOCK_AF_INET6 : -1;
}

static int type_of(const char *word)
{
    if (strcmp(word, "stream") == 0)
        return POLYSOCK_SOCK_STREAM;
    if (strcmp(word, "dgram") == 0)
        return POLYSOCK_SOCK_DGRAM;
    return strcmp(word, "seqpacket") == 0 ? POLYSOCK_SOCK_SEQPACKET : -1;
}

/* --- handles and descriptors */

static polysock_t *find(struct request *r, const char *name)
{
    polysock_t *found = NULL;
    pthread_mutex_lock(&lock);
    for (struct handle *h = handles; h != NULL && found == NULL; h = h->next)
        if (strcmp(h->name, name) == 0)
            found = h->socket;
    pthread_mutex_unlock(&lock);
    if (found == NULL)
        malformed(r, "no such handle");
    return found;
}

static void keep(const char *name, polysock_t *socket)
{
    struct handle *h = allocate(sizeof *h);
    h->name = strdup(name);
    h->socket = socket;
    pthread_mutex_lock(&lock);
    h->next = handles;
    handles = h;
    pthread_mutex_unlock(&lock);
}

static void keep_descriptor(int fd)
{
    pthread_mutex_lock(&lock);
    if (descriptor_count < FILLERS)
        descriptors[descriptor_count++] = fd;
    pthread_mutex_unlock(&lock);
}

static void forget_descriptor(int fd)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < descriptor_count; i++)
        if (descriptors[i] == fd) {
            descriptors[i] = descriptors[--descriptor_count];
            break;
        }
    pthread_mutex_unlock(&lock);
}

/* --- the process */

static int do_hello(struct request *r)
{
    return answer(r, "ok lang=c version=%s caps=abort,close_java,recv_exact,state,done,"
                  "whole_sendall,linger_range,get_timeout,backlog_range,datagram,unix,dup,cork",
                  polysock_version_string());
}

static int do_exhaust(struct request *r)
{
    struct rlimit limit = limit_before;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > FILLERS)
        limit.rlim_cur = FILLERS;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return refused(r, polysock_from_errno(errno));
    while (filler_count < FILLERS) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            break;
        fillers[filler_count++] = fd;
    }
    return answer(r, "ok n=%d", filler_count);
}

static int do_release(struct request *r)
{
    while (filler_count > 0)
        close(fillers[--filler_count]);
    setrlimit(RLIMIT_NOFILE, &limit_before);
    return answer(r, "ok");
}

static struct timespec in_ms(long ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

/* Waits until the task has ended; false when the time is up. */
static bool ended(struct task *task, const struct timespec *until)
{
    pthread_mutex_lock(&lock);
    while (!task->ended && pthread_cond_timedwait(&changed, &lock, until) != ETIMEDOUT)
        ;
    bool result = task->ended;
    pthread_mutex_unlock(&lock);
    return result;
}

static int do_reset(struct request *r)
{
    struct timespec until = in_ms(2000);
    do_release(r);
    pthread_mutex_lock(&lock);
    struct handle *all = handles;
    pthread_mutex_unlock(&lock);
    for (struct handle *h = all; h != NULL; h = h->next)
        polysock_close(h->socket);
    while (descriptor_count > 0)
        close(descriptors[--descriptor_count]);
    for (struct task *task = tasks; task != NULL; task = task->next)
        if (!ended(task, &until))
            return answer(r, "error PENDING");
    while (tasks != NULL) {
        struct task *task = tasks;
        tasks = task->next;
        pthread_join(task->thread, NULL);
        free(task->label);
        free(task->line);
        free(task);
    }
    while (handles != NULL) { /* those accepted meanwhile too */
        struct handle *h = handles;
        handles = h->next;
        polysock_free(h->socket);
        free(h->name);
        free(h);
    }
    return answer(r, "ok");
}

static void carry_out(char *line, char *out);

static void *run_task(void *argument)
{
    struct task *task = argument;
    char result[MAX_ANSWER];
    pthread_mutex_lock(&lock);
    task->tid = (pid_t)syscall(SYS_gettid);
    task->begun = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    carry_out(task->line, result);
    pthread_mutex_lock(&lock);
    memcpy(task->answer, result, sizeof result);
    task->ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* The line of the command stands behind the label. */
static int start(struct request *r, const char *label, const char *line)
{
    struct task *task = allocate(sizeof *task);
    *task = (struct task){.label = strdup(label), .line = strdup(line), .next = tasks};
    if (pthread_create(&task->thread, NULL, run_task, task) != 0)
        return malformed(r, "no thread");
    tasks = task;
    pthread_mutex_lock(&lock);
    while (!task->begun)
        pthread_cond_wait(&changed, &lock);
    pid_t tid = task->tid;
    pthread_mutex_unlock(&lock);
    return answer(r, "ok tid=%d", (int)tid);
}

static int join(struct request *r, const char *label, long limit)
{
    long long began = now_ns();
    struct timespec until = in_ms(limit);
    for (struct task *task = tasks; task != NULL; task = task->next) {
        if (strcmp(task->label, label) != 0)
            continue;
        if (!ended(task, &until))
            return answer(r, "error PENDING");
        return answer(r, "%.4000s join_ms=%lld", task->answer, ms_since(began));
    }
    return malformed(r, "no such label");
}

/* --- making and unmaking: words[0] is the command */

static int do_socket(struct request *r)
{
    polysock_t *s;
    int type = r->count > 3 ? type_of(r->words[3]) : POLYSOCK_SOCK_STREAM;
    int code = polysock_socket(&s, family_of(r->words[2]), type, 0);
    if (code < 0)
        return refused(r, code);
    keep(r->words[1], s);
    return answer(r, "ok");
}

static int do_socketpair(struct request *r)
{
    polysock_t *a, *b;
    int code = polysock_socketpair(&a, &b, type_of(r->words[3]));
    if (code < 0)
        return refused(r, code);
    keep(r->words[1], a);
    keep(r->words[2], b);
    return answer(r, "ok");
}

static int do_dup(struct request *r)
{
    polysock_t *s = find(r, r->words[1]), *copy;
    if (s == NULL)
        return 0;
    int code = polysock_dup(s, &copy);
    if (code < 0)
        return refused(r, code);
    keep(r->words[2], copy);
    return answer(r, "ok");
}

static int do_bind(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    polysock_addr a;
    if (s == NULL || !address(r, 2, &a))
        return 0;
    return plain(r, polysock_bind(s, &a));
}

static int do_listen(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    long backlog;
    if (s == NULL)
        return 0;
    return number(r->words[2], &backlog) ? plain(r, polysock_listen(s, (int)backlog)) : malformed(r, "backlog");
}

static int do_server(struct request *r)
{
    int family = family_of(r->words[2]), code;
    polysock_addr a;
    polysock_t *s;
    long backlog;
    if (!number(r->words[3], &backlog))
        return malformed(r, "backlog");
    if ((code = polysock_socket(&s, family, POLYSOCK_SOCK_STREAM, 0)) < 0)
        return refused(r, code);
    keep(r->words[1], s);
    if ((code = polysock_addr_parse(&a, family == POLYSOCK_AF_INET6 ? "::1" : "127.0.0.1", 0)) < 0 ||
        (code = polysock_set_reuseaddr(s, true)) < 0 || (code = polysock_bind(s, &a)) < 0 ||
        (code = polysock_listen(s, (int)backlog)) < 0 || (code = polysock_getsockname(s, &a)) < 0)
        return refused(r, code);
    return answer(r, "ok port=%u", polysock_addr_port(&a));
}

static int do_accept(struct request *r)
{
    polysock_t *s = find(r, r->words[1]), *new;
    polysock_addr peer;
    if (s == NULL)
        return 0;
    int code = polysock_accept(s, &new, &peer, r->timeout_ms);
    if (code < 0)
        return refused(r, code);
    keep(r->words[2], new);
    return name_of(r, &peer);
}

static int do_connect(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    polysock_addr a;
    if (s == NULL || !address(r, 2, &a))
        return 0;
    return plain(r, polysock_connect(s, &a, r->timeout_ms));
}

static int do_shutdown(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    const char *how = r->words[2];
    if (s == NULL)
        return 0;
    return plain(r, polysock_shutdown(s, strcmp(how, "rd") == 0   ? POLYSOCK_SHUT_RD
                                         : strcmp(how, "wr") == 0 ? POLYSOCK_SHUT_WR
                                                                  : POLYSOCK_SHUT_RDWR));
}

static int do_close(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    return s == NULL ? 0 : plain(r, polysock_close(s));
}

static int do_close_java(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    return s == NULL ? 0 : plain(r, polysock_net_close(s));
}

static int do_abort(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    return s == NULL ? 0 : plain(r, polysock_abort(s));
}

static const char *on_off(bool on)
{
    return on ? "on" : "off";
}

static int do_is_closed(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    return s == NULL ? 0 : answer(r, "ok closed=%s", on_off(polysock_is_closed(s)));
}

static int do_fileno(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    if (s == NULL)
        return 0;
    int fd = polysock_fileno(s);
    return fd < 0 ? refused(r, fd) : answer(r, "ok fd=%d", fd);
}

static int do_detach(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    if (s == NULL)
        return 0;
    int fd = polysock_detach(s);
    if (fd < 0)
        return refused(r, fd);
    keep_descriptor(fd);
    return answer(r, "ok fd=%d", fd);
}

static int do_from_fd(struct request *r)
{
    polysock_t *s;
    long fd;
    if (!number(r->words[2], &fd))
        return malformed(r, "descriptor");
    int code = polysock_from_fd(&s, (int)fd);
    if (code < 0)
        return refused(r, code);
    keep(r->words[1], s);
    forget_descriptor((int)fd);
    return answer(r, "ok");
}

static int do_open_fd(struct request *r)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return refused(r, polysock_from_errno(errno));
    keep_descriptor(fd);
    return answer(r, "ok fd=%d", fd);
}

static int do_close_fd(struct request *r)
{
    long fd;
    if (!number(r->words[1], &fd))
        return malformed(r, "descriptor");
    forget_descriptor((int)fd);
    return close((int)fd) < 0 ? refused(r, polysock_from_errno(errno)) : answer(r, "ok");
}

/* --- data */

static int do_send(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    size_t count;
    if (s == NULL)
        return 0;
    unsigned char *bytes = payload(r->words[2], &count);
    if (bytes == NULL)
        return malformed(r, "payload");
    ssize_t n = polysock_send(s, bytes, count, r->flags, r->timeout_ms);
    free(bytes);
    return n < 0 ? refused(r, n) : answer(r, "ok n=%zd", n);
}

static int do_sendall(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    size_t count, done = 0;
    if (s == NULL)
        return 0;
    unsigned char *bytes = payload(r->words[2], &count);
    if (bytes == NULL)
        return malformed(r, "payload");
    int code = polysock_sendall(s, bytes, count, &done, r->timeout_ms);
    free(bytes);
    return code < 0 ? refused_after(r, code, done) : answer(r, "ok n=%zu", done);
}

static bool room(struct request *r, const char *text, long *count)
{
    if (number(text, count) && *count >= 0 && *count <= LIMIT)
        return true;
    malformed(r, "count");
    return false;
}

static int do_recv(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    long count;
    if (s == NULL || !room(r, r->words[2], &count))
        return 0;
    unsigned char *bytes = allocate((size_t)count);
    ssize_t n = polysock_recv(s, bytes, (size_t)count, r->flags, r->timeout_ms);
    if (n < 0)
        refused(r, n);
    else
        received(r, bytes, (size_t)n);
    free(bytes);
    return 0;
}

static int do_sendto(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    polysock_addr to;
    size_t count;
    if (s == NULL || !address(r, 3, &to))
        return 0;
    unsigned char *bytes = payload(r->words[2], &count);
    if (bytes == NULL)
        return malformed(r, "payload");
    ssize_t n = polysock_sendto(s, bytes, count, r->flags, &to, r->timeout_ms);
    free(bytes);
    return n < 0 ? refused(r, n) : answer(r, "ok n=%zd", n);
}

static int do_recvfrom(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    polysock_addr from;
    char data[256];
    int flags;
    long count;
    if (s == NULL || !room(r, r->words[2], &count))
        return 0;
    unsigned char *bytes = allocate((size_t)count);
    ssize_t n = polysock_recvfrom(s, bytes, (size_t)count, r->flags, &from, &flags, r->timeout_ms);
    if (n < 0) {
        refused(r, n);
    } else {
        received(r, bytes, (size_t)n);
        snprintf(data, sizeof data, "%.200s", r->answer + 3);
        name_of(r, &from);
        size_t end = strlen(r->answer);
        snprintf(r->answer + end, sizeof r->answer - end, " %s%s", data,
                 !r->trunc ? "" : flags & POLYSOCK_MSG_TRUNC ? " trunc=on" : " trunc=off");
    }
    free(bytes);
    return 0;
}

static int do_recv_exact(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    size_t done = 0;
    long count;
    if (s == NULL || !room(r, r->words[2], &count))
        return 0;
    unsigned char *bytes = allocate((size_t)count);
    int code = polysock_recv_exact(s, bytes, (size_t)count, &done, r->timeout_ms);
    if (code < 0)
        refused_after(r, code, done);
    else
        received(r, bytes, done);
    free(bytes);
    return 0;
}

static int do_collect(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    long limit = LIMIT;
    if (s == NULL || (strcmp(r->words[2], "all") != 0 && !room(r, r->words[2], &limit)))
        return 0;
    unsigned char *bytes = allocate((size_t)limit);
    size_t done = 0;
    ssize_t n = 1;
    while (done < (size_t)limit && n > 0) {
        size_t left = (size_t)limit - done;
        n = polysock_recv(s, bytes + done, left < CHUNK ? left : CHUNK, 0, POLYSOCK_DEFAULT);
        if (n > 0)
            done += (size_t)n;
    }
    if (n < 0)
        refused_after(r, n, done);
    else
        received(r, bytes, done);
    free(bytes);
    return 0;
}

static int do_fill(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    size_t done = 0;
    if (s == NULL)
        return 0;
    while (done < 64 << 20) {
        unsigned char *bytes = pattern(CHUNK, done);
        ssize_t n = polysock_send(s, bytes, CHUNK, 0, 0);
        free(bytes);
        if (n == POLYSOCK_EAGAIN)
            return answer(r, "ok n=%zu", done);
        if (n < 0)
            return refused(r, n);
        done += (size_t)n;
    }
    return malformed(r, "never full");
}

/* --- facts and options */

static int do_getsockname(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    polysock_addr a;
    if (s == NULL)
        return 0;
    int code = polysock_getsockname(s, &a);
    return code < 0 ? refused(r, code) : name_of(r, &a);
}

static int do_getpeername(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    polysock_addr a;
    if (s == NULL)
        return 0;
    int code = polysock_getpeername(s, &a);
    return code < 0 ? refused(r, code) : name_of(r, &a);
}

static int do_state(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    if (s == NULL)
        return 0;
    const char *state = polysock_state(s);
    if (state == NULL)
        return refused(r, polysock_is_closed(s) ? POLYSOCK_ECLOSED : POLYSOCK_EUNSUPPORTED);
    return answer(r, "ok state=%s", state);
}

static const struct raw {
    const char *word;
    int level, name;
} raws[] = {
    {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR},     {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
    {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE},     {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF},
    {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF},           {"SO_ERROR", SOL_SOCKET, SO_ERROR},
    {"SO_TYPE", SOL_SOCKET, SO_TYPE},               {"SO_DOMAIN", SOL_SOCKET, SO_DOMAIN},
    {"SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL},       {"SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN},
    {"SO_LINGER", SOL_SOCKET, SO_LINGER},           {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},
    {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE},    {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL},
    {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT},      {"IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY},
    {"TCP_CORK", IPPROTO_TCP, TCP_CORK},
};

static int set_raw(struct request *r, polysock_t *s, const char *word, const char *value)
{
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        const struct raw *raw = &raws[i];
        if (strcmp(raw->word, word) != 0)
            continue;
        if (raw->name == SO_LINGER && raw->level == SOL_SOCKET) {
            struct linger linger;
            if (sscanf(value, "%d:%d", &linger.l_onoff, &linger.l_linger) != 2)
                return malformed(r, "value");
            return plain(r, polysock_setsockopt(s, raw->level, raw->name, &linger, sizeof linger));
        }
        long wide;
        if (!number(value, &wide))
            return malformed(r, "value");
        int narrow = (int)wide;
        return plain(r, polysock_setsockopt(s, raw->level, raw->name, &narrow, sizeof narrow));
    }
    return malformed(r, "no such option");
}

static int get_raw(struct request *r, polysock_t *s, const char *word)
{
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        const struct raw *raw = &raws[i];
        int values[2] = {0, 0};
        if (strcmp(raw->word, word) != 0)
            continue;
        bool linger = raw->name == SO_LINGER && raw->level == SOL_SOCKET;
        size_t size = linger ? sizeof values : sizeof values[0];
        int code = polysock_getsockopt(s, raw->level, raw->name, values, &size);
        if (code < 0)
            return refused(r, code);
        if (linger)
            return answer(r, "ok value=%d:%d", values[0], values[1]);
        return answer(r, "ok value=%d", values[0]);
    }
    return malformed(r, "no such option");
}

static int do_setsockopt(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    return s == NULL ? 0 : set_raw(r, s, r->words[2], r->words[3]);
}

static int do_getsockopt(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    return s == NULL ? 0 : get_raw(r, s, r->words[2]);
}

static int do_set(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    const char *option = r->words[2], *value = r->words[3];
    bool on = strcmp(value, "on") == 0, off = strcmp(value, "off") == 0;
    long n = 0;
    if (s == NULL)
        return 0;
    if (strcmp(option, "linger") == 0) {
        if (!off && !number(value, &n))
            return malformed(r, "value");
        return plain(r, polysock_set_linger(s, off ? POLYSOCK_LINGER_OFF : (int)n));
    }
    if (strcmp(option, "timeout") == 0) {
        bool never = strcmp(value, "never") == 0;
        if (!never && !number(value, &n))
            return malformed(r, "value");
        int ms = never ? POLYSOCK_INFINITE : (int)n;
        return plain(r, polysock_set_timeout(s, ms, ms));
    }
    bool sndbuf = strcmp(option, "sndbuf") == 0;
    if (sndbuf || strcmp(option, "rcvbuf") == 0) {
        if (!number(value, &n))
            return malformed(r, "value");
        return plain(r, sndbuf ? polysock_set_sndbuf(s, (size_t)n) : polysock_set_rcvbuf(s, (size_t)n));
    }
    if (!on && !off)
        return malformed(r, "value");
    if (strcmp(option, "nodelay") == 0)
        return plain(r, polysock_set_nodelay(s, on));
    if (strcmp(option, "keepalive") == 0)
        return plain(r, polysock_set_keepalive(s, on, 0, 0, 0));
    if (strcmp(option, "reuseaddr") == 0)
        return plain(r, polysock_set_reuseaddr(s, on));
    if (strcmp(option, "blocking") == 0)
        return plain(r, polysock_set_blocking(s, on));
    if (strcmp(option, "oobinline") == 0)
        return plain(r, polysock_set_oobinline(s, on));
    return malformed(r, "no such option");
}

static int do_get(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    const char *option = r->words[2];
    int code, n = 0;
    bool on = false;
    if (s == NULL)
        return 0;
    if (strcmp(option, "linger") == 0) {
        if ((code = polysock_get_linger(s, &n)) < 0)
            return refused(r, code);
        return n == POLYSOCK_LINGER_OFF ? answer(r, "ok value=off") : answer(r, "ok value=%d", n);
    }
    if (strcmp(option, "timeout") == 0) {
        if ((code = polysock_get_timeout(s, &n, NULL)) < 0)
            return refused(r, code);
        return n == POLYSOCK_INFINITE ? answer(r, "ok value=never") : answer(r, "ok value=%d", n);
    }
    bool sndbuf = strcmp(option, "sndbuf") == 0;
    if (sndbuf || strcmp(option, "rcvbuf") == 0) {
        size_t bytes = 0;
        code = sndbuf ? polysock_get_sndbuf(s, &bytes) : polysock_get_rcvbuf(s, &bytes);
        return code < 0 ? refused(r, code) : answer(r, "ok value=%zu", bytes);
    }
    if (strcmp(option, "nodelay") == 0)
        code = polysock_get_nodelay(s, &on);
    else if (strcmp(option, "keepalive") == 0)
        code = polysock_get_keepalive(s, &on, NULL, NULL, NULL);
    else if (strcmp(option, "reuseaddr") == 0)
        code = polysock_get_reuseaddr(s, &on);
    else if (strcmp(option, "oobinline") == 0)
        code = polysock_get_oobinline(s, &on);
    else
        return malformed(r, "no such option");
    return code < 0 ? refused(r, code) : answer(r, "ok value=%s", on_off(on));
}

/* --- dispatch */

static const struct command {
    const char *name;
    int least, most; /* arguments */
    int (*run)(struct request *);
} commands[] = {
    {"hello", 0, 0, do_hello},                       {"reset", 0, 0, do_reset},
    {"exhaust", 0, 0, do_exhaust},                   {"release", 0, 0, do_release},
    {"socket", 2, 3, do_socket},                     {"socketpair", 3, 3, do_socketpair},
    {"dup", 2, 2, do_dup},                           {"bind", 2, 3, do_bind},
    {"listen", 2, 2, do_listen},                     {"server", 3, 3, do_server},
    {"accept", 2, 2, do_accept},                     {"connect", 2, 3, do_connect},
    {"shutdown", 2, 2, do_shutdown},                 {"close", 1, 1, do_close},
    {"close_java", 1, 1, do_close_java},             {"abort", 1, 1, do_abort},
    {"is_closed", 1, 1, do_is_closed},               {"fileno", 1, 1, do_fileno},
    {"detach", 1, 1, do_detach},                     {"from_fd", 2, 2, do_from_fd},
    {"open_fd", 0, 0, do_open_fd},                   {"close_fd", 1, 1, do_close_fd},
    {"send", 2, 2, do_send},                         {"sendall", 2, 2, do_sendall},
    {"recv", 2, 2, do_recv},                         {"sendto", 3, 4, do_sendto},
    {"recvfrom", 2, 2, do_recvfrom},                 {"recv_exact", 2, 2, do_recv_exact},
    {"collect", 2, 2, do_collect},                   {"fill", 1, 1, do_fill},
    {"getsockname", 1, 1, do_getsockname},           {"getpeername", 1, 1, do_getpeername},
    {"state", 1, 1, do_state},                       {"set", 3, 3, do_set},
    {"get", 2, 2, do_get},                           {"setsockopt", 3, 3, do_setsockopt},
    {"getsockopt", 2, 2, do_getsockopt},
};

/* Options out of the arguments. False when one makes no sense. */
static bool take_options(struct request *r, long *join_limit)
{
    int kept = 0;
    for (int i = 0; i < r->count; i++) {
        char *word = r->words[i];
        long value;
        if (strncmp(word, "timeout=", 8) == 0) {
            if (strcmp(word + 8, "never") == 0)
                r->timeout_ms = POLYSOCK_INFINITE;
            else if (number(word + 8, &value))
                r->timeout_ms = (int)value;
            else
                return false;
        } else if (strncmp(word, "limit=", 6) == 0) {
            if (!number(word + 6, join_limit))
                return false;
        } else if (strcmp(word, "peek") == 0) {
            r->flags |= POLYSOCK_MSG_PEEK;
        } else if (strcmp(word, "trunc") == 0) {
            r->trunc = true;
        } else if (strcmp(word, "oob") == 0) {
            r->flags |= POLYSOCK_MSG_OOB;
        } else {
            r->words[kept++] = word;
        }
    }
    r->count = kept;
    return true;
}

static int dispatch(struct request *r, char *line)
{
    long join_limit = 5000;
    char *rest = NULL;
    if (strncmp(line, "start ", 6) == 0) {
        char *label = strtok_r(line + 6, " ", &rest);
        return label != NULL && *rest != '\0' ? start(r, label, rest) : malformed(r, "start LABEL COMMAND");
    }
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (r->count == MAX_WORDS)
            return malformed(r, "too many words");
        r->words[r->count++] = word;
    }
    if (!take_options(r, &join_limit))
        return malformed(r, "option");
    if (r->count == 2 && strcmp(r->words[0], "join") == 0)
        return join(r, r->words[1], join_limit);
    for (size_t i = 0; r->count > 0 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, r->words[0]) == 0)
            return commands[i].least < r->count && r->count <= commands[i].most + 1 ? commands[i].run(r)
                                                                                    : malformed(r, "arguments");
    return answer(r, "unsupported");
}

static void carry_out(char *line, char *out)
{
    struct request r = {.timeout_ms = POLYSOCK_DEFAULT};
    long long began = now_ns();
    dispatch(&r, line);
    snprintf(out, MAX_ANSWER, "%.4050s ms=%lld", r.answer, ms_since(began));
}

int main(void)
{
    pthread_condattr_t monotonic;
    char *line = NULL, result[MAX_ANSWER];
    size_t size = 0;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);
    getrlimit(RLIMIT_NOFILE, &limit_before);
    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strcmp(line, "quit") == 0) {
            puts("ok ms=0");
            break;
        }
        if (*line == '\0')
            continue;
        carry_out(line, result);
        puts(result);
        fflush(stdout);
    }
    fflush(stdout);
    _exit(0); /* a thread left inside a call must not keep the process */
}
