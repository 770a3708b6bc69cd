/* Plain C programs with a fault each: `faults NAME`. The line in which `python -m polysock show` shows it ends with the name. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockaddr_in address;
static int listener, client, server;
static char room[4000000];

static void connect_both(void)
{
    socklen_t size = sizeof address;

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&address, sizeof address);
    listen(listener, 5);
    getsockname(listener, (struct sockaddr *)&address, &size);
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, (struct sockaddr *)&address, sizeof address);
    server = accept(listener, NULL, NULL);
}

static void close_all(void)
{
    close(client);
    close(server);
    close(listener);
}

static void connect_where_nothing_listens(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof to;
    int bound = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);

    bind(bound, (struct sockaddr *)&to, size);
    getsockname(bound, (struct sockaddr *)&to, &size);
    connect(other, (struct sockaddr *)&to, size); /* refused */
    close(other);
    close(bound);
}

static void send_after_the_end(void)
{
    struct pollfd answer = {.fd = client, .events = POLLIN};

    close(server);
    recv(client, room, sizeof room, 0);
    send(client, "lost", 4, 0);
    while (poll(&answer, 1, 1000) == 1 && !(answer.revents & POLLERR) && !(answer.revents & POLLHUP))
        ; /* until the reset has come */
    send(client, "too late", 8, 0); /* write-after-end */
}

static void *answer_nothing(void *unused)
{
    recv(server, room, 100, 0);
    close(server);
    return unused;
}

static void wait_for_a_greeting(void)
{
    struct timeval limit = {.tv_sec = 2};
    pthread_t thread;
    char greeting[100];

    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    pthread_create(&thread, NULL, answer_nothing, NULL);
    recv(client, greeting, sizeof greeting, 0); /* both-wait */
    close(client);
    pthread_join(thread, NULL);
    close(listener);
}

int main(int argc, char **argv)
{
    const char *fault = argc > 1 ? argv[1] : "";
    int pair[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (strcmp(fault, "after-shutdown") == 0) {
        shutdown(pair[0], SHUT_WR);
        write(pair[0], "postscript", 10); /* after-shutdown */
    } else if (strcmp(fault, "partial-send") == 0) {
        fcntl(pair[0], F_SETFL, O_NONBLOCK);
        send(pair[0], room, sizeof room, 0); /* partial-send */
    } else if (strcmp(fault, "truncated-datagram") == 0) {
        int datagrams[2];
        socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams);
        write(datagrams[0], "too long", 8);
        read(datagrams[1], room, 3); /* truncated-datagram */
        close(datagrams[0]);
        close(datagrams[1]);
    } else if (strcmp(fault, "refused") == 0) {
        connect_where_nothing_listens();
    }
    close(pair[0]);
    close(pair[1]);

    connect_both();
    if (strcmp(fault, "write-after-end") == 0) {
        send_after_the_end();
    } else if (strcmp(fault, "both-wait") == 0) {
        wait_for_a_greeting();
    } else if (strcmp(fault, "reset-by-unread") == 0) {
        send(client, "more than it reads", 18, 0);
        recv(server, room, 4, 0);
        close(server); /* reset-by-unread */
        recv(client, room, sizeof room, 0);
        close(client);
        close(listener);
    } else if (strcmp(fault, "address-in-use") == 0) {
        int other = socket(AF_INET, SOCK_STREAM, 0);
        bind(other, (struct sockaddr *)&address, sizeof address); /* address-in-use */
        close(other);
        close_all();
    } else if (strcmp(fault, "leaked") == 0) {
        int left = socket(AF_INET, SOCK_STREAM, 0); /* leaked */
        close_all();
        return left < 0;
    } else if (strcmp(fault, "none") == 0) {
        write(client, "hello", 5);
        read(server, room, sizeof room);
        fclose(fdopen(client, "r")); /* a close that the layer does not see */
        close(server);
        close(listener);
    } else {
        close_all();
    }
}
