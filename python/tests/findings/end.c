/* One end of a connection in C, from a page of docs/findings/:  end connect PORT | end accept DESCRIPTOR
 *
 * Compiled with the page's code, which has a function `client` or `server`, named by END. */
#include <polysock/polysock.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include CODE

enum { LIMIT_MS = 10000 };

int main(int argc, char **argv)
{
    polysock_t *s, *listener;
    int result;

    if (argc != 3)
        return 64;
    if (strcmp(argv[1], "connect") == 0) {
        result = polysock_create_connection(&s, "127.0.0.1", argv[2], LIMIT_MS);
    } else {
        result = polysock_from_fd(&listener, atoi(argv[2]));
        if (result == 0)
            result = polysock_accept(listener, &s, NULL, LIMIT_MS);
        if (result == 0)
            polysock_free(listener);
    }
    if (result == 0) {
        result = END(s);
        polysock_free(s);
    }
    if (result < 0)
        fprintf(stderr, "%s\n", polysock_last_detail());
    return result < 0;
}
