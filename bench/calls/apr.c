/* The Apache Portable Runtime. */
#include <apr_general.h>
#include <apr_network_io.h>
#include <apr_portable.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include "way.h"

static apr_pool_t *pool(void)
{
    static apr_pool_t *made;
    if (!made)
        sure(apr_initialize() == APR_SUCCESS && apr_pool_create(&made, NULL) == APR_SUCCESS, "APR");
    return made;
}

static void *adopted(int fd, int timeout_ms)
{
    apr_socket_t *s = NULL;
    sure(apr_os_sock_put(&s, &fd, pool()) == APR_SUCCESS, "apr_os_sock_put");
    sure(apr_socket_timeout_set(s, timeout_ms < 0 ? -1 : timeout_ms * (apr_interval_time_t)1000) == APR_SUCCESS, "timeout");
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
    apr_sockaddr_t *made;
    sure(apr_sockaddr_info_get(&made, "127.0.0.1", APR_INET, ntohs(to->sin_port), 0, pool()) == APR_SUCCESS, "address");
    return made;
}

static void send_all(void *s, const void *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        apr_size_t count = n - done;
        sure(apr_socket_send(s, (const char *)buf + done, &count) == APR_SUCCESS, "apr_socket_send");
        done += count;
    }
}

static void receive(void *s, void *buf, size_t n)
{
    apr_size_t count = n;
    sure(apr_socket_recv(s, buf, &count) == APR_SUCCESS && count == n, "apr_socket_recv");
}

static void send_to(void *s, const void *buf, size_t n, const void *to)
{
    apr_size_t count = n;
    sure(apr_socket_sendto(s, (apr_sockaddr_t *)to, 0, buf, &count) == APR_SUCCESS, "apr_socket_sendto");
}

static void receive_from(void *s, void *buf, size_t n)
{
    apr_sockaddr_t from = {.pool = pool(), .salen = sizeof from.sa};
    apr_size_t count = n;
    sure(apr_socket_recvfrom(&from, s, 0, buf, &count) == APR_SUCCESS && count == n, "apr_socket_recvfrom");
}

static void end(void *s) { apr_socket_close(s); }

const struct way with_apr = {"APR", connected, adopted, datagrams, address, send_all, send_all, receive, send_to,
                             receive_from, end};
