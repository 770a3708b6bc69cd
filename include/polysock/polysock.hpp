// polysock for C++17: the C library with owners, exceptions and std::chrono. Header-only; it decides nothing itself.
//
//     polysock::socket s = polysock::create_connection("localhost", "8080", std::chrono::seconds(5));
//     s.send_all("hello", 5);
//     char buf[512];
//     std::size_t n = s.recv(buf, sizeof buf, std::chrono::seconds(1));
//
// Every call that can wait takes a timeout last: a std::chrono duration, polysock::infinite, or nothing for what the
// socket was set to (set_timeout; for ever unless set). Durations are rounded up to milliseconds; zero tries once.
// What fails throws polysock::error, a std::system_error whose code() compares with std::errc where errno has such a number.

#ifndef POLYSOCK_POLYSOCK_HPP
#define POLYSOCK_POLYSOCK_HPP

#include <polysock/polysock.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace polysock {

namespace detail {

class category final : public std::error_category {
public:
    const char *name() const noexcept override { return "polysock"; }
    std::string message(int code) const override { return ::polysock_strerror(code); }
    std::error_condition default_error_condition(int code) const noexcept override
    {
        const int os_errno = ::polysock_errno_of(code);
        return os_errno != 0 ? std::error_condition(os_errno, std::generic_category())
                             : std::error_condition(code, *this);
    }
};

} // namespace detail

// The category of polysock's codes: std::error_code(POLYSOCK_ECLOSED, polysock::error_category()).
inline const std::error_category &error_category() noexcept
{
    static const detail::category the_category;
    return the_category;
}

// A failed call: code().value() is the POLYSOCK_E number, what() the words of polysock_last_detail().
class error : public std::system_error {
public:
    explicit error(int code, std::size_t done = 0)
        : std::system_error(code, error_category(), ::polysock_last_detail()), done_(done)
    {
    }

    // How many bytes send_all or recv_exact had moved.
    std::size_t done() const noexcept { return done_; }

private:
    std::size_t done_;
};

namespace detail {

template <class Number> Number check(Number result)
{
    if (result < 0)
        throw error(static_cast<int>(result));
    return result;
}

} // namespace detail

// How long a call may wait.
class timeout {
public:
    // What the socket was set to.
    constexpr timeout() noexcept : ms_(POLYSOCK_DEFAULT) {}

    template <class Rep, class Period>
    constexpr timeout(std::chrono::duration<Rep, Period> time) // NOLINT: converts on purpose
        : ms_(milliseconds(time))
    {
    }

    static constexpr timeout never() noexcept
    {
        timeout t;
        t.ms_ = POLYSOCK_INFINITE;
        return t;
    }

    constexpr int ms() const noexcept { return ms_; }

private:
    template <class Rep, class Period>
    static constexpr int milliseconds(std::chrono::duration<Rep, Period> time)
    {
        using wide = std::chrono::duration<double, std::milli>;
        const int most = (std::numeric_limits<int>::max)();
        if (time < time.zero())
            return POLYSOCK_DEFAULT - 1; // the library refuses it and says so
        if (std::chrono::duration_cast<wide>(time).count() >= static_cast<double>(most))
            return most;
        const auto down = std::chrono::duration_cast<std::chrono::duration<int, std::milli>>(time);
        return down < time ? down.count() + 1 : down.count();
    }

    int ms_;
};

// Wait for ever.
inline constexpr timeout infinite = timeout::never();

// An address: a value.
class address {
public:
    address() noexcept : raw_{} {}
    address(const ::polysock_addr &raw) noexcept : raw_(raw) {} // NOLINT: converts on purpose

    // Numeric text: "1.2.3.4:80", "[::1]:80", "unix:/path".
    explicit address(const std::string &text, std::uint16_t default_port = 0)
    {
        detail::check(::polysock_addr_parse(&raw_, text.c_str(), default_port));
    }

    std::string str() const { return text(::polysock_addr_format); }
    std::string ip() const { return text(::polysock_addr_ip); }
    std::uint16_t port() const noexcept { return ::polysock_addr_port(&raw_); }
    int family() const { return detail::check(::polysock_addr_family(&raw_)); }
    const ::polysock_addr *get() const noexcept { return &raw_; }
    ::polysock_addr *get() noexcept { return &raw_; }

