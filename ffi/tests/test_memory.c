/*
 * When memory ends: a tour of the whole API in forked children, in each of which another request for memory fails, alone or
 * with all that follow. Each call ends in success or says that there was no memory, and in the end nothing is left over.
 *
 * malloc(3) and its kin are those below, for the library and the C library alike. Not under sanitizers or valgrind, which
 * have their own.
 */
#include "harness.h"

#include <link.h>
#include <netdb.h>
#include <sys/mman.h>

/* --- memory that ends */

/* glibc's own, under the names it keeps for those who replace them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

/* Which request fails, counted from 1 on; none with 0. */
static long failing, asked;
/* So do all that follow. */
static bool for_good;
/* Where the code of the library lies. */
static uintptr_t library_from, library_to;
/* What the library holds, by its address; the children ask for far less. */
enum { MOST_HELD = 1 << 14 };
static void *held[MOST_HELD];

/* glibc's resolver ends the process when it gets no memory: of what it asks for while this is set, nothing fails. */
static bool resolving;
/* Otherwise a look-up would ask another machine, and wait for it in each child. */
static bool localhost_is_a_line_in_hosts;

static bool is_library(void *caller)
{
    return (uintptr_t)caller >= library_from && (uintptr_t)caller < library_to;
}

static bool fails(void *caller)
{
    if (resolving && !is_library(caller))
        return false;
    long now = __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
    bool does = failing != 0 && (now == failing || (for_good && now > failing));
    if (does)
        errno = ENOMEM;
    return does;
}

/* Stands where something was held that is freed. */
#define FREED ((void *)1)

static size_t first_place(void *memory)
{
    return ((uintptr_t)memory >> 4) % MOST_HELD;
}

