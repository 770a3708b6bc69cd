/* A polysock_server: a thread for each connection. */

#include "serving.h"
#include <polysock/polysock.h>

static void must_polysock(long code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static int echo(polysock_t *connection, const polysock_addr *peer, void *user)
{
    char buffer[4096];
    ssize_t n;
    int code = 0;
    (void)peer, (void)user;
    while (code == 0 && (n = polysock_recv(connection, buffer, sizeof buffer, 0, POLYSOCK_INFINITE)) > 0)
        code = polysock_sendall(connection, buffer, (size_t)n, NULL, POLYSOCK_INFINITE);
    return code < 0 ? code : (int)n;
}

/* Receives messages until the stream ends, and sends each back, or `reply`. */
static int messages(polysock_t *connection, const polysock_framing *framing, const polysock_frame *reply)
{
    polysock_reader *reader;
    polysock_frame message;
    int code = polysock_reader_new(&reader, connection, framing);
    if (code < 0)
        return code;
    while (code >= 0 && (code = (int)polysock_reader_frame(reader, &message.data, POLYSOCK_INFINITE)) >= 0) {
        message.len = (size_t)code;
        code = reply != NULL ? polysock_sendall(connection, reply->data, reply->len, NULL, POLYSOCK_INFINITE)
                             : polysock_send_frame(connection, message.data, message.len, framing, POLYSOCK_INFINITE);
    }
    polysock_reader_free(reader);
    return code == POLYSOCK_EEOF ? 0 : code;
}

static int frames(polysock_t *connection, const polysock_addr *peer, void *user)
{
    (void)peer, (void)user;
    return messages(connection, NULL, NULL);
}

static int http(polysock_t *connection, const polysock_addr *peer, void *user)
{
    static const polysock_frame reply = {HTTP_REPLY, sizeof HTTP_REPLY - 1};
    polysock_framing heads = POLYSOCK_FRAMING_INITIALIZER;
    (void)peer, (void)user;
    heads.kind = POLYSOCK_FRAMING_DELIMITER;
    heads.delimiter_len = 4;
    memcpy(heads.delimiter, "\r\n\r\n", 4);
    return messages(connection, &heads, &reply);
}

int main(int argc, char **argv)
{
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_server *server;
    polysock_t *listener;
    serve_as(argc, argv);
    polysock_connection_fn serve = answer_mode == answer_message ? frames : answer_mode == answer_http ? http : echo;
    options.max_connections = (size_t)atoi(argv[argc - 1]);
    must_polysock(polysock_from_fd(&listener, listening()));
    must_polysock(polysock_server_start(&server, listener, serve, NULL, &options));
    must_polysock(polysock_server_wait(server, POLYSOCK_INFINITE));
}
