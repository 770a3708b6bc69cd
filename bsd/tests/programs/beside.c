/* What other preloaded libraries change: `beside WAY`. */
#define _GNU_SOURCE
#include "sockets.h"
#include <fcntl.h>
#include <poll.h>
#include <time.h>

static int pair[2];

/* As many calls as another library counts. */
static void wrapped(void) {
    char room[16];
    pair_over_tcp(pair);
    for (int round = 0; round < 100; round++) {
        send(pair[0], "wrapped", 7, 0);
        recv(pair[1], room, sizeof room, 0);
    }
    SHOW(close(pair[0]));
    SHOW(close(pair[1]));
}

static void times(void) {
    time_t now = time(NULL);
    struct tm parts;
    struct pollfd entry;
    pair_over_tcp(pair);
    gmtime_r(&now, &parts);
    printf("year %d\n", parts.tm_year + 1900);
    entry = (struct pollfd){pair[0], POLLIN, 0};
    SHOW(poll(&entry, 1, 20));
    SHOW(close(pair[0]));
    SHOW(close(pair[1]));
}

static const struct way ways[] = {
    {"wrapped", wrapped},
    {"times", times},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}
