/* Options: through the library's own functions, and by number. */
#include "driver.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

static const struct raw {
    const char *word;
    int level, name;
} raws[] = {
    {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR},     {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
    {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE},     {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF},
    {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF},           {"SO_ERROR", SOL_SOCKET, SO_ERROR},
    {"SO_TYPE", SOL_SOCKET, SO_TYPE},               {"SO_DOMAIN", SOL_SOCKET, SO_DOMAIN},
    {"SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL},       {"SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN},
    {"SO_LINGER", SOL_SOCKET, SO_LINGER},           {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},
    {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE},    {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL},
    {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT},      {"IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY},
    {"TCP_CORK", IPPROTO_TCP, TCP_CORK},            {"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT},
    {"SO_TIMESTAMPING", SOL_SOCKET, SO_TIMESTAMPING},
};

static int set_raw(struct request *r, polysock_t *s, const char *word, const char *value)
{
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        const struct raw *raw = &raws[i];
        if (strcmp(raw->word, word) != 0)
            continue;
        if (raw->name == SO_LINGER && raw->level == SOL_SOCKET) {
            struct linger linger;
            if (sscanf(value, "%d:%d", &linger.l_onoff, &linger.l_linger) != 2)
                return malformed(r, "value");
            return ok_or_error(r, polysock_setsockopt(s, raw->level, raw->name, &linger, sizeof linger));
        }
        long wide;
        if (!parse_number(value, &wide))
            return malformed(r, "value");
        int narrow = (int)wide;
        return ok_or_error(r, polysock_setsockopt(s, raw->level, raw->name, &narrow, sizeof narrow));
    }
    return malformed(r, "no such option");
}

static int get_raw(struct request *r, polysock_t *s, const char *word)
{
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        const struct raw *raw = &raws[i];
        int values[2] = {0, 0};
        if (strcmp(raw->word, word) != 0)
            continue;
        bool linger = raw->name == SO_LINGER && raw->level == SOL_SOCKET;
        size_t size = linger ? sizeof values : sizeof values[0];
        int code = polysock_getsockopt(s, raw->level, raw->name, values, &size);
        if (code < 0)
            return error_of(r, code);
        if (linger)
            return answer(r, "ok value=%d:%d", values[0], values[1]);
        return answer(r, "ok value=%d", values[0]);
    }
    return malformed(r, "no such option");
}

int do_setsockopt(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    return s == NULL ? 0 : set_raw(r, s, r->args[2], r->args[3]);
}

int do_getsockopt(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    return s == NULL ? 0 : get_raw(r, s, r->args[2]);
}

int do_set(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    const char *option = r->args[2], *value = r->args[3];
    bool on = strcmp(value, "on") == 0, off = strcmp(value, "off") == 0;
    long n = 0;
    if (s == NULL)
        return 0;
    if (strcmp(option, "linger") == 0) {
        if (!off && !parse_number(value, &n))
            return malformed(r, "value");
        return ok_or_error(r, polysock_set_linger(s, off ? POLYSOCK_LINGER_OFF : (int)n));
    }
    if (strcmp(option, "timeout") == 0) {
        bool never = strcmp(value, "never") == 0;
        if (!never && !parse_number(value, &n))
            return malformed(r, "value");
        int ms = never ? POLYSOCK_INFINITE : (int)n;
        return ok_or_error(r, polysock_set_timeout(s, ms, ms));
    }
    bool sndbuf = strcmp(option, "sndbuf") == 0;
    if (sndbuf || strcmp(option, "rcvbuf") == 0) {
        if (!parse_number(value, &n))
            return malformed(r, "value");
        return ok_or_error(r, sndbuf ? polysock_set_sndbuf(s, (size_t)n) : polysock_set_rcvbuf(s, (size_t)n));
    }
    if (!on && !off)
        return malformed(r, "value");
    if (strcmp(option, "udp_gro") == 0)
        return ok_or_error(r, polysock_set_udp_gro(s, on));
    if (strcmp(option, "nodelay") == 0)
        return ok_or_error(r, polysock_set_nodelay(s, on));
    if (strcmp(option, "keepalive") == 0)
        return ok_or_error(r, polysock_set_keepalive(s, on, 0, 0, 0));
    if (strcmp(option, "reuseaddr") == 0)
        return ok_or_error(r, polysock_set_reuseaddr(s, on));
    if (strcmp(option, "blocking") == 0)
        return ok_or_error(r, polysock_set_blocking(s, on));
    if (strcmp(option, "oobinline") == 0)
        return ok_or_error(r, polysock_set_oobinline(s, on));
    return malformed(r, "no such option");
}

int do_get(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    const char *option = r->args[2];
    int code, n = 0;
    bool on = false;
    if (s == NULL)
        return 0;
    if (strcmp(option, "linger") == 0) {
        if ((code = polysock_get_linger(s, &n)) < 0)
            return error_of(r, code);
        return n == POLYSOCK_LINGER_OFF ? answer(r, "ok value=off") : answer(r, "ok value=%d", n);
    }
    if (strcmp(option, "timeout") == 0) {
        if ((code = polysock_get_timeout(s, &n, NULL)) < 0)
            return error_of(r, code);
        return n == POLYSOCK_INFINITE ? answer(r, "ok value=never") : answer(r, "ok value=%d", n);
    }
    bool sndbuf = strcmp(option, "sndbuf") == 0;
    if (sndbuf || strcmp(option, "rcvbuf") == 0) {
        size_t bytes = 0;
        code = sndbuf ? polysock_get_sndbuf(s, &bytes) : polysock_get_rcvbuf(s, &bytes);
        return code < 0 ? error_of(r, code) : answer(r, "ok value=%zu", bytes);
    }
    if (strcmp(option, "udp_gro") == 0)
        code = polysock_get_udp_gro(s, &on);
    else if (strcmp(option, "nodelay") == 0)
        code = polysock_get_nodelay(s, &on);
    else if (strcmp(option, "keepalive") == 0)
        code = polysock_get_keepalive(s, &on, NULL, NULL, NULL);
    else if (strcmp(option, "reuseaddr") == 0)
        code = polysock_get_reuseaddr(s, &on);
    else if (strcmp(option, "oobinline") == 0)
        code = polysock_get_oobinline(s, &on);
    else
        return malformed(r, "no such option");
    return code < 0 ? error_of(r, code) : answer(r, "ok value=%s", on_off(on));
}