static void *note(void *memory, void *caller)
{
    if (memory == NULL || !is_library(caller))
        return memory;
    for (size_t at = first_place(memory);; at = (at + 1) % MOST_HELD) {
        void *none = NULL;
        if (__atomic_compare_exchange_n(&held[at], &none, memory, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return memory;
    }
}

static void forget(void *memory)
{
    for (size_t at = first_place(memory); held[at] != NULL; at = (at + 1) % MOST_HELD)
        if (held[at] == memory)
            __atomic_store_n(&held[at], FREED, __ATOMIC_SEQ_CST);
}

static int count_held(void)
{
    int count = 0;
    for (size_t at = 0; at < MOST_HELD; at++)
        count += held[at] != NULL && held[at] != FREED;
    return count;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : note(__libc_malloc(size), __builtin_return_address(0));
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : note(__libc_calloc(count, size), __builtin_return_address(0));
}

void *memalign(size_t alignment, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : note(__libc_memalign(alignment, size), __builtin_return_address(0));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : note(__libc_memalign(alignment, size), __builtin_return_address(0));
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *memory = fails(__builtin_return_address(0)) ? NULL : note(__libc_memalign(alignment, size), __builtin_return_address(0));
    if (memory == NULL)
        return ENOMEM;
    *out = memory;
    return 0;
}

void *realloc(void *memory, size_t size)
{
    if (fails(__builtin_return_address(0)))
        return NULL;
    void *moved = __libc_realloc(memory, size);
    if (moved != NULL)
        forget(memory);
    return note(moved, __builtin_return_address(0));
}

void free(void *memory)
{
    forget(memory);
    __libc_free(memory);
}

static int find_library(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (strstr(info->dlpi_name, "libpolysock") == NULL)
        return 0;
    for (int at = 0; at < info->dlpi_phnum; at++)
        if (info->dlpi_phdr[at].p_type == PT_LOAD) {
            uintptr_t end = info->dlpi_addr + info->dlpi_phdr[at].p_vaddr + info->dlpi_phdr[at].p_memsz;
            library_to = end > library_to ? end : library_to;
        }
    library_from = info->dlpi_addr;
    return 1;
}

/* --- the tour */

/* What a child has to say. */
static struct report {
    long asked;
    int held, line, code, refused;
} *said;

static int noted_line;

/* Whether a call succeeded; anything but a lack of memory ends the child. */
static bool went(int line, long long code)
{
    noted_line = line;
    if (code >= 0)
        return true;
    /* Of a name server's library that runs out of memory, every code of its own. */
    bool resolver = code <= POLYSOCK_EAI_BADFLAGS && code >= POLYSOCK_EAI_OVERFLOW;
    if (code != POLYSOCK_ENOMEM && !resolver) {
        said->line = line;
        said->code = (int)code;
        _exit(3);
    }
    __atomic_add_fetch(&said->refused, 1, __ATOMIC_SEQ_CST);
    polysock_last_detail();
    return false;
}
#define WENT(call) went(__LINE__, (call))

/* What has to be so whether there is memory or not. */
static void expect(int line, bool so)
{
    if (!so) {
        said->line = line;
        said->code = 0;
        _exit(4);
    }
}
#define EXPECT(condition) expect(__LINE__, (condition))

static void tour_addresses(void)
{
    static char long_text[5000];
    char text[POLYSOCK_ADDR_TEXT_SIZE], host[1025], service[32];
    polysock_addr a, found[16];
    memset(long_text, 'x', sizeof long_text - 1);
    EXPECT(polysock_addr_parse(&a, long_text, 80) < 0);
    polysock_last_detail();
    if (WENT(polysock_addr_parse(&a, "unix:@name", 0)))
        WENT(polysock_addr_format(&a, text, sizeof text));
    if (WENT(polysock_addr_parse(&a, "[::1]:80", 0))) {
        WENT(polysock_addr_format(&a, text, sizeof text));
        WENT(polysock_addr_ip(&a, text, sizeof text));
        WENT(polysock_getnameinfo(&a, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV));
    }
    WENT(polysock_getaddrinfo("127.0.0.1", "80", POLYSOCK_AF_UNSPEC, POLYSOCK_SOCK_STREAM, 0, found, 16));
    resolving = true;
    if (localhost_is_a_line_in_hosts)
        WENT(polysock_getaddrinfo("localhost", "80", POLYSOCK_AF_UNSPEC, POLYSOCK_SOCK_STREAM, 0, found, 16));
    EXPECT(polysock_getaddrinfo(long_text, NULL, POLYSOCK_AF_UNSPEC, POLYSOCK_SOCK_STREAM, 0, found, 16) < 0);
    resolving = false;
    polysock_last_detail();
}

static void tour_stream(polysock_t *a, polysock_t *b)
{
    char buf[64];
    size_t done;
    polysock_iovec parts[40];
    for (int at = 0; at < 40; at++)
        parts[at] = (polysock_iovec){buf, 1};
    EXPECT(polysock_send(a, "hello", 5, 0, 5000) == 5);
    EXPECT(polysock_recv(b, buf, sizeof buf, 0, 5000) == 5);
    EXPECT(polysock_recv(b, buf, sizeof buf, 0, 1) == POLYSOCK_ETIMEDOUT);
    polysock_last_detail();
    if (WENT(polysock_sendall(a, "hello", 5, &done, 5000)))
        WENT(polysock_recv_exact(b, buf, 5, &done, 5000));
    if (WENT(polysock_sendv(a, parts, 40, 5000)))
        while (!WENT(polysock_recvv(b, parts, 40, 5000)) && !for_good)
            ; /* nothing was taken by one that failed */
    polysock_set_timeout(a, 100, 100);
    polysock_set_linger(a, 0);
    EXPECT(polysock_getsockname(a, &(polysock_addr){0}) == 0);
    EXPECT(strcmp(polysock_state(a), "") != 0);
}

static void tour_frames(polysock_t *a, polysock_t *b)
{
    static char large[20000];
    polysock_frame sent[] = {{"hello", 5}, {large, sizeof large}}, came[4];
    polysock_reader *reader;
    const void *message;
    int count = 0;
    ssize_t n;
    if (!WENT(polysock_reader_new(&reader, b, NULL)))
        return;
    if (WENT(polysock_send_frame(a, "hello", 5, NULL, 5000))) {
        while (!WENT(n = polysock_reader_frame(reader, &message, 5000)) && !for_good)
            ; /* nothing was taken by one that failed */
        EXPECT(n == 5 || for_good);
        if (n == 5 && WENT(polysock_send_frames(a, sent, 2, NULL, NULL, 5000)))
            while (count < 2 && (WENT(n = polysock_reader_frames(reader, came, 4, 5000)) || !for_good))
                count += n > 0 ? (int)n : 0;
    }
    polysock_reader_free(reader);
    if (count != 2 || !WENT(polysock_send_frame(a, "hello", 5, NULL, 5000)))
        return;
    while (!WENT(n = polysock_recv_frame(b, large, sizeof large, NULL, NULL, 5000)) && !for_good)
        ;
    EXPECT(n == 5 || for_good);
    WENT(polysock_take_buffered(b, large, sizeof large));
}

/* A message that was sent in part can be finished, whatever was refused meanwhile. */
static void tour_unfinished(void)
{
    static char large[1 << 20], room[256 << 10];
    polysock_t *a, *b;
    int code;
    if (!WENT(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM)))
        return;
    while ((code = polysock_send_frame(a, large, sizeof large, NULL, 1)) == POLYSOCK_ETIMEDOUT)
        EXPECT(polysock_recv(b, room, sizeof room, 0, 5000) > 0);
    WENT(code);
    polysock_free(a);
    polysock_free(b);
}

static void tour_messages(void)
{
    polysock_t *a, *b;
    polysock_control *control, *came;
    char byte = 'x';
    if (!WENT(polysock_socketpair(&a, &b, POLYSOCK_SOCK_DGRAM)))
        return;
    polysock_set_passcred(b, true);
    if (WENT(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM))) {
        if (WENT(polysock_control_new(&came, POLYSOCK_CONTROL_ROOM))) {
            int fds[60];
            for (int at = 0; at < 60; at++)
                fds[at] = 0;
            polysock_credentials me = {getpid(), getuid(), getgid()};
            polysock_iovec part = {&byte, 1};
            polysock_msg m = POLYSOCK_MSG_INITIALIZER;
            m.iov = &part;
            m.iov_count = 1;
            m.control = control;
            WENT(polysock_control_add_fds(control, fds, 60));
            WENT(polysock_control_add_credentials(control, &me));
            if (WENT(polysock_sendmsg(a, &m, 0, 5000))) {
                m.control = came;
                while (!WENT(polysock_recvmsg(b, &m, 0, 5000)) && !for_good)
                    ;
                int taken = polysock_control_take_fds(came, fds, 30); /* the others are closed with it */
                for (int at = 0; at < taken; at++)
                    close(fds[at]);
            }
            WENT(polysock_control_clear(control));
            polysock_control_free(came);
        }
        polysock_control_free(control);
    }
    polysock_addr from;
    if (WENT(polysock_sendto(a, "x", 1, 0, NULL, 5000)))
        WENT(polysock_recvfrom(b, &byte, 1, 0, &from, NULL, 5000));
    polysock_dgram out[2] = {{.buf = "y", .len = 1}, {.buf = "z", .len = 1}}, in = {.buf = &byte, .len = 1, .addr = &from};
    if (WENT(polysock_send_batch(a, out, 2, 5000))) {
        if (!WENT(polysock_recv_batch(b, &in, 1, 5000)))
            polysock_recv(b, &byte, 1, 0, 5000);
        EXPECT(byte == 'y' && out[1].result == 1);
        polysock_recv(b, &byte, 1, 0, 5000);
    }
    if (WENT(polysock_send_segments(a, "vw", 2, 1, NULL, 5000)))
        for (int count = 0; count < 2; count++)
            polysock_recv(b, &byte, 1, 0, 5000);
    polysock_free(a);
    polysock_free(b);
}

