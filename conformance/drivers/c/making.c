/* Making, connecting, closing, and handing descriptors over. */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int do_socket(struct request *r)
{
    polysock_t *s;
    int type = r->count > 3 ? type_of(r->args[3]) : POLYSOCK_SOCK_STREAM;
    int code = polysock_socket(&s, family_of(r->args[2]), type, 0);
    if (code < 0)
        return error_of(r, code);
    keep(r->args[1], s);
    return answer(r, "ok");
}

int do_socketpair(struct request *r)
{
    polysock_t *a, *b;
    int code = polysock_socketpair(&a, &b, type_of(r->args[3]));
    if (code < 0)
        return error_of(r, code);
    keep(r->args[1], a);
    keep(r->args[2], b);
    return answer(r, "ok");
}

int do_dup(struct request *r)
{
    polysock_t *s = find(r, r->args[1]), *copy;
    if (s == NULL)
        return 0;
    int code = polysock_dup(s, &copy);
    if (code < 0)
        return error_of(r, code);
    keep(r->args[2], copy);
    return answer(r, "ok");
}

int do_bind(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_addr a;
    if (s == NULL || !address(r, 2, &a))
        return 0;
    return ok_or_error(r, polysock_bind(s, &a));
}

int do_listen(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    long backlog;
    if (s == NULL)
        return 0;
    return parse_number(r->args[2], &backlog) ? ok_or_error(r, polysock_listen(s, (int)backlog)) : malformed(r, "backlog");
}

int do_server(struct request *r)
{
    int family = family_of(r->args[2]), code;
    polysock_addr a;
    polysock_t *s;
    long backlog;
    if (!parse_number(r->args[3], &backlog))
        return malformed(r, "backlog");
    if ((code = polysock_socket(&s, family, POLYSOCK_SOCK_STREAM, 0)) < 0)
        return error_of(r, code);
    keep(r->args[1], s);
    if ((code = polysock_addr_parse(&a, family == POLYSOCK_AF_INET6 ? "::1" : "127.0.0.1", 0)) < 0 ||
        (code = polysock_set_reuseaddr(s, true)) < 0 || (code = polysock_bind(s, &a)) < 0 ||
        (code = polysock_listen(s, (int)backlog)) < 0 || (code = polysock_getsockname(s, &a)) < 0)
        return error_of(r, code);
    return answer(r, "ok port=%u", polysock_addr_port(&a));
}

int do_accept(struct request *r)
{
    polysock_t *s = find(r, r->args[1]), *new;
    polysock_addr peer;
    if (s == NULL)
        return 0;
    int code = polysock_accept(s, &new, &peer, r->timeout_ms);
    if (code < 0)
        return error_of(r, code);
    keep(r->args[2], new);
    return answer_address(r, &peer);
}

/* The empty host is this one, over IPv6 and over IPv4. */
int do_create_connection(struct request *r)
{
    polysock_t *s;
    int code = polysock_create_connection(&s, "", r->args[2], r->timeout_ms);
    if (code < 0)
        return error_of(r, code);
    keep(r->args[1], s);
    return ok_or_error(r, 0);
}

/* No host is every interface, for clients over IPv6 and over IPv4. */
int do_create_server(struct request *r)
{
    polysock_t *s;
    polysock_addr a;
    long backlog;
    int code;
    if (!parse_number(r->args[2], &backlog))
        return malformed(r, "backlog");
    if ((code = polysock_create_server(&s, NULL, "0", (int)backlog)) < 0)
        return error_of(r, code);
    keep(r->args[1], s);
    if ((code = polysock_getsockname(s, &a)) < 0)
        return error_of(r, code);
    return answer(r, "ok port=%u", polysock_addr_port(&a));
}

int do_connect(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_addr a;
    if (s == NULL || !address(r, 2, &a))
        return 0;
    return ok_or_error(r, polysock_connect(s, &a, r->timeout_ms));
}

int do_shutdown(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    const char *how = r->args[2];
    if (s == NULL)
        return 0;
    return ok_or_error(r, polysock_shutdown(s, strcmp(how, "rd") == 0   ? POLYSOCK_SHUT_RD
                                         : strcmp(how, "wr") == 0 ? POLYSOCK_SHUT_WR
                                                                  : POLYSOCK_SHUT_RDWR));
}

int do_close(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    return s == NULL ? 0 : ok_or_error(r, polysock_close(s));
}

int do_close_java(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    return s == NULL ? 0 : ok_or_error(r, polysock_net_close(s));
}

int do_abort(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    return s == NULL ? 0 : ok_or_error(r, polysock_abort(s));
}

int do_is_closed(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    return s == NULL ? 0 : answer(r, "ok closed=%s", on_off(polysock_is_closed(s)));
}

int do_fileno(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    if (s == NULL)
        return 0;
    int fd = polysock_fileno(s);
    return fd < 0 ? error_of(r, fd) : answer(r, "ok fd=%d", fd);
}

int do_detach(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    if (s == NULL)
        return 0;
    int fd = polysock_detach(s);
    if (fd < 0)
        return error_of(r, fd);
    keep_descriptor(fd);
    return answer(r, "ok fd=%d", fd);
}

int do_from_fd(struct request *r)
{
    polysock_t *s;
    long fd;
    if (!parse_number(r->args[2], &fd))
        return malformed(r, "descriptor");
    int code = polysock_from_fd(&s, (int)fd);
    if (code < 0)
        return error_of(r, code);
    keep(r->args[1], s);
    forget_descriptor((int)fd);
    return answer(r, "ok");
}

int do_open_fd(struct request *r)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return error_of(r, polysock_from_errno(errno));
    keep_descriptor(fd);
    return answer(r, "ok fd=%d", fd);
}

int do_close_fd(struct request *r)
{
    long fd;
    if (!parse_number(r->args[1], &fd))
        return malformed(r, "descriptor");
    forget_descriptor((int)fd);
    return close((int)fd) < 0 ? error_of(r, polysock_from_errno(errno)) : answer(r, "ok");
}
