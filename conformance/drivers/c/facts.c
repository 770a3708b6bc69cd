/* Names and state of a socket. */
#include "driver.h"

int do_getsockname(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_addr a;
    if (s == NULL)
        return 0;
    int code = polysock_getsockname(s, &a);
    return code < 0 ? error_of(r, code) : answer_address(r, &a);
}

int do_getpeername(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_addr a;
    if (s == NULL)
        return 0;
    int code = polysock_getpeername(s, &a);
    return code < 0 ? error_of(r, code) : answer_address(r, &a);
}

int do_peer_ip(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_addr a;
    int code;
    if (s == NULL)
        return 0;
    if ((code = polysock_getpeername(s, &a)) < 0 || (code = polysock_addr_ip(&a, text, sizeof text)) < 0)
        return error_of(r, code);
    return answer(r, "ok ip=%s", text);
}

int do_same_peer(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_addr peer, other;
    if (s == NULL || !address(r, 2, &other))
        return 0;
    int code = polysock_getpeername(s, &peer);
    return code < 0 ? error_of(r, code) : answer(r, "ok same=%s", on_off(polysock_addr_equal(&peer, &other)));
}

int do_state(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    if (s == NULL)
        return 0;
    const char *state = polysock_state(s);
    if (state == NULL)
        return error_of(r, polysock_is_closed(s) ? POLYSOCK_ECLOSED : POLYSOCK_EUNSUPPORTED);
    return answer(r, "ok state=%s", state);
}
