/*
 * What no scenario has, for calls to fail in: a poller, servers of both kinds and descriptors in messages. Plays one of them and says
 * on each line what was refused: `NAME ERROR`; then `done SERVED`, whether everything was done. run_faults.py judges it.
 */
#define _GNU_SOURCE
#include <polysock/polysock.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SOON = 1500,    /* milliseconds: a server that fails to accept tries again within one second */
    ONE_THREAD = 3, /* with . and .. */
    OURS = 2        /* descriptors that the library keeps to wake this thread: an eventfd, or a pipe where there is none */
};

/* Goes on only after a success. */
#define TRY(call)                         \
    do {                                  \
        if (is_refused(#call, (call)))    \
            goto end;                     \
    } while (0)

static bool is_refused(const char *call, long code)
{
    if (code >= 0)
        return false;
    printf("%.*s %s %s\n", (int)strcspn(call, "("), call, polysock_err_name((int)code), polysock_last_detail());
    return true;
}

static int count(const char *directory)
{
    DIR *open = opendir(directory);
    int entries = 0;
    while (open != NULL && readdir(open) != NULL)
        entries++;
    if (open != NULL)
        closedir(open);
    return entries;
}

static bool poller_tour(void)
{
    polysock_poller *poller = NULL;
    polysock_t *a = NULL, *b = NULL;
    polysock_event events[4] = {{0, 0, 0}};
    int pipes[2] = {-1, -1};
    bool served = false;
    if (pipe(pipes) != 0)
        exit(2);
    TRY(polysock_poller_new(&poller));
    TRY(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    TRY(polysock_poller_add(poller, b, 1, POLYSOCK_POLLIN, POLYSOCK_POLL_ONESHOT));
    TRY(polysock_poller_add_fd(poller, pipes[0], 2, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL));
    TRY(polysock_poller_wait(poller, events, 4, 0));
    TRY(polysock_poller_wake(poller));
    TRY(polysock_poller_wait(poller, events, 4, SOON));
    TRY(polysock_sendall(a, "x", 1, NULL, SOON));
    TRY(polysock_poller_wait(poller, events, 4, SOON));
    served = events[0].token == 1 && events[0].events == POLYSOCK_POLLIN;
    TRY(polysock_poller_modify(poller, b, 3, POLYSOCK_POLLIN | POLYSOCK_POLLOUT, POLYSOCK_POLL_LEVEL));
    TRY(polysock_poller_wait(poller, events, 4, SOON));
    TRY(polysock_poller_modify_fd(poller, pipes[0], 4, POLYSOCK_POLLIN, POLYSOCK_POLL_ONESHOT));
    TRY(polysock_poller_remove_fd(poller, pipes[0]));
    TRY(polysock_close(b)); /* leaves by itself */
    TRY(polysock_poller_wait(poller, events, 4, 0));
    TRY(polysock_poller_close(poller));
end:
    polysock_poller_free(poller);
    polysock_free(a);
    polysock_free(b);
    close(pipes[0]);
    close(pipes[1]);
    return served;
}

static bool descriptors_tour(void)
{
    polysock_t *a = NULL, *b = NULL;
    polysock_control *sent = NULL, *came = NULL;
    int pipes[2] = {-1, -1}, taken[2] = {-1, -1};
    char byte = 'x';
    bool served = false;
    if (pipe(pipes) != 0)
        exit(2);
    polysock_iovec piece = {&byte, 1};
    polysock_msg message = POLYSOCK_MSG_INITIALIZER;
    message.iov = &piece;
    message.iov_count = 1;
    TRY(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    TRY(polysock_control_new(&sent, 0));
    TRY(polysock_control_new(&came, POLYSOCK_CONTROL_ROOM));
    TRY(polysock_control_add_fds(sent, pipes, 2));
    for (int i = 0; i < 2; i++) { /* those of the first message are never taken */
        message.control = sent;
        TRY(polysock_sendmsg(a, &message, 0, SOON));
        message.control = came;
        TRY(polysock_recvmsg(b, &message, 0, SOON));
    }
    served = polysock_control_take_fds(came, taken, 2) == 2 && write(taken[1], "y", 1) == 1 && read(pipes[0], &byte, 1) == 1;
end:
    polysock_control_free(sent);
    polysock_control_free(came);
    polysock_free(a);
    polysock_free(b);
    for (int i = 0; i < 2; i++) {
        close(pipes[i]);
        if (taken[i] >= 0)
            close(taken[i]);
    }
    return served;
}

static int echo(polysock_t *connection, const polysock_addr *peer, void *user)
{
    char bytes[6];
    (void)peer, (void)user;
    int code = polysock_recv_exact(connection, bytes, sizeof bytes, NULL, SOON);
    return code < 0 ? code : polysock_sendall(connection, bytes, sizeof bytes, NULL, SOON);
}

static void failed(int code, const polysock_addr *peer, void *user)
{
    (void)peer, (void)user;
    is_refused("on_error", code);
}

static bool play_clients(const polysock_addr *address)
{
    polysock_t *client = NULL;
    char bytes[6];
    bool served = false;
    for (int i = 0; i < 2; i++) {
        TRY(polysock_socket(&client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
        TRY(polysock_connect(client, address, SOON));
        TRY(polysock_sendall(client, "hello\n", 6, NULL, SOON));
        TRY(polysock_recv_exact(client, bytes, 6, NULL, SOON));
        served = i == 1 && memcmp(bytes, "hello\n", 6) == 0;
        polysock_free(client);
        client = NULL;
    }
end:
    polysock_free(client);
    return served;
}

static bool server_tour(void)
{
    polysock_t *listener = NULL;
    polysock_server *server = NULL;
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_addr address;
    size_t running = 0;
    bool served = false;
    options.on_error = failed;
    options.max_connections = 3;
    TRY(polysock_create_server(&listener, "127.0.0.1", "0", 5));
    TRY(polysock_getsockname(listener, &address));
    TRY(polysock_server_start(&server, listener, echo, NULL, &options));
    listener = NULL; /* the server's */
    served = play_clients(&address);
end:
    if (server != NULL)
        is_refused("polysock_server_stop", polysock_server_stop(server, 5000, &running));
    if (running > 0)
        printf("running %zu\n", running);
    polysock_server_free(server);
    polysock_free(listener);
    return served;
}

static int answer(polysock_connection *connection, const void *message, size_t length, void *state, void *user)
{
    (void)state, (void)user;
    return polysock_connection_reply(connection, message, length);
}

static void ended(polysock_connection *connection, int reason, int code, void *state, void *user)
{
    (void)connection, (void)state, (void)user;
    if (reason == POLYSOCK_REASON_FAILED)
        is_refused("on_close", code);
}

static void went_wrong(int code, polysock_connection *connection, void *user)
{
    (void)connection, (void)user;
    is_refused("on_error", code);
}

static bool messages_tour(void)
{
    polysock_t *listener = NULL;
    polysock_message_server *server = NULL;
    polysock_message_server_options options = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER;
    polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER;
    polysock_addr address;
    size_t running = 0;
    bool served = false;
    lines.kind = POLYSOCK_FRAMING_LINES;
    options.framing = &lines;
    options.on_close = ended;
    options.on_error = went_wrong;
    options.max_connections = 3;
    TRY(polysock_create_server(&listener, "127.0.0.1", "0", 5));
    TRY(polysock_getsockname(listener, &address));
    TRY(polysock_message_server_start(&server, listener, answer, NULL, &options));
    served = play_clients(&address);
    if (!served && polysock_message_server_wait(server, 0) != POLYSOCK_ETIMEDOUT) /* it has given up */
        is_refused("polysock_message_server_wait", polysock_message_server_wait(server, 0));
end:
    if (server != NULL)
        is_refused("polysock_message_server_stop", polysock_message_server_stop(server, 5000, &running));
    if (running > 0)
        printf("running %zu\n", running);
    polysock_message_server_free(server);
    polysock_free(listener);
    return served;
}

static const struct {
    const char *name;
    bool (*play)(void);
} areas[] = {{"poller", poller_tour}, {"server", server_tour}, {"messages", messages_tour}, {"descriptors", descriptors_tour}};

int main(int count_of_words, char **words)
{
    const char *name = count_of_words == 2 ? words[1] : "";
    int before = count("/proc/self/fd");
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(20); /* nothing hangs */
    bool served = false;
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strcmp(name, areas[i].name) == 0)
            served = areas[i].play();
    struct timespec moment = {0, 1000000};
    for (int i = 0; i < 3000 && (count("/proc/self/task") > ONE_THREAD || count("/proc/self/fd") > before + OURS); i++)
        nanosleep(&moment, NULL);
    if (count("/proc/self/task") > ONE_THREAD)
        printf("threads %d\n", count("/proc/self/task") - ONE_THREAD);
    if (count("/proc/self/fd") > before + OURS)
        printf("descriptors %d\n", count("/proc/self/fd") - before);
    printf("done %d\n", served);
    return 0;
}
