/* A library whose constructor and destructor use sockets: those of the first come before the layer's, or after it. */
#define _GNU_SOURCE
#include "sockets.h"

static int pair[2];

static void talk(const char *when) {
    char room[16] = "";
    ssize_t sent = write(pair[0], "around", 6);
    ssize_t received = read(pair[1], room, sizeof room);
    fprintf(stderr, "%s: %zd %zd\n", when, sent, received);
}

__attribute__((constructor)) static void begin(void) {
    pair_over_tcp(pair);
    talk("constructor");
}

__attribute__((destructor)) static void end(void) {
    talk("destructor");
    close(pair[0]);
    close(pair[1]);
}

int from_around(void) {
    talk("called");
    return 0;
}
