/* An echo server and its client, as tutorials have them: `echo COUNT` sends COUNT messages. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int client(struct sockaddr_in *address, int count) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char room[100];
    if (connect(fd, (struct sockaddr *)address, sizeof *address) < 0)
        return 1;
    for (int number = 0; number < count; number++) {
        if (write(fd, "hello", 5) != 5 || read(fd, room, sizeof room) != 5)
            return 1;
    }
    close(fd);
    return 0;
}

int main(int words, char **arguments) {
    int count = words > 1 ? atoi(arguments[1]) : 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), status;
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0)
        return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    if (fork() == 0)
        return client(&address, count);
    int connection = accept(listener, NULL, NULL);
    char room[100];
    ssize_t received;
    while ((received = recv(connection, room, sizeof room, 0)) > 0)
        send(connection, room, received, 0);
    close(connection);
    close(listener);
    wait(&status);
    printf("done %d\n", status);
    return 0;
}
