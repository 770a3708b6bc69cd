// Numbers, flags, payloads and what was received.
#include "driver.hpp"

#include <cstdio>
#include <stdexcept>

namespace {
constexpr std::size_t period = 64256;
}

long to_number(const std::string &text)
{
    std::size_t end = 0;
    try {
        const long n = std::stol(text, &end);
        if (end == text.size())
            return n;
    } catch (const std::logic_error &) {
    }
    throw malformed{"number"};
}

bool to_flag(const std::string &text)
{
    if (text != "on" && text != "off")
        throw malformed{"value"};
    return text == "on";
}

std::string on_off(bool on) { return on ? "on" : "off"; }

std::string pattern(std::size_t count, std::size_t offset)
{
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < count; i++) {
        const std::size_t at = (offset + i) % period;
        bytes[i] = static_cast<char>(at + at / 251);
    }
    return bytes;
}

std::string payload(const std::string &text)
{
    if (text == "-")
        return {};
    if (text.rfind("pattern:", 0) == 0) {
        const std::size_t at = text.find('@');
        const long count = to_number(text.substr(8, at == std::string::npos ? at : at - 8));
        const long offset = at == std::string::npos ? 0 : to_number(text.substr(at + 1));
        if (count < 0 || offset < 0 || static_cast<std::size_t>(count) > max_payload)
            throw malformed{"payload"};
        return pattern(static_cast<std::size_t>(count), static_cast<std::size_t>(offset));
    }
    if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
        throw malformed{"payload"};
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

std::string hex(std::string_view bytes)
{
    std::string text;
    for (const char byte : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
        text += digits;
    }
    return text;
}

std::string received(std::string_view bytes)
{
    const std::string count = "n=" + std::to_string(bytes.size());
    if (bytes.size() <= 64)
        return count + " data=" + (bytes.empty() ? "-" : hex(bytes));
    unsigned a = 1, b = 0; // Adler-32
    for (const char byte : bytes) {
        a = (a + static_cast<unsigned char>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    char hash[16];
    std::snprintf(hash, sizeof hash, " hash=%08x", b << 16 | a);
    return count + hash;
}