static void tour_waiting(polysock_t *a, polysock_t *b)
{
    polysock_pollfd set[40];
    memset(set, 0, sizeof set);
    for (int at = 0; at < 40; at++)
        set[at] = (polysock_pollfd){.socket = at % 2 ? a : b, .events = POLYSOCK_POLLIN};
    WENT(polysock_poll(set, 40, 1));
    polysock_poller *poller;
    if (!WENT(polysock_poller_new(&poller)))
        return;
    polysock_event events[4];
    bool added = WENT(polysock_poller_add(poller, a, 1, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL));
    if (WENT(polysock_poller_add(poller, b, 2, POLYSOCK_POLLOUT, POLYSOCK_POLL_LEVEL)))
        EXPECT(polysock_poller_wait(poller, events, 4, 5000) == 1 && events[0].token == 2);
    int fd = polysock_fileno(a);
    EXPECT(polysock_poller_remove(poller, a) == (added ? 0 : POLYSOCK_ENOENT));
    if (WENT(polysock_poller_add_fd(poller, fd, 3, POLYSOCK_POLLIN, POLYSOCK_POLL_EDGE)))
        EXPECT(polysock_poller_remove_fd(poller, fd) == 0);
    polysock_poller_free(poller);
}

static int greet(polysock_t *connection, const polysock_addr *peer, void *user)
{
    (void)peer, (void)user;
    int code = polysock_sendall(connection, "hello", 5, NULL, 5000);
    return code == POLYSOCK_ENOMEM ? 0 : code;
}

