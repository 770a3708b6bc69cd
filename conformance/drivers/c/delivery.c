/* What became of the bytes that were sent. */
#include "driver.h"

int do_send_queue(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    uint64_t unsent, unacked;
    if (s == NULL)
        return 0;
    int code = polysock_send_queue(s, &unsent, &unacked);
    if (code < 0)
        return error_of(r, code);
    return answer(r, "ok unsent=%llu unacked=%llu", (unsigned long long)unsent, (unsigned long long)unacked);
}

int do_wait_acked(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    return s == NULL ? 0 : ok_or_error(r, polysock_wait_acked(s, r->timeout_ms));
}

int do_peer_closed(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    if (s == NULL)
        return 0;
    int closed = polysock_peer_closed(s);
    return closed < 0 ? error_of(r, closed) : answer(r, "ok closed=%s", on_off(closed));
}

int do_close_graceful(struct request *r)
{
    static const char *const names[] = {"unknown", "peer_finished", "acknowledged", "timed_out", "reset", "limit_reached"};
    polysock_t *s = find(r, r->args[1]);
    polysock_close_report report;
    if (s == NULL)
        return 0;
    int code = polysock_close_graceful(s, (uint64_t)r->discard, &report, sizeof report, r->timeout_ms);
    if (code < 0)
        return error_of(r, code);
    return answer(r, "ok verdict=%s unacked=%llu unsent=%llu discarded=%llu",
                  names[report.verdict < sizeof names / sizeof *names ? report.verdict : 0], (unsigned long long)report.unacked,
                  (unsigned long long)report.unsent, (unsigned long long)report.discarded);
}
