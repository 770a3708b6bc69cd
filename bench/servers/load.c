/* Loads a server on the loopback interface and prints what it measured as JSON.
 *
 *     load --port PORT [--mode echo|frames|http|connect] [--connections N] [--busy N] [--size BYTES]
 *          [--seconds S] [--warm-up S] [--pid PID [--server-on PROCESSOR]]
 *
 * N connections are made, each of which sends one request at once and so has been served. Then `busy` of them (all, unless
 * fewer are asked for) have one request under way at any time; the others stay idle. Every byte of every reply is compared.
 * `connect` makes a new connection for each request instead, `connections` of them at a time: connect, request, reply,
 * shutdown, and the end of the stream from the server.
 *
 * With the server's process, the processor time and memory of the server are measured too. The client's own processor time
 * shows whether it had time left, or was what limited the server. If the server's only processor is given, and the client has
 * one too, `others` is the share that other programs had of one of the two, whichever it was more.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "histogram.h"
#include "http.h"
#include "process.h"

enum {
    LARGEST = 64 * 1024,     /* bytes of a request */
    SMALLEST = 12,           /* a length and a number */
    CONNECTING = 64,         /* connections that are made at the same time: any backlog has room for them */
    OF_ONE_ADDRESS = 20000,  /* connections from one source address: it has fewer ports than 28,232 */
    EVENTS = 512,
    SETUP_SECONDS = 20,
    FINISH_SECONDS = 2,
};

typedef struct {
    int fd;
    uint64_t number;    /* of the request under way */
    size_t received;    /* bytes of its reply */
    uint64_t sent_at;   /* in ns; in `connect`, when the connection was begun */
} connection;

static struct {
    const char *mode;
    int port;
    unsigned connections, busy;
    size_t size;
    double seconds, warm_up;
    pid_t server;
    int server_on; /* -1: not given */
} options = {.mode = "echo", .connections = 1, .size = 64, .seconds = 1, .warm_up = 0.1, .server_on = -1};

static connection *connections;
static int epoll;
static histogram latencies;
static unsigned long errors, wrong;
static unsigned long made; /* connections */
static uint64_t next_number;

static char request[LARGEST], expected[LARGEST], received[LARGEST];
static size_t request_length, expected_length;
static bool is_numbered, is_connecting;

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What is sent and what should come back. All but HTTP send a length, a number of 8 bytes that every request has for
 * itself, and a filling: servers that know messages and servers that send back what they get answer the same. */
static void prepare(void)
{
    if (strcmp(options.mode, "http") == 0) {
        request_length = strlen(strcpy(request, HTTP_REQUEST));
        expected_length = strlen(strcpy(expected, HTTP_REPLY));
        return;
    }
    is_numbered = true;
    uint32_t length = htonl((uint32_t)options.size - 4);
    memcpy(request, &length, 4);
    for (size_t i = SMALLEST; i < options.size; i++)
        request[i] = (char)('a' + i % 26);
    memcpy(expected, request, options.size);
    request_length = expected_length = options.size;
}

static int connected(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        fail("socket");
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(made++ / OF_ONE_ADDRESS));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval limit = {.tv_sec = SETUP_SECONDS};
    setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on); /* the port is chosen by connect, which knows the peer */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0)
        fail("bind");
    /* Over loopback, the two kernels' ends shake hands inside this call; the server takes no part. */
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        fail("fcntl");
    return fd;
}

static void drop(connection *c)
{
    close(c->fd);
    c->fd = -1;
    errors++;
}

static void send_request(connection *c)
{
    if (is_numbered) {
        c->number = ++next_number;
        memcpy(request + 4, &c->number, 8);
    }
    c->received = 0;
    if (!is_connecting)
        c->sent_at = now();
    if (send(c->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length)
        drop(c);
}

static void open_connection(connection *c)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (is_connecting)
        c->sent_at = now();
    c->fd = connected();
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0)
        fail("epoll_ctl");
    send_request(c);
}

/* Receives once; true when that completes the reply, or in `connect` the connection. */
static bool is_complete(connection *c)
{
    ssize_t n = recv(c->fd, received, sizeof received, 0);
    if (n == 0 && is_connecting && c->received == expected_length) {
        close(c->fd);
        return true;
    }
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            drop(c);
        return false;
    }
    if (is_numbered)
        memcpy(expected + 4, &c->number, 8);
    if ((size_t)n > expected_length - c->received || memcmp(expected + c->received, received, (size_t)n) != 0) {
        wrong++;
        drop(c);
        return false;
    }
    c->received += (size_t)n;
    if (c->received < expected_length)
        return false;
    if (is_connecting)
        shutdown(c->fd, SHUT_WR);
    return !is_connecting;
}

static int wait_for_events(struct epoll_event *events, uint64_t end)
{
    uint64_t time = now();
    int left = time < end ? (int)((end - time) / 1000000) + 1 : 0;
    int n = epoll_wait(epoll, events, EVENTS, left);
    if (n < 0 && errno != EINTR)
        fail("epoll_wait");
    return n;
}

/* Makes the connections; returns how many of them were served. */
static unsigned set_up(void)
{
    struct epoll_event events[EVENTS];
    unsigned opened = 0, served = 0;
    uint64_t end = now() + SETUP_SECONDS * 1000000000ull;
    while (served + errors < options.connections && now() < end) {
        while (opened < options.connections && opened - served - errors < CONNECTING)
            open_connection(&connections[opened++]);
        int n = wait_for_events(events, end);
        for (int i = 0; i < n; i++)
            served += is_complete(events[i].data.ptr);
    }
    return served;
}

