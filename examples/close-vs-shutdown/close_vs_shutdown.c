/* close versus shutdown, while a forked child holds a copy:  close_vs_shutdown */
#define _POSIX_C_SOURCE 200809L
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_MS = 5000, A_MOMENT_MS = 200 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Both ends of a TCP connection. */
static void connection(polysock_t **ours, polysock_t **peer)
{
    polysock_t *listener;
    polysock_addr address;
    must(polysock_create_server(&listener, "127.0.0.1", "0", 1));
    must(polysock_getsockname(listener, &address));
    must(polysock_socket(peer, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_connect(*peer, &address, TIMEOUT_MS));
    must(polysock_accept(listener, ours, NULL, TIMEOUT_MS));
    polysock_free(listener);
}

/* Forks a child with a copy of `ours`. A byte in the pipe makes it send; its exit code says whether it could. The end of
 * the pipe ends it. */
static pid_t child(polysock_t *ours, polysock_t *peer, int *word)
{
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid != 0) {
        close(ends[0]);
        *word = ends[1];
        return pid;
    }
    int code = 0;
    close(ends[1]);
    polysock_free(peer); /* its copy of the other end is not needed */
    while (read(ends[0], &byte, 1) == 1)
        code = polysock_sendall(ours, "the child is here", 17, NULL, TIMEOUT_MS);
    _exit(polysock_errno_of(code));
}

static void print_what_comes(polysock_t *peer, int wait_ms)
{
    char buf[100];
    ssize_t n = polysock_recv(peer, buf, sizeof buf, 0, wait_ms);
    if (n == POLYSOCK_ETIMEDOUT)
        printf("  the peer waits, and nothing comes\n");
    else if (n == 0)
        printf("  the peer reads the end of the stream\n");
    else {
        must((int)n);
        printf("  the peer reads \"%.*s\"\n", (int)n, buf);
    }
}

static void let_it_speak(int word)
{
    if (write(word, "!", 1) != 1)
        exit(1);
}

static void see_it_end(pid_t pid, int word)
{
    int status;
    close(word);
    waitpid(pid, &status, 0);
    printf("  the child ends; it %s\n", WEXITSTATUS(status) == 32 ? "could not send any more" : "could still send");
}

int main(void)
{
    polysock_t *ours, *peer;
    int word;

    printf("close:\n");
    connection(&ours, &peer);
    pid_t pid = child(ours, peer, &word);
    polysock_close(ours); /* gives up only our copy: the connection lives on in the child */
    print_what_comes(peer, A_MOMENT_MS);
    let_it_speak(word);
    print_what_comes(peer, TIMEOUT_MS);
    see_it_end(pid, word);
    print_what_comes(peer, TIMEOUT_MS);
    polysock_free(ours);
    polysock_free(peer);

    printf("shutdown:\n");
    connection(&ours, &peer);
    pid = child(ours, peer, &word);
    polysock_shutdown(ours, POLYSOCK_SHUT_WR); /* ends the stream itself, for every copy */
    print_what_comes(peer, TIMEOUT_MS);
    let_it_speak(word);
    see_it_end(pid, word);
    polysock_free(ours);
    polysock_free(peer);
}
