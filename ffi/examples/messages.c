/* Passes a descriptor with a message. The caller that takes it from the control messages closes it. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    polysock_t *a, *b;
    polysock_control *control;
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    char byte = 'x';
    polysock_iovec part = {&byte, 1};
    int mine = STDOUT_FILENO, theirs;

    if (polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM) < 0 || polysock_control_new(&control, POLYSOCK_CONTROL_ROOM) < 0)
        return 1;
    m.iov = &part;
    m.iov_count = 1;
    m.control = control;

    polysock_control_add_fds(control, &mine, 1); /* stays ours: the peer gets a copy */
    if (polysock_sendmsg(a, &m, 0, 1000) < 0 || polysock_recvmsg(b, &m, 0, 1000) < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }
    if (polysock_control_take_fds(control, &theirs, 1) == 1) {
        if (write(theirs, "written through the copy\n", 25) != 25)
            return 1;
        close(theirs);
    }
    polysock_control_free(control); /* closes descriptors that were not taken */
    polysock_free(a);
    polysock_free(b);
    return 0;
}
