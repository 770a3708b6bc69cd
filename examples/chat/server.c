/* A chat room on the message server:  server [PORT [CLIENTS]]
 *
 * A client's first line is its name; what it says after that is sent to all others. The room closes when CLIENTS
 * connections have ended. */
#define _POSIX_C_SOURCE 200809L /* sem_timedwait */
#include <ctype.h>
#include <errno.h>
#include <polysock/polysock.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMBERS = 16, LONGEST_NAME = 20, LONGEST_LINE = 200, LONGEST_TEXT = LONGEST_LINE + LONGEST_NAME + 32 };

/* Belongs to one connection; the name is empty until the client has given one. */
struct client {
    polysock_connection *connection;
    char name[LONGEST_NAME + 1];
};

struct room {
    pthread_mutex_t lock; /* callbacks of different connections may run at the same time */
    struct client *members[MEMBERS];
    sem_t ended; /* each connection that has ended */
};

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static int reply(polysock_connection *connection, const char *text)
{
    return polysock_connection_reply(connection, text, strlen(text));
}

/* Called with the lock: then no member's connection is released meanwhile. */
static void tell_others(struct room *room, const char *name, const char *format, const char *line)
{
    char text[LONGEST_TEXT];
    int len = snprintf(text, sizeof text, format, name, line);
    for (int i = 0; i < MEMBERS; i++) {
        struct client *other = room->members[i];
        if (other == NULL || strcmp(other->name, name) == 0)
            continue;
        /* This does not wait. After any other failure, the member has just left. */
        if (polysock_connection_send(other->connection, text, (size_t)len, 0) == POLYSOCK_EAGAIN)
            polysock_connection_abort(other->connection); /* the member reads too slowly */
    }
}

static int is_name(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalpha((unsigned char)line[i]))
            return 0;
    return len > 0 && len <= LONGEST_NAME;
}

static int by_name(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Lets a client in, and writes the answer to it. Called with the lock. */
static void enter(struct room *room, struct client *client, const char *name, char *answer, size_t size)
{
    const char *here[MEMBERS];
    size_t count = 0;
    int seat = -1;
    for (int i = 0; i < MEMBERS; i++) {
        if (room->members[i] == NULL)
            seat = i;
        else
            here[count++] = room->members[i]->name;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(here[i], name) == 0) {
            snprintf(answer, size, "that name is taken; another one?");
            return;
        }
    }
    if (seat < 0) {
        snprintf(answer, size, "the room is full; another name, later?");
        return;
    }
    qsort(here, count, sizeof here[0], by_name);
    int len = snprintf(answer, size, "welcome; here: %s", count == 0 ? "nobody" : "");
    for (size_t i = 0; i < count; i++)
        len += snprintf(answer + len, size - (size_t)len, "%s%s", i == 0 ? "" : ", ", here[i]);
    strcpy(client->name, name);
    room->members[seat] = client;
    printf("%s has come\n", name);
    fflush(stdout);
    tell_others(room, name, "%s has come", "");
}

static int on_open(polysock_connection *connection, void **state, void *user)
{
    struct client *client = calloc(1, sizeof *client);
    (void)user;
    if (client == NULL)
        return POLYSOCK_ENOMEM;
    client->connection = connection; /* valid until on_close, which removes it from the room */
    *state = client;
    return reply(connection, "your name?");
}

static int on_message(polysock_connection *connection, const void *message, size_t len, void *state, void *user)
{
    struct client *client = state;
    struct room *room = user;
    char line[LONGEST_LINE + 1], answer[MEMBERS * (LONGEST_NAME + 2) + 32];
    memcpy(line, message, len);
    line[len] = 0;

    if (client->name[0] == 0) {
        if (!is_name(line, len)) {
            polysock_connection_close(connection); /* once the answer has been sent */
            return reply(connection, "a name has up to 20 letters");
        }
        pthread_mutex_lock(&room->lock);
        enter(room, client, line, answer, sizeof answer);
        pthread_mutex_unlock(&room->lock);
        return reply(connection, answer);
    }
    if (strcmp(line, "bye") == 0) {
        polysock_connection_close(connection);
        return reply(connection, "good bye");
    }
    pthread_mutex_lock(&room->lock);
    tell_others(room, client->name, "%s: %s", line);
    pthread_mutex_unlock(&room->lock);
    return 0;
}

static const char *farewell(int reason)
{
    switch (reason) {
    case POLYSOCK_REASON_PEER_FINISHED:
        return "hung up";
    case POLYSOCK_REASON_BY_PROGRAM:
        return "said bye";
    case POLYSOCK_REASON_BAD_MESSAGE:
        return "said too much";
    case POLYSOCK_REASON_IDLE_TIMEOUT:
        return "fell asleep";
    default:
        return "was cut off";
    }
}

static void on_close(polysock_connection *connection, int reason, int code, void *state, void *user)
{
    struct client *client = state;
    struct room *room = user;
    (void)connection, (void)code;
    if (client->name[0] != 0) {
        pthread_mutex_lock(&room->lock);
        for (int i = 0; i < MEMBERS; i++)
            if (room->members[i] == client)
                room->members[i] = NULL;
        printf("%s has left: %s\n", client->name, farewell(reason));
        fflush(stdout);
        tell_others(room, client->name, "%s has left", "");
        pthread_mutex_unlock(&room->lock);
    }
    free(client);
    sem_post(&room->ended);
}

int main(int argc, char **argv)
{
    polysock_message_server_options options = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER;
    polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER;
    struct room room = {.lock = PTHREAD_MUTEX_INITIALIZER};
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    int clients = argc > 2 ? atoi(argv[2]) : 4;
    polysock_message_server *server;
    polysock_t *listener;
    polysock_addr address;
    struct timespec until;

    sem_init(&room.ended, 0, 0);
    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    lines.kind = POLYSOCK_FRAMING_LINES;
    lines.limit = LONGEST_LINE;
    options.framing = &lines;
    options.on_open = on_open;
    options.on_close = on_close;
    options.idle_timeout_ms = 5000;
    must(polysock_message_server_start(&server, listener, on_message, &room, &options));

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    for (int i = 0; i < clients; i++)
        while (sem_timedwait(&room.ended, &until) != 0 && errno == EINTR)
            ;
    must(polysock_message_server_stop(server, 5000, NULL));
    printf("the room is closed\n");
    polysock_message_server_free(server);
    polysock_free(listener);
}
