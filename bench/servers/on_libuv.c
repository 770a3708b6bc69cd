/* A server on libuv's loop. */

#include "serving.h"
#include <uv.h>

typedef struct {
    uv_tcp_t stream; /* first: libuv's pointer is ours */
    bytes unfinished;
} connection;

typedef struct {
    uv_write_t request; /* first */
    char rest[];
} unsent;

static void on_receive(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

/* One buffer for all: what it holds is dealt with before the next receive. */
static void lend_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    static char shared[RECEIVE];
    (void)handle, (void)wanted;
    *buffer = uv_buf_init(shared, sizeof shared);
}

static void on_close(uv_handle_t *handle)
{
    connection *c = (connection *)handle;
    bytes_free(&c->unfinished);
    free(c);
}

static void on_sent(uv_write_t *request, int status)
{
    uv_stream_t *stream = request->handle;
    free(request);
    if (status == 0)
        uv_read_start(stream, lend_buffer, on_receive);
    else if (!uv_is_closing((uv_handle_t *)stream))
        uv_close((uv_handle_t *)stream, on_close);
}

/* Leaves the rest of a reply to libuv, and receives no more until it is sent. */
static void send_later(uv_stream_t *stream, const char *data, size_t n)
{
    unsent *later = malloc(sizeof *later + n);
    if (later == NULL)
        abort();
    memcpy(later->rest, data, n);
    uv_buf_t rest = uv_buf_init(later->rest, (unsigned)n);
    uv_read_stop(stream);
    must("uv_write", uv_write(&later->request, stream, &rest, 1, on_sent));
}

static void on_receive(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    connection *c = (connection *)stream;
    size_t length;
    if (n == 0)
        return;
    if (n < 0) {
        uv_close((uv_handle_t *)stream, on_close);
        return;
    }
    const char *reply = answer(&c->unfinished, buffer->base, (size_t)n, &length);
    if (length == 0)
        return;
    uv_buf_t sending = uv_buf_init((char *)reply, (unsigned)length);
    int sent = uv_try_write(stream, &sending, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        uv_close((uv_handle_t *)stream, on_close);
        return;
    }
    size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done < length)
        send_later(stream, reply + done, length - done);
}

static void on_connection(uv_stream_t *listener, int status)
{
    must("listening", status);
    connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    must("uv_tcp_init", uv_tcp_init(listener->loop, &c->stream));
    if (uv_accept(listener, (uv_stream_t *)&c->stream) == 0) {
        uv_tcp_nodelay(&c->stream, 1);
        uv_read_start((uv_stream_t *)&c->stream, lend_buffer, on_receive);
    } else {
        uv_close((uv_handle_t *)&c->stream, on_close);
    }
}

int main(int argc, char **argv)
{
    uv_tcp_t listener;
    serve_as(argc, argv);
    must("uv_tcp_init", uv_tcp_init(uv_default_loop(), &listener));
    must("uv_tcp_open", uv_tcp_open(&listener, listening()));
    must("uv_listen", uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection));
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