static void trouble(int code, const polysock_addr *peer, void *user)
{
    (void)peer, (void)user;
    if (code != POLYSOCK_EAGAIN) /* no thread, for want of memory */
        WENT(code);
}

static void tour_server(void)
{
    polysock_t *listener;
    polysock_server *server;
    if (!WENT(polysock_net_server_socket(&listener, 0, 5, "127.0.0.1")))
        return;
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    options.on_error = trouble;
    int code = polysock_server_start(&server, listener, greet, NULL, &options);
    if (code != POLYSOCK_EAGAIN && WENT(code)) {
        polysock_addr at;
        char port[8], buf[8];
        EXPECT(polysock_getsockname(listener, &at) == 0);
        snprintf(port, sizeof port, "%d", polysock_addr_port(&at));
        for (int round = 0; round < 2; round++) {
            polysock_t *s;
            if (WENT(polysock_create_connection(&s, "127.0.0.1", port, 5000))) {
                /* A server without memory may close it unanswered. */
                polysock_net_read(s, buf, sizeof buf);
                polysock_free(s);
            }
        }
        size_t running;
        WENT(polysock_server_stop(server, 5000, &running));
        polysock_server_free(server);
    }
    polysock_net_close(listener);
    polysock_free(listener);
}

static void read_once(void *socket)
{
    char byte;
    EXPECT(polysock_recv(socket, &byte, 1, 0, POLYSOCK_INFINITE) == POLYSOCK_ECLOSED);
    polysock_last_detail();
}

static void *read_in_thread(void *socket)
{
    read_once(socket);
    return NULL;
}

/* Closes a socket under a call of another thread. */
static void tour_threads(void)
{
    polysock_t *a, *b;
    pthread_t reader;
    if (!WENT(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM)))
        return;
    if (pthread_create(&reader, NULL, read_in_thread, a) == 0) {
        WENT(polysock_close(a));
        pthread_join(reader, NULL);
    }
    polysock_free(a);
    polysock_free(b);
}

