// How a stream is divided into messages. Part of polysock.hpp.

#ifndef POLYSOCK_FRAMING_HPP
#define POLYSOCK_FRAMING_HPP

#include <polysock/memory.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace polysock {

// A message to send, made of anything that polysock::bytes accepts; or one that was received, valid until the reader's next call.
struct frame : ::polysock_frame {
    constexpr frame() noexcept : ::polysock_frame{nullptr, 0} {}
    frame(bytes all) noexcept : ::polysock_frame{all.data(), all.size()} {} // NOLINT: converts on purpose
    template <class Bytes, std::enable_if_t<std::is_convertible_v<const Bytes &, bytes>, int> = 0>
    frame(const Bytes &all) : frame(bytes(all)) // NOLINT: converts on purpose
    {
    }
    template <std::size_t N> frame(char (&)[N]) = delete; // as of bytes: its length must be written, too
    explicit frame(const void *data_, std::size_t n) noexcept : ::polysock_frame{data_, n} {}
    // The first n bytes of an array, which must have that many.
    template <class T, std::size_t N> explicit frame(const T (&array)[N], std::size_t n) : frame(bytes(array, n)) {}

    std::string_view view() const noexcept { return {static_cast<const char *>(data), len}; }
    operator std::string_view() const noexcept { return view(); } // NOLINT: converts on purpose
};

// Arrays of them are arrays of the C library's.
static_assert(sizeof(frame) == sizeof(::polysock_frame) && std::is_standard_layout_v<frame>);

enum class byte_order { big = POLYSOCK_BIG_ENDIAN, little = POLYSOCK_LITTLE_ENDIAN };

// How a stream is divided into messages, and how long one may be (16 MiB). The default is a 32-bit length in network byte
// order before each. A call that is given an invalid framing, such as one of 24 bits, throws.
class framing {
public:
    framing() noexcept = default;

    static framing length_prefix(int bits = 32, byte_order order = byte_order::big) noexcept
    {
        framing f(POLYSOCK_FRAMING_LENGTH);
        f.raw_.bits = bits;
        f.raw_.byte_order = static_cast<int>(order);
        return f;
    }
    // protobuf's delimited format.
    static framing varint() noexcept { return framing(POLYSOCK_FRAMING_VARINT); }
    // 1 to 16 bytes that follow each message.
    static framing delimiter(bytes end) noexcept
    {
        framing f(POLYSOCK_FRAMING_DELIMITER);
        constexpr std::size_t most = POLYSOCK_DELIMITER_MAX;
        std::copy_n(static_cast<const unsigned char *>(end.data()), (std::min)(end.size(), most), f.raw_.delimiter);
        f.raw_.delimiter_len = static_cast<int>((std::min)(end.size(), most + 1)); // the library refuses that many
        return f;
    }
    static framing lines() noexcept { return framing(POLYSOCK_FRAMING_LINES); }
    static framing fixed(std::size_t size) noexcept
    {
        framing f(POLYSOCK_FRAMING_FIXED);
        f.raw_.fixed_size = size;
        return f;
    }

    // The longest message in bytes; zero is the default.
    framing with_limit(std::size_t bytes) const noexcept
    {
        framing f = *this;
        f.raw_.limit = bytes;
        return f;
    }

    const ::polysock_framing *get() const noexcept { return &raw_; }

private:
    explicit framing(int kind) noexcept { raw_.kind = kind; }

    ::polysock_framing raw_{};
};

} // namespace polysock

#endif // POLYSOCK_FRAMING_HPP
