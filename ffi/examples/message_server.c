/* A chat: each line goes to all other guests. The callbacks do not deal with accepting, receiving or slow readers. */
#include <polysock/polysock.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { GUESTS = 8 };

struct room {
    pthread_mutex_t lock;
    polysock_connection *guests[GUESTS];
};

static int enter(polysock_connection *connection, void **state, void *user)
{
    struct room *room = user;
    int seat = 0;
    pthread_mutex_lock(&room->lock);
    while (seat < GUESTS && room->guests[seat] != NULL)
        seat++;
    if (seat < GUESTS) {
        room->guests[seat] = polysock_connection_retain(connection);
        *state = &room->guests[seat];
    }
    pthread_mutex_unlock(&room->lock);
    return seat < GUESTS ? 0 : POLYSOCK_EBUSY;
}

static int spread(polysock_connection *connection, const void *line, size_t len, void *state, void *user)
{
    struct room *room = user;
    (void)state;
    pthread_mutex_lock(&room->lock);
    for (int i = 0; i < GUESTS; i++)
        if (room->guests[i] != NULL && room->guests[i] != connection)
            /* Without waiting: a guest that does not read misses this line, and holds up none of the others. */
            polysock_connection_send(room->guests[i], line, len, 0);
    pthread_mutex_unlock(&room->lock);
    return polysock_connection_reply(connection, "sent", 4);
}

static void leave(polysock_connection *connection, int reason, int code, void *state, void *user)
{
    struct room *room = user;
    polysock_connection **seat = state;
    (void)reason, (void)code;
    pthread_mutex_lock(&room->lock);
    *seat = NULL;
    pthread_mutex_unlock(&room->lock);
    polysock_connection_release(connection);
}

/* Sends a line, and prints the next one that arrives. */
static int talk(polysock_t *s, const polysock_framing *lines, const char *line)
{
    char answer[80];
    int code = polysock_send_frame(s, line, strlen(line), lines, 5000);
    ssize_t n = code < 0 ? code : polysock_recv_frame(s, answer, sizeof answer, NULL, lines, 5000);
    if (n >= 0)
        printf("%.*s\n", (int)n, answer);
    return n < 0;
}

int main(void)
{
    struct room room = {PTHREAD_MUTEX_INITIALIZER, {NULL}};
    polysock_message_server_options options = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER;
    polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER;
    lines.kind = POLYSOCK_FRAMING_LINES;
    lines.limit = 80;
    options.framing = &lines;
    options.on_open = enter;
    options.on_close = leave;

    polysock_t *listener, *ann, *bob;
    polysock_message_server *server;
    polysock_addr address;
    if (polysock_create_server(&listener, "127.0.0.1", "0", 16) < 0 || polysock_getsockname(listener, &address) < 0 ||
        polysock_message_server_start(&server, listener, spread, &room, &options) < 0 ||
        polysock_socket(&ann, polysock_addr_family(&address), POLYSOCK_SOCK_STREAM, 0) < 0 ||
        polysock_socket(&bob, polysock_addr_family(&address), POLYSOCK_SOCK_STREAM, 0) < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }
    int failed = polysock_connect(ann, &address, 5000) != 0 || talk(ann, &lines, "I am Ann") || /* "sent" */
                 polysock_connect(bob, &address, 5000) != 0 || talk(bob, &lines, "I am Bob") || /* "sent" */
                 talk(ann, &lines, "hello");                                                    /* "I am Bob" */

    size_t running;
    int code = polysock_message_server_stop(server, 5000, &running);
    polysock_message_server_free(server);
    polysock_free(ann);
    polysock_free(bob);
    polysock_free(listener);
    return failed || code != 0 || running != 0;
}
