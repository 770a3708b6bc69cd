/* A panic inside does not leave the library. Only for a library built with the feature `panic-test`. */
#include "harness.h"
#include <sys/resource.h>

int polysock_test_panic(void);

TEST(a_panic_becomes_a_code)
{
    polysock_t *client, *server;
    char byte = 0;
    int err = dup(STDERR_FILENO);
    make_pair(&client, &server);
    if (!CHECK(err >= 0 && freopen("/dev/null", "w", stderr) != NULL)) /* the report is not for the reader of the tests */
        return;
    for (int i = 0; i < 3; i++)
        CHECK_IS(polysock_test_panic(), POLYSOCK_EPANIC);
    fflush(stderr);
    dup2(err, STDERR_FILENO);
    close(err);
    CHECK_TEXT(polysock_last_detail(), "test_panic: bug in polysock: on purpose");
    CHECK_IS(polysock_sendall(client, "x", 1, NULL, 10000), 0);
    CHECK_IS(polysock_recv(server, &byte, 1, 0, 10000), 1);
    polysock_free(client);
    polysock_free(server);
}

int main(void)
{
    RUN(a_panic_becomes_a_code);
    return report();
}
