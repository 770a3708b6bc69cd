/* A polysock_message_server: the library receives, takes messages out of the stream and sends; the callback answers. */

#include "serving.h"
#include <polysock/polysock.h>

static void must_polysock(long code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static int send_back(polysock_connection *connection, const void *message, size_t len, void *state, void *user)
{
    (void)state, (void)user;
    return polysock_connection_reply(connection, message, len);
}

/* The message is the head of a request. */
static int answer_head(polysock_connection *connection, const void *head, size_t len, void *state, void *user)
{
    static const char reply[] = HTTP_REPLY;
    (void)head, (void)len, (void)state, (void)user;
    return polysock_connection_reply(connection, reply, sizeof reply - 1);
}

int main(int argc, char **argv)
{
    polysock_message_server_options options = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER;
    polysock_framing after_length = POLYSOCK_FRAMING_INITIALIZER, heads = POLYSOCK_FRAMING_INITIALIZER;
    polysock_message_server *server;
    polysock_t *listener;
    serve_as(argc, argv);
    polysock_message_fn serve = send_back;
    if (answer_mode == answer_message) {
        options.framing = &after_length;
    } else if (answer_mode != NULL) {
        heads.kind = POLYSOCK_FRAMING_DELIMITER;
        heads.delimiter_len = 4;
        memcpy(heads.delimiter, "\r\n\r\n", 4);
        options.framing = &heads;
        options.raw_replies = true;
        serve = answer_head;
    }
    options.max_connections = (size_t)atoi(argv[argc - 1]);
    must_polysock(polysock_from_fd(&listener, listening()));
    must_polysock(polysock_message_server_start(&server, listener, serve, NULL, &options));
    must_polysock(polysock_message_server_wait(server, POLYSOCK_INFINITE));
}
