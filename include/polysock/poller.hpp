// Waiting for many sockets. Part of polysock.hpp.

#ifndef POLYSOCK_POLLER_HPP
#define POLYSOCK_POLLER_HPP

#include <polysock/socket.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace polysock {

// poll() sets revents of all entries and returns 0 when time is up. Without a timeout it waits forever.
using pollfd = ::polysock_pollfd;

inline pollfd poll_entry(const socket &s, short events) { return {s.get(), -1, events, 0, 0}; }
inline pollfd poll_entry(int fd, short events) { return {nullptr, fd, events, 0, 0}; }

inline std::size_t poll(span<pollfd> set, timeout t = {})
{
    return static_cast<std::size_t>(detail::check(::polysock_poll(set.data(), set.size(), t.ms())));
}

using event = ::polysock_event;

// Many sockets, each registered once. Any thread may use it; only the owner may move or destroy it. In a forked child it has
// the same registrations.
class poller {
public:
    enum class mode { level = POLYSOCK_POLL_LEVEL, edge = POLYSOCK_POLL_EDGE, oneshot = POLYSOCK_POLL_ONESHOT };

    poller() { detail::check(::polysock_poller_new(&poller_)); }
    poller(poller &&other) noexcept : poller_(std::exchange(other.poller_, nullptr)) {}
    poller &operator=(poller &&other) noexcept
    {
        std::swap(poller_, other.poller_);
        return *this;
    }
    poller(const poller &) = delete;
    poller &operator=(const poller &) = delete;
    ~poller() { ::polysock_poller_free(poller_); }
    ::polysock_poller *get() const noexcept { return poller_; }

    void add(const socket &s, std::uint64_t token, int events, mode m = mode::level)
    {
        detail::check(::polysock_poller_add(poller_, s.get(), token, events, static_cast<int>(m)));
    }
    void modify(const socket &s, std::uint64_t token, int events, mode m = mode::level)
    {
        detail::check(::polysock_poller_modify(poller_, s.get(), token, events, static_cast<int>(m)));
    }
    void remove(const socket &s) { detail::check(::polysock_poller_remove(poller_, s.get())); }

    void add(int fd, std::uint64_t token, int events, mode m = mode::level)
    {
        detail::check(::polysock_poller_add_fd(poller_, fd, token, events, static_cast<int>(m)));
    }
    void modify(int fd, std::uint64_t token, int events, mode m = mode::level)
    {
        detail::check(::polysock_poller_modify_fd(poller_, fd, token, events, static_cast<int>(m)));
    }
    void remove(int fd) { detail::check(::polysock_poller_remove_fd(poller_, fd)); }

    std::size_t wait(span<event> events, timeout t = {})
    {
        return static_cast<std::size_t>(detail::check(::polysock_poller_wait(poller_, events.data(), events.size(), t.ms())));
    }
    // At most 64 events.
    std::vector<event> wait(timeout t = {})
    {
        std::vector<event> found(64);
        found.resize(wait(span<event>(found), t));
        return found;
    }
    void wake() { detail::check(::polysock_poller_wake(poller_)); }
    void close() { detail::check(::polysock_poller_close(poller_)); }

private:
    ::polysock_poller *poller_ = nullptr;
};

} // namespace polysock

#endif // POLYSOCK_POLLER_HPP
