/* Echo over UDP, the client:  client HOST PORT */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000 }; /* a datagram may get lost; then no answer ever comes */

static polysock_t *s;
static polysock_addr server;

static void must(ssize_t code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static void send_text(const char *data)
{
    must(polysock_sendto(s, data, strlen(data), 0, &server, TIMEOUT_MS));
}

/* Receives one datagram into a buffer of 16 bytes. */
static void receive(void)
{
    char data[16];
    polysock_addr from;
    int flags;
    ssize_t n = polysock_recvfrom(s, data, sizeof data, 0, &from, &flags, TIMEOUT_MS);

    must(n);
    if (!polysock_addr_equal(&from, &server)) /* any host may send to a UDP socket */
        fprintf(stderr, "not from the server\n");
    printf("received %zd bytes \"%.*s\"%s\n", n, (int)n, data,
           flags & POLYSOCK_MSG_TRUNC ? ", and the rest of it is lost" : "");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }
    must(polysock_getaddrinfo(argv[1], argv[2], POLYSOCK_AF_UNSPEC, POLYSOCK_SOCK_DGRAM, 0, &server, 1));
    must(polysock_socket(&s, polysock_addr_family(&server), POLYSOCK_SOCK_DGRAM, 0));

    send_text("one"); /* two datagrams stay two, even if both have arrived before we receive: TCP would give "onetwo" */
    send_text("two");
    receive();
    receive();
    send_text(""); /* a datagram may be empty; receiving 0 bytes is not the end of anything */
    receive();
    send_text("longer than sixteen bytes");
    receive();
    send_text("bye");
    receive();
    polysock_free(s);
}
