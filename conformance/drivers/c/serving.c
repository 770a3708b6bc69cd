/* The callback server, which sends back what it receives, on a loopback port. */
#include "driver.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct serving {
    char *name;
    polysock_t *listener;
    polysock_server *server;
    struct serving *next;
};

/* Never held during a call of the library. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct serving *servers;

static int echo(polysock_t *connection, const polysock_addr *peer, void *user)
{
    unsigned char bytes[4096];
    ssize_t n;
    (void)peer;
    (void)user;
    while ((n = polysock_recv(connection, bytes, sizeof bytes, 0, POLYSOCK_DEFAULT)) > 0) {
        int code = polysock_sendall(connection, bytes, (size_t)n, NULL, POLYSOCK_DEFAULT);
        if (code < 0)
            return code;
    }
    return (int)n;
}

static polysock_server *find_server(struct request *r)
{
    polysock_server *found = NULL;
    pthread_mutex_lock(&lock);
    for (struct serving *s = servers; s != NULL && found == NULL; s = s->next)
        if (strcmp(s->name, r->args[1]) == 0)
            found = s->server;
    pthread_mutex_unlock(&lock);
    if (found == NULL)
        malformed(r, "no such server");
    return found;
}

int do_serve(struct request *r)
{
    polysock_t *listener;
    polysock_server *server;
    polysock_addr a;
    int code = polysock_create_server(&listener, "127.0.0.1", "0", 128);
    if (code < 0)
        return error_of(r, code);
    if ((code = polysock_getsockname(listener, &a)) < 0 ||
        (code = polysock_server_start(&server, listener, echo, NULL, &r->serving)) < 0) {
        polysock_free(listener);
        return error_of(r, code);
    }
    struct serving *s = allocate(sizeof *s);
    *s = (struct serving){.name = strdup(r->args[1]), .listener = listener, .server = server};
    pthread_mutex_lock(&lock);
    s->next = servers;
    servers = s;
    pthread_mutex_unlock(&lock);
    return answer(r, "ok port=%u", polysock_addr_port(&a));
}

int do_serving(struct request *r)
{
    polysock_server *server = find_server(r);
    polysock_server_stats stats = {.size = sizeof stats};
    if (server == NULL)
        return 0;
    int code = polysock_server_get_stats(server, &stats);
    if (code < 0)
        return error_of(r, code);
    return answer(r, "ok connections=%zd handled=%llu resets=%llu idle=%llu overdue=%llu", polysock_server_connections(server),
                  (unsigned long long)stats.handled, (unsigned long long)stats.resets, (unsigned long long)stats.idle_timeouts,
                  (unsigned long long)stats.handler_timeouts);
}

int do_stop(struct request *r)
{
    polysock_server *server = find_server(r);
    size_t running = 0;
    if (server == NULL)
        return 0;
    int code = polysock_server_stop(server, r->timeout_ms, &running);
    return code < 0 ? error_of(r, code) : answer(r, "ok running=%zu", running);
}

void stop_servers(void)
{
    while (servers != NULL) {
        struct serving *s = servers;
        servers = s->next;
        polysock_server_free(s->server);
        polysock_free(s->listener);
        free(s->name);
        free(s);
    }
}
