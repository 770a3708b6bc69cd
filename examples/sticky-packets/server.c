/* Sticky packets, the server:  server [PORT [CLIENTS]]
 *
 * Receives three words without boundaries, a message with a length by hand, and a file in messages of the library. */
#include <polysock/polysock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_FOR_CLIENT_MS = 60000, TIMEOUT_MS = 5000, NAME_LIMIT = 255, LINE_LIMIT = 1000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Receives a message by hand: its length in 4 bytes, big-endian, then that many bytes. Returns the length. */
static ssize_t recv_message(polysock_t *s, void *room, size_t limit)
{
    unsigned char header[4];
    int code = polysock_recv_exact(s, header, 4, NULL, TIMEOUT_MS);
    if (code < 0)
        return code;
    size_t n = (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
    if (n > limit) /* anyone may claim to send four gigabytes */
        return POLYSOCK_EMSGSIZE;
    code = polysock_recv_exact(s, room, n, NULL, TIMEOUT_MS);
    return code < 0 ? code : (ssize_t)n;
}

/* The checksum of what had the checksum `sum` and of the bytes that follow it; that of nothing is 1. */
static uint32_t adler32(uint32_t sum, const unsigned char *data, size_t n)
{
    uint32_t a = sum & 0xffff, b = sum >> 16;
    for (size_t i = 0; i < n; i++) {
        a = (a + data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static int serve(polysock_t *s, int client)
{
    const polysock_framing framing = {.limit = LINE_LIMIT}; /* the rest is the default: a length in 4 bytes, big-endian */
    unsigned char line[LINE_LIMIT];
    char text[11], name[NAME_LIMIT], sum[9];
    size_t got = 0, size = 0;
    uint32_t checksum = 1;
    int receives = 0, lines = 0;
    ssize_t n;

    /* 1. Nothing. The client sent "one", "two" and "three". Where do they end? A receive returns what is there: a part of
     * one, or all three. That they are 11 bytes together is all we know. */
    while (got < sizeof text) {
        n = polysock_recv(s, text + got, sizeof text - got, 0, TIMEOUT_MS);
        if (n <= 0)
            return n < 0 ? (int)n : POLYSOCK_EEOF;
        got += (size_t)n;
        receives++;
    }
    printf("client %d: \"%.11s\" in %d receives\n", client, text, receives);

    /* 2. A length before the message, by hand: two calls for each message, and a limit that must not be forgotten. */
    n = recv_message(s, name, sizeof name);
    if (n < 0)
        return (int)n;
    printf("client %d: %.*s, by hand\n", client, (int)n, name);

    /* 3. The library's messages: the same bytes on the wire. One receive brings as many as have arrived. */
    while ((n = polysock_recv_frame(s, line, sizeof line, NULL, &framing, TIMEOUT_MS)) > 0) {
        checksum = adler32(checksum, line, (size_t)n);
        size += (size_t)n;
        lines++;
    }
    if (n < 0) /* an empty message ends the file */
        return (int)n;
    snprintf(sum, sizeof sum, "%08x", checksum);
    printf("client %d: %zu bytes in %d messages, checksum %s\n", client, size, lines, sum);
    return polysock_send_frame(s, sum, 8, &framing, TIMEOUT_MS);
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 1;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_t *listener, *s;
    polysock_addr address;

    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    for (int i = 1; i <= clients; i++) {
        must(polysock_accept(listener, &s, NULL, WAIT_FOR_CLIENT_MS));
        int code = serve(s, i);
        if (code < 0)
            printf("client %d: %s\n", i, polysock_strerror(code));
        polysock_free(s);
    }
    polysock_free(listener);
}
