/* Sticky packets, the client:  client HOST PORT FILE */
#include <polysock/polysock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, FILE_LIMIT = 1 << 20, LINES = 10000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Sends a message by hand: its length in 4 bytes, big-endian, then its bytes. */
static void send_message(polysock_t *s, const void *data, size_t n)
{
    unsigned char header[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n};
    must(polysock_sendall(s, header, 4, NULL, TIMEOUT_MS));
    must(polysock_sendall(s, data, n, NULL, TIMEOUT_MS));
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

int main(int argc, char **argv)
{
    static unsigned char file[FILE_LIMIT];
    static polysock_frame lines[LINES + 1];
    char ours[9], theirs[9] = "";
    polysock_t *s;

    FILE *input = argc == 4 ? fopen(argv[3], "rb") : NULL;
    if (input == NULL) {
        fprintf(stderr, "usage: client HOST PORT FILE\n");
        return 64;
    }
    size_t size = fread(file, 1, sizeof file, input);
    fclose(input);
    must(polysock_create_connection(&s, argv[1], argv[2], TIMEOUT_MS));

    /* 1. Three sends without boundaries between them: the server may get them in one receive, or in four. */
    must(polysock_sendall(s, "one", 3, NULL, TIMEOUT_MS));
    must(polysock_sendall(s, "two", 3, NULL, TIMEOUT_MS));
    must(polysock_sendall(s, "three", 5, NULL, TIMEOUT_MS));
    printf("sent \"one\", \"two\" and \"three\"\n");

    const char *slash = strrchr(argv[3], '/'), *name = slash != NULL ? slash + 1 : argv[3];
    /* 2. A length before the message, by hand. */
    send_message(s, name, strlen(name));
    printf("sent %s, by hand\n", name);

    /* 3. The library's messages: all lines with one call, and an empty message as the end of the file. */
    size_t count = 0;
    for (size_t start = 0, end; start < size && count < LINES; start = end) {
        const unsigned char *newline = memchr(file + start, '\n', size - start);
        end = newline != NULL ? (size_t)(newline - file) + 1 : size;
        lines[count++] = (polysock_frame){file + start, end - start};
    }
    must(polysock_send_frames(s, lines, count + 1, NULL, NULL, TIMEOUT_MS));
    printf("sent %zu bytes in %zu messages\n", size, count);

    snprintf(ours, sizeof ours, "%08x", adler32(file, size));
    must((int)polysock_recv_frame(s, theirs, sizeof theirs - 1, NULL, NULL, TIMEOUT_MS));
    printf("checksums %s and %s: %s\n", ours, theirs, strcmp(ours, theirs) == 0 ? "it came as it was sent" : "damaged");
    polysock_free(s);
}
