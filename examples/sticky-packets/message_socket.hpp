// A socket that sends and receives messages by hand: each is its length in 4 bytes, big-endian, then that many bytes.
// And a checksum.
#pragma once

#include <polysock/polysock.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

class MessageSocket {
public:
    explicit MessageSocket(polysock::socket s) : s_(std::move(s)) {}

    polysock::socket &raw() { return s_; }

    void send(const std::string &message)
    {
        const auto n = static_cast<std::uint32_t>(message.size());
        const unsigned char header[4] = {static_cast<unsigned char>(n >> 24), static_cast<unsigned char>(n >> 16),
                                       static_cast<unsigned char>(n >> 8), static_cast<unsigned char>(n)};
        s_.send_all(header);
        s_.send_all(message);
    }

    std::string receive(std::size_t limit)
    {
        unsigned char header[4];
        s_.recv_exact(header);
        const std::size_t n = std::size_t{header[0]} << 24 | std::size_t{header[1]} << 16 | std::size_t{header[2]} << 8 | header[3];
        if (n > limit) // anyone may claim to send four gigabytes
            throw std::length_error("a message of " + std::to_string(n) + " bytes is refused");
        std::string message(n, '\0');
        s_.recv_exact(message);
        return message;
    }

private:
    polysock::socket s_;
};

inline std::string checksum(const std::string &data)
{
    std::uint32_t a = 1, b = 0; // Adler-32
    for (const char c : data) {
        a = (a + static_cast<unsigned char>(c)) % 65521;
        b = (b + a) % 65521;
    }
    char text[9];
    std::snprintf(text, sizeof text, "%08x", b << 16 | a);
    return text;
}
