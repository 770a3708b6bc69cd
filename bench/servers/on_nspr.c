/* A server on PR_Poll of the Netscape Portable Runtime. */

#include "serving.h"
#include <nspr.h>

typedef struct {
    bytes unfinished, unsent;
} connection;

/* What PR_Poll waits for; the first entry is the listener. A connection has the same place in both. */
static PRPollDesc *polled;
static connection *connections;
static PRIntn count, room;

static void must_nspr(const char *what, int succeeded)
{
    if (!succeeded) {
        fprintf(stderr, "%s: error %d\n", what, (int)PR_GetError());
        exit(1);
    }
}

static void without_waiting(PRFileDesc *socket)
{
    PRSocketOptionData option = {.option = PR_SockOpt_Nonblocking, .value.non_blocking = PR_TRUE};
    must_nspr("PR_SetSocketOption", PR_SetSocketOption(socket, &option) == PR_SUCCESS);
}

static void add(PRFileDesc *socket)
{
    if (count == room) {
        room = 2 * room + 16;
        polled = realloc(polled, (size_t)room * sizeof *polled);
        connections = realloc(connections, (size_t)room * sizeof *connections);
        if (polled == NULL || connections == NULL)
            abort();
    }
    polled[count] = (PRPollDesc){.fd = socket, .in_flags = PR_POLL_READ};
    memset(&connections[count++], 0, sizeof *connections);
}

/* The last one takes the place of one that ends. */
static void finish(PRIntn i)
{
    PR_Close(polled[i].fd);
    bytes_free(&connections[i].unfinished);
    bytes_free(&connections[i].unsent);
    polled[i] = polled[--count];
    connections[i] = connections[count];
}

/* Accepts all that wait: each PR_Poll costs as much as there are connections. */
static void accept_connections(PRFileDesc *listener)
{
    PRSocketOptionData option = {.option = PR_SockOpt_NoDelay, .value.no_delay = PR_TRUE};
    PRFileDesc *socket;
    while ((socket = PR_Accept(listener, NULL, PR_INTERVAL_NO_WAIT)) != NULL) {
        without_waiting(socket);
        PR_SetSocketOption(socket, &option);
        add(socket);
    }
}

/* Sends what there is room for; returns how much, or -1. */
static PRInt32 send_some(PRFileDesc *socket, const char *data, size_t n)
{
    PRInt32 sent = PR_Send(socket, data, (PRInt32)n, 0, PR_INTERVAL_NO_WAIT);
    return sent < 0 && PR_GetError() == PR_WOULD_BLOCK_ERROR ? 0 : sent;
}

/* Returns 0 when the connection has ended. */
static int receive(PRIntn i)
{
    static char buffer[RECEIVE];
    connection *c = &connections[i];
    size_t length;
    PRInt32 n = PR_Recv(polled[i].fd, buffer, sizeof buffer, 0, PR_INTERVAL_NO_WAIT);
    if (n <= 0)
        return n < 0 && PR_GetError() == PR_WOULD_BLOCK_ERROR;
    const char *reply = answer(&c->unfinished, buffer, (size_t)n, &length);
    PRInt32 sent = length > 0 ? send_some(polled[i].fd, reply, length) : 0;
    if (sent >= 0 && (size_t)sent < length) {
        bytes_add(&c->unsent, reply + sent, length - (size_t)sent);
        polled[i].in_flags = PR_POLL_WRITE; /* and receive no more until it is sent */
    }
    return sent >= 0;
}

static int send_rest(PRIntn i)
{
    bytes *unsent = &connections[i].unsent;
    PRInt32 sent = send_some(polled[i].fd, unsent->data, unsent->length);
    if (sent < 0)
        return 0;
    unsent->length -= (size_t)sent;
    memmove(unsent->data, unsent->data + sent, unsent->length);
    if (unsent->length == 0)
        polled[i].in_flags = PR_POLL_READ;
    return 1;
}

int main(int argc, char **argv)
{
    PRNetAddr address;
    serve_as(argc, argv);
    PRFileDesc *listener = PR_OpenTCPSocket(PR_AF_INET);
    must_nspr("PR_OpenTCPSocket", listener != NULL);
    must_nspr("PR_InitializeNetAddr", PR_InitializeNetAddr(PR_IpAddrLoopback, 0, &address) == PR_SUCCESS);
    must_nspr("PR_Bind", PR_Bind(listener, &address) == PR_SUCCESS);
    must_nspr("PR_Listen", PR_Listen(listener, BACKLOG) == PR_SUCCESS);
    must_nspr("PR_GetSockName", PR_GetSockName(listener, &address) == PR_SUCCESS);
    print_port(PR_ntohs(address.inet.port));
    without_waiting(listener);
    add(listener);
    for (;;) {
        PRInt32 ready = PR_Poll(polled, count, PR_INTERVAL_NO_TIMEOUT);
        must_nspr("PR_Poll", ready >= 0);
        /* From the last: one that takes the place of another has been looked at. */
        for (PRIntn i = count - 1; i > 0 && ready > 0; i--) {
            if (polled[i].out_flags == 0)
                continue;
            ready--;
            int goes_on = connections[i].unsent.length > 0 ? send_rest(i) : receive(i);
            if (!goes_on)
                finish(i);
        }
        if (polled[0].out_flags != 0)
            accept_connections(listener);
    }
}
