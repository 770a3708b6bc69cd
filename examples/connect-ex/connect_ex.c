/* connect and its error codes:  connect_ex
 *
 * In C every call returns its code: 0, or a negative number with a name, POLYSOCK_ECONNREFUSED and so on. Nothing is
 * thrown, and errno plays no part. */
#include <polysock/polysock.h>
#include <stdio.h>

static void tell(const char *what, int code)
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
    return s; /* NULL if there was none to be had; every call then says POLYSOCK_EINVAL */
}

int main(void)
{
    polysock_t *listener = tcp(), *s = tcp(), *second = tcp(), *background = tcp();
    polysock_addr there, broadcast;
    int end;

    /* A port that is taken and does not listen: nobody else can be there. */
    polysock_addr_parse(&there, "127.0.0.1:0", 0);
    polysock_bind(listener, &there);
    polysock_getsockname(listener, &there);
    tell("nobody listens", polysock_connect(s, &there, 5000));

    polysock_addr_parse(&broadcast, "127.255.255.255:9", 0);
    tell("a broadcast address", polysock_connect(background, &broadcast, 5000));

    /* In the background: it begins, poll says when it has ended, and SO_ERROR how. */
    tell("without waiting", polysock_connect(background, &there, 0));
    polysock_pollfd set = {.socket = background, .events = POLYSOCK_POLLOUT};
    if (polysock_poll(&set, 1, 5000) == 1 && polysock_take_error(background, &end) == 0)
        tell("how that ended", end);

    polysock_listen(listener, 0); /* room for one connection in its queue */
    tell("the same socket, now that somebody listens", polysock_connect(s, &there, 5000));
    tell("once more", polysock_connect(s, &there, 5000));
    tell("bind to a port in use", polysock_bind(second, &there));
    tell("the queue is full", polysock_connect(second, &there, 200));

    polysock_free(listener);
    polysock_free(s);
    polysock_free(second);
    polysock_free(background);
}
