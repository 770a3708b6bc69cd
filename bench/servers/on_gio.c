/* A server on GIO: `service`, a GSocketService whose streams are read and written asynchronously on the main loop, or
 * `threads`, a GThreadedSocketService with a thread for each connection. */

#include "serving.h"
#include <gio/gio.h>

typedef struct {
    GSocketConnection *stream;
    bytes unfinished;
    char *reply; /* while it is being sent; NULL for an echo, which is in the buffer */
    char buffer[4096];
} connection;

static void on_received(GObject *source, GAsyncResult *result, gpointer data);
static void on_sent(GObject *source, GAsyncResult *result, gpointer data);

static connection *new_connection(GSocketConnection *stream)
{
    connection *c = g_new0(connection, 1);
    c->stream = g_object_ref(stream);
    g_socket_set_option(g_socket_connection_get_socket(stream), IPPROTO_TCP, TCP_NODELAY, 1, NULL);
    return c;
}

static void finish(connection *c)
{
    g_io_stream_close(G_IO_STREAM(c->stream), NULL, NULL);
    g_object_unref(c->stream);
    bytes_free(&c->unfinished);
    g_free(c);
}

/* ---------------------------------------------------------------- on the main loop */

static void receive(connection *c)
{
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(c->stream));
    g_input_stream_read_async(input, c->buffer, sizeof c->buffer, G_PRIORITY_DEFAULT, NULL, on_received, c);
}

static void on_received(GObject *source, GAsyncResult *result, gpointer data)
{
    connection *c = data;
    size_t length;
    gssize n = g_input_stream_read_finish(G_INPUT_STREAM(source), result, NULL);
    if (n <= 0) {
        finish(c);
        return;
    }
    const char *reply = answer(&c->unfinished, c->buffer, (size_t)n, &length);
    if (length == 0) {
        receive(c);
        return;
    }
    if (reply != c->buffer)
        reply = c->reply = g_memdup2(reply, length);
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(c->stream));
    g_output_stream_write_all_async(output, reply, length, G_PRIORITY_DEFAULT, NULL, on_sent, c);
}

static void on_sent(GObject *source, GAsyncResult *result, gpointer data)
{
    connection *c = data;
    g_clear_pointer(&c->reply, g_free);
    if (g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, NULL))
        receive(c);
    else
        finish(c);
}

static gboolean on_connection(GSocketService *service, GSocketConnection *stream, GObject *source, gpointer data)
{
    (void)service, (void)source, (void)data;
    receive(new_connection(stream));
    return TRUE;
}

/* ---------------------------------------------------------------- in a thread for each connection */

static gboolean in_thread(GThreadedSocketService *service, GSocketConnection *stream, GObject *source, gpointer data)
{
    (void)service, (void)source, (void)data;
    connection *c = new_connection(stream);
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(stream));
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(stream));
    gssize n;
    size_t length;
    gboolean is_sent = TRUE;
    while (is_sent && (n = g_input_stream_read(input, c->buffer, sizeof c->buffer, NULL, NULL)) > 0) {
        const char *reply = answer(&c->unfinished, c->buffer, (size_t)n, &length);
        is_sent = g_output_stream_write_all(output, reply, length, NULL, NULL, NULL);
    }
    finish(c);
    return TRUE;
}

int main(int argc, char **argv)
{
    serve_as(argc, argv);
    gboolean has_threads = strcmp(argv[1], "threads") == 0;
    GSocketService *service = has_threads ? g_threaded_socket_service_new(atoi(argv[argc - 1])) : g_socket_service_new();
    GError *error = NULL;
    GSocket *listener = g_socket_new_from_fd(listening(), &error);
    if (listener == NULL || !g_socket_listener_add_socket(G_SOCKET_LISTENER(service), listener, NULL, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    if (has_threads)
        g_signal_connect(service, "run", G_CALLBACK(in_thread), NULL);
    else
        g_signal_connect(service, "incoming", G_CALLBACK(on_connection), NULL);
    g_socket_service_start(service);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}