    friend bool operator==(const address &a, const address &b) noexcept { return ::polysock_addr_equal(&a.raw_, &b.raw_); }
    friend bool operator!=(const address &a, const address &b) noexcept { return !(a == b); }

private:
    std::string text(int (*write)(const ::polysock_addr *, char *, std::size_t)) const
    {
        char buf[POLYSOCK_ADDR_TEXT_SIZE];
        return std::string(buf, static_cast<std::size_t>(detail::check(write(&raw_, buf, sizeof buf))));
    }

    ::polysock_addr raw_;
};

// Looks up a host and a service.
inline std::vector<address> getaddrinfo(const std::string &host, const std::string &service,
                                        int family = POLYSOCK_AF_UNSPEC, int type = POLYSOCK_SOCK_STREAM, int flags = 0)
{
    std::vector<::polysock_addr> found(16);
    for (;;) {
        const int count = detail::check(
            ::polysock_getaddrinfo(host.c_str(), service.c_str(), family, type, flags, found.data(), found.size()));
        const bool all = static_cast<std::size_t>(count) <= found.size();
        found.resize(static_cast<std::size_t>(count));
        if (all)
            return {found.begin(), found.end()};
    }
}

// A socket: owns its handle, moves, and frees it in the end. Any thread may use it and any may close it; only the owner
// moves or destroys it.
class socket {
public:
    // No socket at all.
    socket() noexcept = default;

    explicit socket(int family, int type = POLYSOCK_SOCK_STREAM, int protocol = 0)
    {
        detail::check(::polysock_socket(&handle_, family, type, protocol));
    }

    // Adopts a handle of the C library.
    static socket adopt(::polysock_t *handle) noexcept
    {
        socket s;
        s.handle_ = handle;
        return s;
    }

    // Adopts a descriptor; when it throws, the descriptor stays the caller's.
    static socket from_fd(int fd)
    {
        socket s;
        detail::check(::polysock_from_fd(&s.handle_, fd));
        return s;
    }

