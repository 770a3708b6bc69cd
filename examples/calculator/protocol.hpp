// What client and server agree on. A message is a frame: 4 bytes with its length, big-endian, then that many
// bytes of text. A request is "OPERATION NUMBER NUMBER", an answer "ok NUMBER" or "error TEXT".
#ifndef CALCULATOR_PROTOCOL_HPP
#define CALCULATOR_PROTOCOL_HPP

#include <polysock/polysock.hpp>

#include <optional>
#include <stdexcept>
#include <string>

constexpr std::size_t longest = 100;

// A message is longer than the protocol allows, so the beginning of the next one is unknown.
struct TooLong : std::runtime_error {
    TooLong() : std::runtime_error("too long") {}
};

// Nothing when the peer has ended its stream between two messages.
inline std::optional<std::string> receive_message(polysock::socket &s, polysock::timeout t = std::chrono::seconds(5))
{
    unsigned char head[4];
    try {
        s.recv_exact(head, t);
    } catch (const polysock::error &e) {
        if (e.code().value() == POLYSOCK_EEOF)
            return std::nullopt;
        throw;
    }
    const std::size_t n = std::size_t(head[0]) << 24 | std::size_t(head[1]) << 16 | std::size_t(head[2]) << 8 | head[3];
    if (n > longest) // never trust a length that came over the network
        throw TooLong();
    std::string text(n, '\0');
    s.recv_exact(text, t);
    return text;
}

inline void send_message(polysock::socket &s, const std::string &text)
{
    if (text.size() > longest)
        throw TooLong();
    std::string frame{'\0', '\0', '\0', static_cast<char>(text.size())};
    s.send_all(frame + text, std::chrono::seconds(5)); // in one piece: two pieces would wait for each other
}

#endif
