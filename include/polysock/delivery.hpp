// What became of the bytes that were sent. Part of polysock.hpp.

#ifndef POLYSOCK_DELIVERY_HPP
#define POLYSOCK_DELIVERY_HPP

#include <polysock/polysock.h>

#include <cstdint>

namespace polysock {

// What is still on the way, in bytes: not sent yet, and sent but not acknowledged by the peer's system. For a Unix socket
// `unacked` is an upper limit.
struct send_queue {
    std::uint64_t unsent;
    std::uint64_t unacked;

    bool empty() const noexcept { return unsent == 0 && unacked == 0; }
};

// What a graceful close proved. No verdict proves that the peer's program has read the data: only its answer does.
enum class close_verdict : std::uint32_t {
    // The peer's system has every byte and the end of the stream, acknowledged before the peer's own end arrived.
    peer_finished = POLYSOCK_CLOSE_PEER_FINISHED,
    // The same, but the peer had ended its own stream before, or so close to it that the order can't be known.
    acknowledged = POLYSOCK_CLOSE_ACKNOWLEDGED,
    // Time was up. If no bytes are unacknowledged or unsent, the peer's system has every byte.
    timed_out = POLYSOCK_CLOSE_TIMED_OUT,
    // The connection broke: a reset, or the system gave it up.
    reset = POLYSOCK_CLOSE_RESET,
    // The peer sent more than the limit; the connection was cut.
    limit_reached = POLYSOCK_CLOSE_LIMIT_REACHED
};

// How a graceful close ended: how many bytes were not acknowledged, were not sent, and were read but thrown away.
struct close_report {
    close_verdict verdict;
    std::uint64_t unacked;
    std::uint64_t unsent;
    std::uint64_t discarded;

    // Whether the peer's system has every byte and the end of the stream.
    bool delivered() const noexcept
    {
        return verdict == close_verdict::peer_finished || verdict == close_verdict::acknowledged;
    }
};

} // namespace polysock

#endif // POLYSOCK_DELIVERY_HPP
