/* connect and its error codes:  connect_ex
 *
 * In C every call returns its code: 0, or a negative number with a name, POLYSOCK_ECONNREFUSED and so on. Nothing is
 * thrown, and errno plays no part. */
#include <polysock/polysock.h>
#include <stdio.h>

static void report(const char *what, int code)
{
    if (code == 0)
        printf("%s: ok\n", what);
    else if (code == POLYSOCK_ETIMEDOUT)
        printf("%s: no answer in time\n", what);
    else /* the same on every system; polysock_errno_of gives this system's number */
        printf("%s: %s (os error %d)\n", what, polysock_strerror(code), polysock_errno_of(code));
}

static polysock_t *tcp(void)
{
    polysock_t *s = NULL;
    polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0);
    return s; /* NULL on failure; every call then returns POLYSOCK_EINVAL */
}

int main(void)
{
    polysock_t *listener = tcp(), *s = tcp(), *second = tcp(), *background = tcp();
    polysock_addr there, broadcast;
    int end;

    /* A bound port that does not listen, so that no other program can listen there. */
    polysock_addr_parse(&there, "127.0.0.1:0", 0);
    polysock_bind(listener, &there);
    polysock_getsockname(listener, &there);
    report("nothing listens", polysock_connect(s, &there, 5000));

    polysock_addr_parse(&broadcast, "127.255.255.255:9", 0);
    report("a broadcast address", polysock_connect(background, &broadcast, 5000));

    /* In the background: connect starts it, poll reports its end, and SO_ERROR the result. */
    report("without waiting", polysock_connect(background, &there, 0));
    polysock_pollfd set = {.socket = background, .events = POLYSOCK_POLLOUT};
    if (polysock_poll(&set, 1, 5000) == 1 && polysock_take_error(background, &end) == 0)
        report("how that ended", end);

    polysock_listen(listener, 0); /* room for one connection in its queue */
    report("the same socket, now that a listener is there", polysock_connect(s, &there, 5000));
    report("once more", polysock_connect(s, &there, 5000));
    report("bind to a port in use", polysock_bind(second, &there));
    report("the queue is full", polysock_connect(second, &there, 200));

    polysock_free(listener);
    polysock_free(s);
    polysock_free(second);
    polysock_free(background);
}
