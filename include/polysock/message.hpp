// Messages in pieces, with control messages. Part of polysock.hpp.

#ifndef POLYSOCK_MESSAGE_HPP
#define POLYSOCK_MESSAGE_HPP

#include <polysock/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace polysock {

// Pieces of memory to send from and to receive into.
using iovec = ::polysock_iovec;
using pieces = span<const iovec>;
using credentials = ::polysock_credentials;
using tcp_stats = ::polysock_tcp_stats;

// A received descriptor: owned, and closed by the destructor unless released.
class descriptor {
public:
    descriptor() noexcept = default;
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor &operator=(descriptor &&other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    descriptor(const descriptor &) = delete;
    descriptor &operator=(const descriptor &) = delete;
    ~descriptor()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

namespace detail {

// All descriptors that `take` hands out, one per call.
template <class Take> std::vector<descriptor> take_fds(Take take)
{
    std::vector<descriptor> all;
    int fd = -1;
    all.reserve(16);
    while (check(take(&fd)) == 1)
        all.emplace_back(fd);
    return all;
}

} // namespace detail

// Control messages: those added are sent, those received can be read. Only one thread at a time may use it. Received
// descriptors are closed with it, or by the next receive into it, unless they were taken.
class control {
public:
    explicit control(std::size_t room = POLYSOCK_CONTROL_ROOM) { detail::check(::polysock_control_new(&control_, room)); }
    control(control &&other) noexcept : control_(std::exchange(other.control_, nullptr)) {}
    control &operator=(control &&other) noexcept
    {
        std::swap(control_, other.control_);
        return *this;
    }
    control(const control &) = delete;
    control &operator=(const control &) = delete;
    ~control() { ::polysock_control_free(control_); }
    ::polysock_control *get() const noexcept { return control_; }

    void clear() { detail::check(::polysock_control_clear(control_)); }
    // They stay the caller's, and must be open until they are sent.
    void add_fds(span<const int> fds) { detail::check(::polysock_control_add_fds(control_, fds.data(), fds.size())); }
    void add_credentials(const credentials &who) { detail::check(::polysock_control_add_credentials(control_, &who)); }
    void add_packet_info(const address &source, std::uint32_t interface_index = 0)
    {
        detail::check(::polysock_control_add_packet_info(control_, source.get(), interface_index));
    }
    void add(int level, int kind, bytes data)
    {
        detail::check(::polysock_control_add(control_, level, kind, data.data(), data.size()));
    }

    std::size_t count() const { return static_cast<std::size_t>(detail::check(::polysock_control_count(control_))); }

    // A received message; its bytes are valid until the next receive.
    struct message {
        int level, kind;
        std::string_view data;
    };
    message at(std::size_t index) const
    {
        message m{};
        const void *data = nullptr;
        std::size_t len = 0;
        detail::check(::polysock_control_get(control_, index, &m.level, &m.kind, &data, &len));
        m.data = {static_cast<const char *>(data), len};
        return m;
    }

    std::vector<descriptor> take_fds()
    {
        return detail::take_fds([this](int *fd) { return ::polysock_control_take_fds(control_, fd, 1); });
    }

    // Empty when the message has none.
    std::optional<credentials> who() const
    {
        credentials c{};
        return has(::polysock_control_credentials(control_, &c)) ? std::optional(c) : std::nullopt;
    }
    std::optional<std::pair<address, std::uint32_t>> packet_info() const
    {
        address a;
        std::uint32_t interface_index = 0;
        if (!has(::polysock_control_packet_info(control_, a.get(), &interface_index)))
            return std::nullopt;
        return std::pair(a, interface_index);
    }
    // The time since 1970.
    std::optional<std::chrono::nanoseconds> timestamp() const
    {
        std::uint64_t ns = 0;
        if (!has(::polysock_control_timestamp(control_, &ns)))
            return std::nullopt;
        return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(ns));
    }

private:
    static bool has(int code)
    {
        if (code == POLYSOCK_ENOENT)
            return false;
        detail::check(code);
        return true;
    }

    ::polysock_control *control_ = nullptr;
};

// The result of a receive.
struct received {
    std::size_t count;
    address from; // of length 0 for an unnamed sender, and on streams
    int flags;

    // The datagram was longer, and the rest is lost.
    bool truncated() const noexcept { return (flags & POLYSOCK_MSG_TRUNC) != 0; }
    bool control_truncated() const noexcept { return (flags & POLYSOCK_MSG_CTRUNC) != 0; }
};

} // namespace polysock

#endif // POLYSOCK_MESSAGE_HPP
