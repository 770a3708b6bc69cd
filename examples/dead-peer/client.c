/* Writes to a peer that has gone, and survives:  client HOST PORT */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static void show(const char *call, ssize_t result)
{
    if (result < 0)
        printf("  %s: %s\n", call, polysock_err_name((int)result));
    else
        printf("  %s: %zd bytes\n", call, result);
}

int main(int argc, char **argv)
{
    polysock_t *s;
    char byte;

    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }

    puts("a peer that closed");
    must(polysock_create_connection(&s, argv[1], argv[2], TIMEOUT_MS));
    must(polysock_sendall(s, "close", 5, NULL, TIMEOUT_MS));
    show("recv", polysock_recv(s, &byte, 1, 0, TIMEOUT_MS)); /* 0: the end of the peer's stream */

    /* Sending is still allowed: the end of the peer's stream says nothing about ours. Success means that the
     * kernel of this host has a copy of the bytes. It says nothing about the peer, whose kernel answers with a
     * reset. */
    show("send", polysock_send(s, "first", 5, 0, TIMEOUT_MS));

    /* The reset takes a moment. It counts as a hang-up, which poll always reports. */
    polysock_pollfd gone = {s, -1, 0, 0, 0};
    must(polysock_poll(&gone, 1, TIMEOUT_MS));
    show("send", polysock_send(s, "second", 6, 0, TIMEOUT_MS)); /* write(2) would end the process here: SIGPIPE */
    polysock_free(s);

    puts("a peer that reset");
    must(polysock_create_connection(&s, argv[1], argv[2], TIMEOUT_MS));
    must(polysock_sendall(s, "reset", 5, NULL, TIMEOUT_MS));
    show("recv", polysock_recv(s, &byte, 1, 0, TIMEOUT_MS)); /* a plain socket would report it only once */
    show("send", polysock_send(s, "third", 5, 0, TIMEOUT_MS));
    polysock_free(s);

    puts("still running: no SIGPIPE");
}