    socket(socket &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    socket &operator=(socket &&other) noexcept
    {
        if (this != &other) {
            ::polysock_free(handle_);
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    socket(const socket &) = delete;
    socket &operator=(const socket &) = delete;
    ~socket() { ::polysock_free(handle_); }

    // Whether it holds a handle, open or closed.
    explicit operator bool() const noexcept { return handle_ != nullptr; }
    ::polysock_t *get() const noexcept { return handle_; }
    // Gives the handle up; the caller frees it.
    ::polysock_t *release() noexcept { return std::exchange(handle_, nullptr); }

    int fileno() const { return detail::check(::polysock_fileno(handle_)); }
    int detach() { return detail::check(::polysock_detach(handle_)); }
    bool is_closed() const noexcept { return ::polysock_is_closed(handle_); }
    void close() { detail::check(::polysock_close(handle_)); }
    // As java.net.Socket.close: FIN first.
    void net_close() { detail::check(::polysock_net_close(handle_)); }
    void abort() { detail::check(::polysock_abort(handle_)); }
    void shutdown(int how) { detail::check(::polysock_shutdown(handle_, how)); }
    // "ESTABLISHED"; nothing when closed or not TCP.
    std::optional<std::string_view> state() const noexcept
    {
        const char *text = ::polysock_state(handle_);
        return text == nullptr ? std::nullopt : std::optional<std::string_view>(text);
    }

    void bind(const address &a) { detail::check(::polysock_bind(handle_, a.get())); }
    void listen(int backlog = 128) { detail::check(::polysock_listen(handle_, backlog)); }
    void connect(const address &a, timeout t = {}) { detail::check(::polysock_connect(handle_, a.get(), t.ms())); }
    socket accept(timeout t = {}) { return accept_from(nullptr, t); }
    socket accept(address &peer, timeout t = {}) { return accept_from(peer.get(), t); }

    address getsockname() const
    {
        address a;
        detail::check(::polysock_getsockname(handle_, a.get()));
        return a;
    }

    address getpeername() const
    {
        address a;
        detail::check(::polysock_getpeername(handle_, a.get()));
        return a;
    }

    std::size_t send(const void *data, std::size_t n, timeout t = {}, int flags = 0)
    {
        return static_cast<std::size_t>(detail::check(::polysock_send(handle_, data, n, flags, t.ms())));
    }

    // 0 is the end of the stream.
    std::size_t recv(void *room, std::size_t n, timeout t = {}, int flags = 0)
    {
        return static_cast<std::size_t>(detail::check(::polysock_recv(handle_, room, n, flags, t.ms())));
    }

    void send_all(const void *data, std::size_t n, timeout t = {})
    {
        std::size_t done = 0;
        const int code = ::polysock_sendall(handle_, data, n, &done, t.ms());
        if (code < 0)
            throw error(code, done);
    }

    void send_all(std::string_view data, timeout t = {}) { send_all(data.data(), data.size(), t); }

    void recv_exact(void *room, std::size_t n, timeout t = {})
    {
        std::size_t done = 0;
        const int code = ::polysock_recv_exact(handle_, room, n, &done, t.ms());
        if (code < 0)
            throw error(code, done);
    }

    // For calls without a timeout: recv and accept; send and connect. A default timeout() leaves one as it is.
    void set_timeout(timeout recv, timeout send) { detail::check(::polysock_set_timeout(handle_, recv.ms(), send.ms())); }
    void set_timeout(timeout both) { set_timeout(both, both); }
    void set_blocking(bool on) { detail::check(::polysock_set_blocking(handle_, on)); }

    // Nothing is off; parts of a second are rounded up.
    void set_linger(std::optional<std::chrono::milliseconds> time)
    {
        int seconds = POLYSOCK_LINGER_OFF;
        if (time) {
            const auto whole = (time->count() + 999) / 1000;
            seconds = time->count() < 0 ? POLYSOCK_LINGER_OFF - 1
                      : whole > (std::numeric_limits<int>::max)() ? (std::numeric_limits<int>::max)()
                                                                  : static_cast<int>(whole);
        }
        detail::check(::polysock_set_linger(handle_, seconds));
    }

    std::optional<std::chrono::seconds> linger() const
    {
        int seconds = 0;
        detail::check(::polysock_get_linger(handle_, &seconds));
        return seconds == POLYSOCK_LINGER_OFF ? std::nullopt : std::optional(std::chrono::seconds(seconds));
    }

    // Zero is the system's own number.
    void set_keepalive(bool on, std::chrono::duration<int> idle = {}, std::chrono::duration<int> interval = {}, int count = 0)
    {
        detail::check(::polysock_set_keepalive(handle_, on, idle.count(), interval.count(), count));
    }

    bool keepalive() const { return flag([](const ::polysock_t *s, bool *on) {
        return ::polysock_get_keepalive(s, on, nullptr, nullptr, nullptr);
    }); }
    void set_nodelay(bool on) { detail::check(::polysock_set_nodelay(handle_, on)); }
    bool nodelay() const { return flag(::polysock_get_nodelay); }
    void set_reuseaddr(bool on) { detail::check(::polysock_set_reuseaddr(handle_, on)); }
    bool reuseaddr() const { return flag(::polysock_get_reuseaddr); }

    template <class Value> void setsockopt(int level, int name, const Value &value)
    {
        detail::check(::polysock_setsockopt(handle_, level, name, &value, sizeof value));
    }

    template <class Value> Value getsockopt(int level, int name) const
    {
        Value value{};
        std::size_t size = sizeof value;
        detail::check(::polysock_getsockopt(handle_, level, name, &value, &size));
        return value;
    }

private:
    socket accept_from(::polysock_addr *peer, timeout t)
    {
        socket s;
        detail::check(::polysock_accept(handle_, &s.handle_, peer, t.ms()));
        return s;
    }

    template <class Get> bool flag(Get get) const
    {
        bool on = false;
        detail::check(get(handle_, &on));
        return on;
    }

    ::polysock_t *handle_ = nullptr;
};

inline socket create_connection(const std::string &host, const std::string &service, timeout t = {})
{
    ::polysock_t *handle = nullptr;
    detail::check(::polysock_create_connection(&handle, host.c_str(), service.c_str(), t.ms()));
    return socket::adopt(handle);
}

// "host:80"
inline socket create_connection(const std::string &host_and_service, timeout t = {})
{
    ::polysock_t *handle = nullptr;
    detail::check(::polysock_create_connection(&handle, host_and_service.c_str(), nullptr, t.ms()));
    return socket::adopt(handle);
}

inline socket create_server(const std::string &host, const std::string &service, int backlog = 128)
{
    ::polysock_t *handle = nullptr;
    detail::check(::polysock_create_server(&handle, host.c_str(), service.c_str(), backlog));
    return socket::adopt(handle);
}

} // namespace polysock

#endif // POLYSOCK_POLYSOCK_HPP
