// What became of the bytes that were sent.
#include "driver.hpp"

namespace {

const char *name(polysock::close_verdict verdict)
{
    switch (verdict) {
    case polysock::close_verdict::peer_finished: return "peer_finished";
    case polysock::close_verdict::acknowledged: return "acknowledged";
    case polysock::close_verdict::timed_out: return "timed_out";
    case polysock::close_verdict::reset: return "reset";
    case polysock::close_verdict::limit_reached: return "limit_reached";
    }
    return "unknown";
}

} // namespace

std::string do_send_queue(request &r)
{
    const auto queue = r.socket().send_queue();
    return "ok unsent=" + std::to_string(queue.unsent) + " unacked=" + std::to_string(queue.unacked);
}

std::string do_wait_acked(request &r)
{
    r.socket().wait_acked(r.timeout);
    return "ok";
}

std::string do_peer_closed(request &r)
{
    return "ok closed=" + on_off(r.socket().peer_closed());
}

std::string do_close_graceful(request &r)
{
    const auto report = r.discard < 0 ? r.socket().close_graceful(r.timeout)
                                      : r.socket().close_graceful(r.timeout, static_cast<std::uint64_t>(r.discard));
    return std::string("ok verdict=") + name(report.verdict) + " unacked=" + std::to_string(report.unacked) +
           " unsent=" + std::to_string(report.unsent) + " discarded=" + std::to_string(report.discarded);
}
