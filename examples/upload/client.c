/* Uploads a file:  client HOST PORT FILE */
#define _POSIX_C_SOURCE 200809L /* for progress.h */
#include "checksum.h"
#include "progress.h"

#include <polysock/polysock.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 30000, PATIENCE_MS = 250, PIECE = 1 << 18 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static void upload(polysock_t *s, FILE *file, const char *name, long size)
{
    static char piece[PIECE], text[32], answer[64];
    struct progress progress = progress_begin(name, (double)size);
    uint32_t sum = 1;

    must(polysock_set_sndbuf(s, PIECE)); /* small, so that what counts as sent has nearly arrived */
    must(polysock_send_frame(s, name, strlen(name), NULL, TIMEOUT_MS));
    must(polysock_send_frame(s, text, (size_t)snprintf(text, sizeof text, "%ld", size), NULL, TIMEOUT_MS));
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0; progress_add(&progress, n)) {
        int code;
        while ((code = polysock_send_frame(s, piece, n, NULL, PATIENCE_MS)) == POLYSOCK_ETIMEDOUT)
            progress_timeout(&progress); /* the same call again sends the rest of the message */
        must(code);
        sum = adler32(sum, piece, n);
    }
    progress_end(&progress);

    ssize_t n = polysock_recv_frame(s, answer, sizeof answer - 1, NULL, NULL, TIMEOUT_MS);
    must((int)n);
    snprintf(text, sizeof text, "%ld bytes, %08x", size, sum);
    printf("the server has %s: %s\n", answer, strcmp(answer, text) == 0 ? "it came as it was sent" : "damaged");
}

int main(int argc, char **argv)
{
    polysock_t *s;
    FILE *file = argc == 4 ? fopen(argv[3], "rb") : NULL;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "usage: client HOST PORT FILE\n");
        return 64;
    }
    long size = ftell(file);
    rewind(file);
    const char *slash = strrchr(argv[3], '/');
    must(polysock_create_connection(&s, argv[1], argv[2], TIMEOUT_MS));
    upload(s, file, slash != NULL ? slash + 1 : argv[3], size);
    polysock_free(s);
    fclose(file);
}
