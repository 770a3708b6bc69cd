// What a C program pays for the system calls of some rows: the least that any library can cost. One thread.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int send_and_receive(int left, int right, int count)
{
    char data[64] = {0};
    for (int i = 0; i < count; i++) {
        if (send(left, data, sizeof data, MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof data)
            return -1;
        if (recv(right, data, sizeof data, MSG_DONTWAIT) != sizeof data)
            return -1;
    }
    return 0;
}

int connect_and_accept(int listener, int count)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return -1;
    for (int i = 0; i < count; i++) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (client < 0)
            return -1;
        int server = -1;
        if (connect(client, (struct sockaddr *)&address, length) == 0)
            server = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);
        close(client);
        if (server < 0)
            return -1;
        close(server);
    }
    return 0;
}
