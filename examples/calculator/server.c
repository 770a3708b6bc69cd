/* A calculator on the callback server: two clients at once, further ones wait:  server [PORT]
 *
 * It ends when a client asks it to, with "stop". */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, sem_timedwait */
#include "protocol.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* --- the calculator: knows nothing about sockets */

static bool number(const char *word, long long *value)
{
    char *end;
    errno = 0;
    *value = strtoll(word, &end, 10);
    return end != word && *end == '\0' && errno == 0;
}

static void calculate(const char *request, size_t length, char *answer, size_t size)
{
    char operation[16], first[24], second[24], more;
    long long a, b, result = 0;
    bool overflow = false;

    if (strlen(request) != length || sscanf(request, "%15s %23s %23s %c", operation, first, second, &more) != 3 ||
        !number(first, &a) || !number(second, &b)) {
        snprintf(answer, size, "error bad request");
        return;
    }
    if (strcmp(operation, "add") == 0)
        overflow = __builtin_add_overflow(a, b, &result);
    else if (strcmp(operation, "subtract") == 0)
        overflow = __builtin_sub_overflow(a, b, &result);
    else if (strcmp(operation, "multiply") == 0)
        overflow = __builtin_mul_overflow(a, b, &result);
    else if (strcmp(operation, "divide") != 0) {
        snprintf(answer, size, "error no such operation");
        return;
    } else if (b == 0) {
        snprintf(answer, size, "error division by zero");
        return;
    } else if (b == -1)
        overflow = __builtin_sub_overflow(0, a, &result); /* the smallest number has no negative */
    else
        result = a / b;
    if (overflow)
        snprintf(answer, size, "error overflow");
    else
        snprintf(answer, size, "ok %lld", result);
}

/* --- the connections: know nothing about accepting, threads and limits */

static int serve(polysock_t *connection, const polysock_addr *peer, void *stop)
{
    char request[LONGEST + 1], answer[LONGEST + 1];
    ssize_t n;
    (void)peer;
    while ((n = receive_message(connection, request, TIMEOUT_MS)) >= 0) {
        if (strcmp(request, "stop") == 0) {
            must(sem_post(stop));
            return send_message(connection, "ok stopping");
        }
        calculate(request, (size_t)n, answer, sizeof answer);
        int code = send_message(connection, answer);
        if (code < 0)
            return code;
    }
    if (n == POLYSOCK_EMSGSIZE)
        send_message(connection, "error too long"); /* the beginning of the next message is unknown */
    return n == POLYSOCK_EEOF ? 0 : (int)n;
}

static void failed(int code, const polysock_addr *peer, void *stop)
{
    (void)stop;
    const char *what = code == POLYSOCK_EMSGSIZE ? "too long" : polysock_err_name(code);
    printf("%s failed: %s\n", peer ? "a connection" : "the server", what);
}

int main(int argc, char **argv)
{
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_server *server;
    polysock_t *listener;
    polysock_addr address;
    struct timespec until;
    size_t running;
    sem_t stop;

    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    sem_init(&stop, 0, 0);
    options.max_connections = 2;
    options.on_error = failed;
    must(polysock_server_start(&server, listener, serve, &stop, &options)); /* it serves in its own threads from here on */

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    while (sem_timedwait(&stop, &until) != 0 && errno == EINTR)
        ;
    must(polysock_server_stop(server, TIMEOUT_MS, &running)); /* running ones may finish */
    printf("stopped, %zu still run\n", running);
    polysock_server_free(server);
    polysock_free(listener);
}