/* Waits for the replies that are under way: a connection closed with a reply unread would be reset. */
static void finish(unsigned under_way)
{
    struct epoll_event events[EVENTS];
    uint64_t end = now() + FINISH_SECONDS * 1000000000ull;
    unsigned long broken = errors;
    while (under_way > errors - broken && now() < end) {
        int n = wait_for_events(events, end);
        for (int i = 0; i < n; i++)
            under_way -= is_complete(events[i].data.ptr);
    }
}

/* Keeps `busy` connections busy until the time is up. */
static void run(double seconds)
{
    struct epoll_event events[EVENTS];
    uint64_t time = now(), end = time + (uint64_t)(seconds * 1e9);
    while (time < end) {
        int n = wait_for_events(events, end);
        for (int i = 0; i < n; i++) {
            connection *c = events[i].data.ptr;
            if (!is_complete(c))
                continue;
            time = now();
            histogram_add(&latencies, time - c->sent_at);
            if (is_connecting)
                open_connection(c);
            else
                send_request(c);
        }
        time = now();
    }
}

static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < options.connections + 20) {
        fprintf(stderr, "load: %u connections need as many descriptors; the limit is %lu\n", options.connections, (unsigned long)limit.rlim_max);
        exit(1);
    }
}

static void parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},    {"mode", required_argument, NULL, 'm'}, {"connections", required_argument, NULL, 'c'},
        {"busy", required_argument, NULL, 'b'},    {"size", required_argument, NULL, 's'}, {"seconds", required_argument, NULL, 't'},
        {"warm-up", required_argument, NULL, 'w'}, {"pid", required_argument, NULL, 'P'},
        {"server-on", required_argument, NULL, 'o'}, {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'p': options.port = atoi(optarg); break;
        case 'm': options.mode = optarg; break;
        case 'c': options.connections = (unsigned)atoi(optarg); break;
        case 'b': options.busy = (unsigned)atoi(optarg); break;
        case 's': options.size = (size_t)atol(optarg); break;
        case 't': options.seconds = atof(optarg); break;
        case 'w': options.warm_up = atof(optarg); break;
        case 'P': options.server = (pid_t)atoi(optarg); break;
        case 'o': options.server_on = atoi(optarg); break;
        default: exit(2);
        }
    }
    if (options.busy == 0 || options.busy > options.connections)
        options.busy = options.connections;
    if (options.port == 0 || options.connections == 0 || options.size < SMALLEST || options.size > LARGEST) {
        fprintf(stderr, "load: needs --port, and --size from %d to %d\n", SMALLEST, LARGEST);
        exit(2);
    }
    is_connecting = strcmp(options.mode, "connect") == 0;
}

static void print_quantile(const char *name, double share)
{
    if (latencies.total == 0)
        printf(", \"%s\": null", name);
    else
        printf(", \"%s\": %.1f", name, histogram_quantile(&latencies, share) / 1e3);
}

/* What has run since a moment, in seconds. */
typedef struct {
    double time, server, client, server_processor, client_processor;
} spent;

static spent spent_since(spent since)
{
    int client_on = sched_getcpu();
    return (spent){
        (double)now() / 1e9 - since.time,
        processor_seconds(options.server) - since.server,
        processor_seconds(getpid()) - since.client,
        busy_seconds(options.server_on) - since.server_processor,
        busy_seconds(client_on) - since.client_processor,
    };
}

/* The share of the server's or of the client's processor that others had, whichever is more. */
static double share_of_others(spent s)
{
    bool is_shared = options.server_on == sched_getcpu();
    double server = s.server_processor - s.server - (is_shared ? s.client : 0);
    double client = is_shared ? 0 : s.client_processor - s.client;
    double more = server > client ? server : client;
    return more > 0 ? more / s.time : 0;
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    raise_limit();
    prepare();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc(options.connections, sizeof *connections);
    if (epoll < 0 || connections == NULL)
        fail("set-up");
    long memory_before = process_fact(options.server, "smaps_rollup", "Pss");

    unsigned served = 0;
    if (is_connecting) {
        for (unsigned i = 0; i < options.connections; i++)
            open_connection(&connections[i]);
    } else {
        served = set_up();
        if (served < options.connections) /* there is nothing to measure */
            options.warm_up = options.seconds = 0;
        for (unsigned i = 0; i < options.busy && served == options.connections; i++)
            send_request(&connections[i]);
    }
    run(options.warm_up);
    memset(&latencies, 0, sizeof latencies);
    spent s = spent_since((spent){0});
    run(options.seconds);
    s = spent_since(s);

    printf("{\"requests\": %lu, \"seconds\": %.4f, \"per_second\": %.1f", (unsigned long)latencies.total, s.time, s.time > 0 ? (double)latencies.total / s.time : 0);
    print_quantile("p50_us", 0.5);
    print_quantile("p99_us", 0.99);
    print_quantile("p999_us", 0.999);
    printf(", \"served\": %u, \"errors\": %lu, \"wrong\": %lu, \"client_cpu\": %.3f", served, errors, wrong, s.client / s.time);
    if (options.server != 0) {
        printf(", \"server_cpu\": %.3f, \"threads\": %ld", s.server / s.time, process_fact(options.server, "status", "Threads"));
        printf(", \"rss_kib\": %ld, \"pss_kib\": %ld", process_fact(options.server, "status", "VmRSS"), process_fact(options.server, "smaps_rollup", "Pss"));
        printf(", \"pss_before_kib\": %ld", memory_before);
    }
    if (options.server_on >= 0)
        printf(", \"others\": %.3f", share_of_others(s));
    printf("}\n");
    if (is_connecting || served == options.connections)
        finish(options.busy - (unsigned)errors);
    return 0;
}
