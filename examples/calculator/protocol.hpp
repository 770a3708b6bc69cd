// What client and server agree on. A message is a frame: 4 bytes with its length, big-endian, then that many
// bytes of text. A request is "OPERATION NUMBER NUMBER", an answer "ok NUMBER" or "error TEXT".
#ifndef CALCULATOR_PROTOCOL_HPP
#define CALCULATOR_PROTOCOL_HPP

#include <polysock/polysock.hpp>

#include <optional>
#include <stdexcept>
#include <string>

// A length in 4 bytes, big-endian; what claims to be longer than the limit is refused.
inline const polysock::framing framing = polysock::framing::length_prefix(32).with_limit(100);

// A message is longer than the protocol allows, so the beginning of the next one is unknown.
struct TooLong : std::runtime_error {
    TooLong() : std::runtime_error("too long") {}
};

// Nothing when the peer has ended its stream between two messages.
inline std::optional<std::string> receive_message(polysock::socket &s, polysock::timeout t = std::chrono::seconds(5))
try {
    return s.recv_frame(framing, t);
} catch (const polysock::error &e) {
    if (e.code() == std::errc::message_size)
        throw TooLong();
    throw;
}

inline void send_message(polysock::socket &s, const std::string &text) { s.send_frame(text, framing, std::chrono::seconds(5)); }

#endif
