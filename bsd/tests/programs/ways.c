/* What a trace must get right: `ways WHICH` does one thing on a pair of connected sockets. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int pair[2];

static void connect_pair(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&address, length);
    listen(listener, 5);
    getsockname(listener, (struct sockaddr *)&address, &length);
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(pair[0], (struct sockaddr *)&address, length);
    pair[1] = accept(listener, NULL, NULL);
    close(listener);
}

int main(int words, char **arguments) {
    const char *way = words > 1 ? arguments[1] : "";
    char room[64];
    connect_pair();
    if (strcmp(way, "sigpipe") == 0) {
        close(pair[1]);
        write(pair[0], "x", 1);
        struct pollfd entry = {pair[0], 0, 0};
        poll(&entry, 1, 1000); /* until the reset has arrived */
        send(pair[0], "killed here", 11, 0);
        printf("not reached\n");
    } else if (strcmp(way, "dup") == 0) {
        int copy = dup(pair[0]);
        write(pair[0], "one", 3);
        write(copy, "two", 3);
        close(pair[0]);
        dup2(copy, 50);
        close(copy);
        write(50, "three", 5);
        recv(pair[1], room, 11, MSG_WAITALL);
        close(50);
        close(pair[1]);
    } else if (strcmp(way, "fclose") == 0) {
        FILE *stream = fdopen(pair[0], "w");
        fclose(stream);
        int null = open("/dev/null", O_RDWR);
        write(null, "not a socket", 12); /* under the same number */
        close(null);
    } else if (strcmp(way, "unseen") == 0) {
        close_range(pair[1], pair[1], 0);
        syscall(SYS_close, pair[0]); /* not one of the layer's calls */
        connect_pair();
        write(pair[0], "again", 5);
    } else if (strcmp(way, "vfork") == 0) {
        if (vfork() == 0) {
            close(pair[0]);
            close(pair[1]);
            _exit(0);
        }
        wait(NULL);
        write(pair[0], "whole", 5);
        read(pair[1], room, 5);
    } else if (strcmp(way, "unread") == 0) {
        write(pair[0], "unread", 6);
        struct pollfd entry = {pair[1], POLLIN, 0};
        poll(&entry, 1, 1000);
        close(pair[1]);
    } else if (strcmp(way, "shared") == 0) {
        write(pair[0], "unread", 6);
        if (fork() == 0)
            _exit(0);
        wait(NULL);
        close(pair[1]);
    } else if (strcmp(way, "peek") == 0) {
        write(pair[0], "peeked", 6);
        recv(pair[1], room, 4, MSG_PEEK);
        recv(pair[1], room, sizeof room, MSG_DONTWAIT);
        recv(pair[1], room, sizeof room, MSG_DONTWAIT);
    } else if (strcmp(way, "wait") == 0) {
        struct timeval limit = {0, 30000};
        setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        recv(pair[0], room, sizeof room, 0);
        alarm(1);
        recv(pair[1], room, sizeof room, 0); /* until SIGALRM ends the program */
    } else if (strcmp(way, "port") == 0) {
        struct sockaddr_in address;
        socklen_t length = sizeof address;
        getsockname(pair[0], (struct sockaddr *)&address, &length);
        bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, length);
    } else {
        return 2;
    }
    return 0;
}
