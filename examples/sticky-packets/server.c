/* Sticky packets, the server:  server [PORT [CLIENTS]]
 *
 * First shows that TCP keeps no message boundaries, then receives a file in messages that have boundaries. */
#include <polysock/polysock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_FOR_CLIENT_MS = 60000, TIMEOUT_MS = 5000, NAME_LIMIT = 255, FILE_LIMIT = 1 << 20 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Receives a message: its length in 4 bytes, big-endian, then that many bytes. Returns the length. */
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

static int send_message(polysock_t *s, const void *data, size_t n)
{
    unsigned char header[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n};
    int code = polysock_sendall(s, header, 4, NULL, TIMEOUT_MS);
    return code < 0 ? code : polysock_sendall(s, data, n, NULL, TIMEOUT_MS);
}

static uint32_t adler32(const unsigned char *data, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static int serve(polysock_t *s, int client)
{
    static unsigned char file[FILE_LIMIT];
    char text[11], name[NAME_LIMIT], sum[9];
    size_t got = 0;
    int receives = 0;

    /* The client sent "one", "two" and "three". Where do they end? A receive returns what is there: a part of one, or all
     * three. That they are 11 bytes together is all we know. */
    while (got < sizeof text) {
        ssize_t n = polysock_recv(s, text + got, sizeof text - got, 0, TIMEOUT_MS);
        if (n <= 0)
            return n < 0 ? (int)n : POLYSOCK_EEOF;
        got += (size_t)n;
        receives++;
    }
    printf("client %d: \"%.11s\" in %d receives\n", client, text, receives);

    ssize_t name_size = recv_message(s, name, sizeof name);
    if (name_size < 0)
        return (int)name_size;
    ssize_t size = recv_message(s, file, sizeof file);
    if (size < 0)
        return (int)size;
    snprintf(sum, sizeof sum, "%08x", adler32(file, (size_t)size));
    printf("client %d: %.*s, %zd bytes, checksum %s\n", client, (int)name_size, name, size, sum);
    return send_message(s, sum, 8);
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
