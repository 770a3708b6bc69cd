/* Receives files:  server [PORT [CLIENTS [FOLDER]]]
 *
 * Without a folder, they are only counted. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include "checksum.h"

#include <polysock/polysock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WAIT_FOR_CLIENT_MS = 60000, TIMEOUT_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Returns 0 or a negative code. */
static int receive(polysock_t *s, int client, FILE *file)
{
    static char piece[1 << 18], name[100], text[32];
    const struct timespec pause = {2, 0};
    uint32_t sum = 1;
    bool paused = false;
    ssize_t n;

    if ((n = polysock_recv_frame(s, name, sizeof name - 1, NULL, NULL, TIMEOUT_MS)) < 0)
        return (int)n;
    if ((n = polysock_recv_frame(s, text, sizeof text - 1, NULL, NULL, TIMEOUT_MS)) < 0)
        return (int)n;
    long size = atol(text), received = 0;
    for (; received < size; received += n) {
        if ((n = polysock_recv_frame(s, piece, sizeof piece, NULL, NULL, TIMEOUT_MS)) < 0)
            return (int)n;
        fwrite(piece, 1, (size_t)n, file);
        sum = adler32(sum, piece, (size_t)n);
        if (!paused && received > size / 4) {
            nanosleep(&pause, NULL); /* as when the disk is busy: the client's send times out, and goes on later */
            paused = true;
        }
    }
    int length = snprintf(text, sizeof text, "%ld bytes, %08x", received, sum);
    printf("client %d: %s, %s\n", client, name, text);
    return polysock_send_frame(s, text, (size_t)length, NULL, TIMEOUT_MS);
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 1;
    char text[POLYSOCK_ADDR_TEXT_SIZE], path[4096] = "/dev/null";
    polysock_t *listener, *s;
    polysock_addr address;

    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_set_rcvbuf(listener, 1 << 16)); /* small, so that the pause is soon felt at the other end */
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    for (int i = 1; i <= clients; i++) {
        must(polysock_accept(listener, &s, NULL, WAIT_FOR_CLIENT_MS));
        if (argc > 3) /* a name of our own: the client's could be that of any file */
            snprintf(path, sizeof path, "%s/upload-%d", argv[3], i);
        FILE *file = fopen(path, "wb");
        if (file == NULL) {
            perror(path);
            return 1;
        }
        int code = receive(s, i, file);
        if (code < 0)
            printf("client %d: %s\n", i, polysock_strerror(code));
        polysock_free(s);
        fclose(file);
    }
    polysock_free(listener);
}
