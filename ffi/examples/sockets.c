/* The life of a handle: made, duplicated, detached, adopted, closed, freed. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    polysock_t *a, *b, *copy;
    char byte;

    if (polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM) < 0 || polysock_dup(a, &copy) < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }
    printf("descriptors %d, %d and %d\n", polysock_fileno(a), polysock_fileno(b), polysock_fileno(copy));

    polysock_close(a); /* the copy keeps the connection */
    printf("closed: %d, and a call says: ", polysock_is_closed(a));
    printf("%s\n", polysock_err_name(polysock_send(a, "x", 1, 0, 0)));
    polysock_sendall(copy, "x", 1, NULL, 1000);
    printf("received %zd byte\n", polysock_recv(b, &byte, 1, 0, 1000));

    int fd = polysock_detach(copy); /* ours from now on */
    close(fd);
    printf("then the end: %zd\n", polysock_recv(b, &byte, 1, 0, 1000));
    polysock_free(a);
    polysock_free(b);
    polysock_free(copy);
    return 0;
}
