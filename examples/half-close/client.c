/* Half close, the client:  client HOST PORT
 *
 * Sends its standard input and prints the answers, both as they come: one loop waits for whichever is next. At the end of
 * the input it shuts down the sending side, and reads on until the server is done. */
#include <polysock/polysock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, TIMEOUT_MS = 60000 };

static void must(ssize_t code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

int main(int argc, char **argv)
{
    char out[4096], in[4096];
    size_t left = 0;     /* bytes of `out` that are not sent yet */
    bool typing = true;  /* until the end of the input */
    ssize_t n = 1;       /* of the last receive; 0 is the end of the server's stream */
    polysock_t *s;

    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }
    must(polysock_create_connection(&s, argv[1], argv[2], CONNECT_MS));

    while (n > 0) {
        /* Waits for input only when all previous input is sent, and for room only when there is something to send. */
        polysock_pollfd set[] = {
            {.socket = s, .events = (short)(POLYSOCK_POLLIN | (left > 0 ? POLYSOCK_POLLOUT : 0))},
            {.fd = typing && left == 0 ? STDIN_FILENO : -1, .events = POLYSOCK_POLLIN}, /* -1 is ignored */
        };
        int ready = polysock_poll(set, 2, TIMEOUT_MS);
        must(ready);
        if (ready == 0) {
            fprintf(stderr, "nothing happens\n");
            return 1;
        }
        if (set[1].revents != 0) {
            ssize_t typed = read(STDIN_FILENO, out, sizeof out);
            left = typed > 0 ? (size_t)typed : 0;
            if (typed <= 0) {
                typing = false;
                must(polysock_shutdown(s, POLYSOCK_SHUT_WR)); /* "that was all"; we still receive */
            }
        }
        if (set[0].revents & POLYSOCK_POLLOUT) {
            ssize_t sent = polysock_send(s, out, left, 0, 0); /* as much as there is room for */
            must(sent);
            left -= (size_t)sent;
            memmove(out, out + sent, left);
        }
        if (set[0].revents & ~POLYSOCK_POLLOUT) { /* data, the end of the stream, or an error: recv says which */
            n = polysock_recv(s, in, sizeof in, 0, 0);
            must(n);
            fwrite(in, 1, (size_t)n, stdout);
            fflush(stdout);
        }
    }
    printf("the server has ended its stream\n");
    polysock_free(s);
}
