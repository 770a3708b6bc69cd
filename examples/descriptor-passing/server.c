/* A parent accepts connections, a child serves them: descriptors over a Unix socket:  server [PORT [CLIENTS]] */
#define _POSIX_C_SOURCE 200809L /* fork */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_FOR_CLIENT_MS = 60000, TIMEOUT_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static void print_line(const char *text)
{
    puts(text);
    fflush(stdout); /* two processes take turns writing to it */
}

/* The child: takes one descriptor after another from the channel, until the parent closes its end. */
static void work(polysock_t *channel)
{
    static const char greeting[] = "hello from the worker";
    polysock_control *control;
    polysock_t *s;
    ssize_t n;
    char byte;
    int fd;

    must(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM));
    polysock_iovec part = {&byte, 1}; /* descriptors are sent with data, at least one byte */
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    m.iov = &part, m.iov_count = 1, m.control = control;
    while ((n = polysock_recvmsg(channel, &m, 0, POLYSOCK_INFINITE)) > 0) {
        if (polysock_control_take_fds(control, &fd, 1) != 1)
            continue;
        must(polysock_from_fd(&s, fd)); /* the handle owns it now and closes it */
        print_line("worker: greets a client");
        if (polysock_sendall(s, greeting, sizeof greeting - 1, NULL, TIMEOUT_MS) < 0)
            print_line(polysock_last_detail());
        polysock_free(s);
    }
    must((int)n);
    polysock_control_free(control);
}

static void pass_on(polysock_t *channel, polysock_t *s)
{
    polysock_control *control;
    int fd = polysock_fileno(s);
    must(polysock_control_new(&control, POLYSOCK_CONTROL_ROOM));
    must(polysock_control_add_fds(control, &fd, 1));
    polysock_iovec part = {"x", 1};
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    m.iov = &part, m.iov_count = 1, m.control = control;
    must((int)polysock_sendmsg(channel, &m, 0, TIMEOUT_MS));
    polysock_control_free(control);
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 1, status = 1;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_t *listener, *s, *channel, *worker_end;
    polysock_addr address;

    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    must(polysock_socketpair(&channel, &worker_end, POLYSOCK_SOCK_STREAM));
    pid_t worker = fork();
    if (worker < 0)
        return 1;
    if (worker == 0) {
        polysock_free(listener); /* the child has copies of everything; it keeps its end of the channel */
        polysock_free(channel);
        work(worker_end);
        polysock_free(worker_end);
        return 0;
    }
    polysock_free(worker_end);
    while (clients-- > 0) {
        must(polysock_accept(listener, &s, NULL, WAIT_FOR_CLIENT_MS));
        print_line("parent: passes a client on");
        pass_on(channel, s);
        polysock_free(s); /* the worker has a copy; while we also had one, the client would not see the end */
    }
    polysock_free(listener);
    polysock_free(channel); /* the worker's receive ends */
    waitpid(worker, &status, 0);
    print_line("parent: the worker has ended");
    return status == 0 ? 0 : 1;
}
