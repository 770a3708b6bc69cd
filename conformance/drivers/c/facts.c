/* What a socket says about itself. */
#include "driver.h"

int do_getsockname(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    polysock_addr a;
    if (s == NULL)
        return 0;
    int code = polysock_getsockname(s, &a);
    return code < 0 ? refused(r, code) : name_of(r, &a);
}

int do_getpeername(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    polysock_addr a;
    if (s == NULL)
        return 0;
    int code = polysock_getpeername(s, &a);
    return code < 0 ? refused(r, code) : name_of(r, &a);
}

int do_state(struct request *r)
{
    polysock_t *s = find(r, r->words[1]);
    if (s == NULL)
        return 0;
    const char *state = polysock_state(s);
    if (state == NULL)
        return refused(r, polysock_is_closed(s) ? POLYSOCK_ECLOSED : POLYSOCK_EUNSUPPORTED);
    return answer(r, "ok state=%s", state);
}
