/* GIO, of GLib. Its time limits are in whole seconds. */
#include <gio/gio.h>

#include "way.h"

static void *adopted(int fd, int timeout_ms)
{
    GSocket *s = g_socket_new_from_fd(fd, NULL);
    sure(s != NULL, "g_socket_new_from_fd");
    g_socket_set_timeout(s, timeout_ms < 0 ? 0 : (guint)timeout_ms / 1000);
    return s;
}

static void *connected(const struct sockaddr_in *to, int timeout_ms)
{
    return adopted(raw_connected(to), timeout_ms);
}

static void *datagrams(struct sockaddr_in *me, int timeout_ms)
{
    return adopted(raw_datagrams(me), timeout_ms);
}

static void *address(const struct sockaddr_in *to)
{
    return g_socket_address_new_from_native((gpointer)to, sizeof *to);
}

static void send_all(void *s, const void *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        gssize count = g_socket_send(s, (const char *)buf + done, n - done, NULL, NULL);
        sure(count > 0, "g_socket_send");
        done += (size_t)count;
    }
}

static void receive(void *s, void *buf, size_t n)
{
    sure(g_socket_receive(s, buf, n, NULL, NULL) == (gssize)n, "g_socket_receive");
}

static void send_to(void *s, const void *buf, size_t n, const void *to)
{
    sure(g_socket_send_to(s, (GSocketAddress *)to, buf, n, NULL, NULL) == (gssize)n, "g_socket_send_to");
}

static void receive_from(void *s, void *buf, size_t n)
{
    GSocketAddress *from = NULL;
    sure(g_socket_receive_from(s, &from, buf, n, NULL, NULL) == (gssize)n, "g_socket_receive_from");
    g_clear_object(&from);
}

static void end(void *s)
{
    g_socket_close(s, NULL);
    g_object_unref(s);
}

const struct way with_gio = {"GIO", connected, adopted, datagrams, address, send_all, send_all, receive, send_to,
                             receive_from, end};
