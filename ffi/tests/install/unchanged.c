/* A program that knows nothing of polysock: it writes to a connection that its peer has closed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int pair[2];
    signal(SIGPIPE, SIG_DFL); /* whatever the test was started with */
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 2;
    close(pair[1]);
    if (write(pair[0], "x", 1) < 0 && errno == EPIPE)
        puts("EPIPE");
    return 0;
}
