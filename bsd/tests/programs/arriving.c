/* A socket that comes in a message gets a number which was another file's, closed by the C library unseen: `arriving CALL`. */
#include "sockets.h"

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr first;
};

static struct msghdr message_of(struct iovec *part, union control *control) {
    return (struct msghdr){
        .msg_iov = part, .msg_iovlen = 1, .msg_control = control->bytes, .msg_controllen = sizeof control->bytes};
}

static void give(int over, int fd) {
    struct iovec part = {"x", 1};
    union control control = {0};
    struct msghdr message = message_of(&part, &control);
    control.first.cmsg_level = SOL_SOCKET;
    control.first.cmsg_type = SCM_RIGHTS;
    control.first.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.first), &fd, sizeof fd);
    if (sendmsg(over, &message, 0) != 1)
        perror("sendmsg");
}

static int take(const char *call, int over) {
    char byte;
    struct iovec part = {&byte, 1};
    union control control = {0};
    struct mmsghdr message = {message_of(&part, &control), 0};
    int fd = -1;
    if (strcmp(call, "recvmsg") == 0)
        recvmsg(over, &message.msg_hdr, 0);
    else
        recvmmsg(over, &message, 1, 0, NULL);
    memcpy(&fd, CMSG_DATA(&control.first), sizeof fd);
    return fd;
}

int main(int words, char **arguments) {
    int over[2], pair[2];
    char text[16];
    socketpair(AF_UNIX, SOCK_STREAM, 0, over);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    /* pclose(3) closes it inside the C library. */
    FILE *program = popen("echo hello", "r");
    int number = fileno(program);
    read(number, text, sizeof text);
    pclose(program);

    give(over[0], pair[0]);
    int fd = take(words > 1 ? arguments[1] : "", over[1]);
    close(pair[1]);
    printf("the same number: %d\n", fd == number);
    fflush(stdout);
    show("send", send(fd, "x", 1, 0));
    show("write", write(fd, "x", 1));
    return 0;
}