static void tour(void)
{
    polysock_t *a, *b, *c;
    polysock_addr at;
    tour_addresses();
    if (WENT(polysock_create_server(&a, "127.0.0.1", "0", 5))) {
        EXPECT(polysock_getsockname(a, &at) == 0);
        if (WENT(polysock_socket(&b, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0))) {
            EXPECT(polysock_connect(b, &at, 5000) == 0);
            if (WENT(polysock_accept(a, &c, &at, 5000))) {
                tour_stream(b, c);
                tour_frames(b, c);
                tour_waiting(b, c);
                WENT(polysock_net_close(c));
                polysock_free(c);
            }
            if (WENT(polysock_dup(b, &c))) {
                int fd = polysock_detach(c);
                polysock_free(c);
                EXPECT(fd >= 0);
                if (WENT(polysock_from_fd(&c, fd)))
                    polysock_free(c);
                else
                    close(fd);
            }
            polysock_free(b);
        }
        WENT(polysock_close(a));
        EXPECT(polysock_accept(a, &b, NULL, 0) == POLYSOCK_ECLOSED);
        polysock_free(a);
    }
    tour_unfinished();
    tour_messages();
    tour_server();
    tour_threads();
    /* The last failure of this thread, whose description is never read. */
    EXPECT(polysock_addr_parse(&at, NULL, 0) == POLYSOCK_EINVAL);
}

/* Runs the tour in a child; its exit code. */
static int run_tour(long which, bool all_that_follow)
{
    memset(said, 0, sizeof *said);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        int before = open_descriptors();
        failing = which, for_good = all_that_follow;
        asked = 0;
        tour();
        failing = 0;
        said->asked = asked;
        said->held = count_held();
        noted_line = open_descriptors() - before;
        _exit(noted_line > 1 ? 5 : 0); /* one wakes this thread */
    }
    return wait_child(child);
}

/* Runs the tour; false, with a message, when it failed. */
static bool is_fine(long which, bool all_that_follow, int left)
{
    char text[256];
    int code = run_tour(which, all_that_follow);
    if (code == 0 && said->held <= left)
        return true;
    snprintf(text, sizeof text, "request %ld%s: exit code %d, line %d: %s, %d held, not %d", which,
             all_that_follow ? " and all that follow" : "", code, said->line, polysock_err_name(said->code), said->held, left);
    fail(__FILE__, __LINE__, text);
    return false;
}

static void check_tours(bool all_that_follow)
{
    if (!is_fine(0, false, INT_MAX))
        return;
    long requests = said->asked;
    int left = said->held, refused = 0;
    CHECK(requests > 50);
    for (long which = 1; which <= requests; which++) {
        is_fine(which, all_that_follow, left);
        refused += said->refused;
    }
    fprintf(stderr, "%ld requests, %d calls refused\n", requests, refused);
    CHECK(refused > 0);
}

TEST(any_request_for_memory_may_fail) { check_tours(false); }
TEST(memory_may_end_for_good) { check_tours(true); }

/* Sockets are made until there is nothing left for another; once they are freed there is again. */
static void use_it_up(void)
{
    enum { MOST = 1000 };
    static polysock_t *made[MOST];
    failing = 1, for_good = true, asked = 0;
    for (int round = 0; round < 2; round++) {
        int count = 0, code = 0;
        while (count < MOST && (code = polysock_socket(&made[count], POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0)) == 0)
            count++;
        EXPECT(code == POLYSOCK_ENOMEM);
        EXPECT(count > 100);
        EXPECT(strstr(polysock_last_detail(), "memory") != NULL);
        while (count > 0)
            polysock_free(made[--count]);
    }
}

TEST(what_is_kept_back_ends_and_comes_back)
{
    memset(said, 0, sizeof *said);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        use_it_up();
        _exit(0);
    }
    if (!CHECK_IS(wait_child(child), 0))
        fprintf(stderr, "line %d\n", said->line);
}

static bool has_localhost(const char *path)
{
    char line[512];
    bool found = false;
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = strstr(line, "localhost") != NULL;
    if (file != NULL)
        fclose(file);
    return found;
}

int main(void)
{
    localhost_is_a_line_in_hosts = has_localhost("/etc/hosts");
    if (!localhost_is_a_line_in_hosts)
        skip("the look-up of a name where memory ends", "the name localhost (/etc/hosts)");
    said = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    dl_iterate_phdr(find_library, NULL);
    MUST(library_to != 0 ? 0 : -1);
    RUN(any_request_for_memory_may_fail);
    RUN(memory_may_end_for_good);
    RUN(what_is_kept_back_ends_and_comes_back);
    return report();
}
