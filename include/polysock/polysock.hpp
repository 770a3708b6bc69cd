// polysock for C++17: the C library with owning classes, exceptions and std::chrono. Header-only, without behaviour of its own.
//
//     polysock::socket s = polysock::create_connection("localhost", 8080, std::chrono::seconds(5));
//     s.send_all("hello");
//     char buf[512];
//     std::size_t n = s.recv(buf, std::chrono::seconds(1));
//
// Sends take polysock::bytes: text, or a container of bytes. Receives take a polysock::buffer: an array or a container.
// Both know their length. Write a pointer and its length as bytes(p, n) or buffer(p, n), so that no other number is taken
// for a length.
//
// Every call that can wait takes a timeout: a std::chrono duration, polysock::infinite, or none for the socket's own (set by
// set_timeout; for ever unless set). Durations are rounded up to milliseconds; zero tries once.
// A failure throws polysock::error, a std::system_error whose code() compares with std::errc if errno has such a number.

#ifndef POLYSOCK_POLYSOCK_HPP
#define POLYSOCK_POLYSOCK_HPP

#include <polysock/polysock.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <unistd.h>

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

// A failed call: code().value() is the POLYSOCK_E number, what() the text of polysock_last_detail().
class error : public std::system_error {
public:
    explicit error(int code, std::uint64_t done = 0) : error(code, done, ::polysock_last_detail()) {}

    error(int code, std::uint64_t done, const std::string &text)
        : std::system_error(code, error_category()), text_(text), done_(done)
    {
    }

    // The text alone: std::system_error would add that of the code, which it already includes.
    const char *what() const noexcept override { return text_.what(); }

    // Whether the call's time limit passed. If the kernel gave up the connection, the code is POLYSOCK_ECONNTIMEDOUT.
    // Both codes compare equal to std::errc::timed_out.
    bool timed_out() const noexcept { return code() == std::error_code(POLYSOCK_ETIMEDOUT, error_category()); }

    // How many bytes send_all, sendfile, recv_exact or net_write had transferred.
    std::uint64_t done() const noexcept { return done_; }

private:
    std::runtime_error text_; // a string whose copies do not throw
    std::uint64_t done_;
};

namespace detail {

template <class Number> Number check(Number result)
{
    if (result < 0)
        throw error(static_cast<int>(result));
    return result;
}

// For arguments that this header refuses, without calling the library.
[[noreturn]] inline void refuse(const std::string &text) { throw error(POLYSOCK_EINVAL, 0, text); }

// Text for C, which ends at the first NUL.
inline const char *c_text(const std::string &text)
{
    if (text.find('\0') != std::string::npos)
        refuse("the text contains a NUL");
    return text.c_str();
}

inline std::string_view view(std::string_view text) noexcept { return text; }

// A pointer that may be null, such as one from getenv(3).
inline std::string_view view(const char *text)
{
    if (text == nullptr)
        refuse("the text is NULL");
    return text;
}

inline const char *c_text(const std::optional<std::string> &text) { return text ? c_text(*text) : nullptr; }

inline std::size_t within(std::size_t n, std::size_t size)
{
    if (n > size)
        refuse("the length " + std::to_string(n) + " is more than the array's " + std::to_string(size) + " bytes");
    return n;
}

template <class T, class... Bytes> inline constexpr bool is_one_of = std::disjunction_v<std::is_same<std::remove_cv_t<T>, Bytes>...>;
#ifdef __cpp_char8_t
template <class T> inline constexpr bool is_byte = is_one_of<T, char, signed char, unsigned char, std::byte, char8_t>;
#else
template <class T> inline constexpr bool is_byte = is_one_of<T, char, signed char, unsigned char, std::byte>;
#endif

// The type of a container's elements, from std::data; void if it is not a container.
template <class C, class = void> struct element {
    using type = void;
};
template <class C>
struct element<C, std::void_t<decltype(std::data(std::declval<C &>())), decltype(std::size(std::declval<C &>()))>> {
    using type = std::remove_pointer_t<decltype(std::data(std::declval<C &>()))>;
};
template <class C> using element_t = typename element<C>::type;

// A port number is an integer, but not a bool or a character.
template <class N>
inline constexpr bool is_number = std::is_integral_v<N> && !is_one_of<N, bool, char, wchar_t, char16_t, char32_t>;

// The number as a port; when it is out of range, `argument` names it in the error.
template <class Number> std::uint16_t port(const char *argument, Number number)
{
    const auto low_bits = static_cast<std::uint16_t>(number);
    if (std::to_string(low_bits) != std::to_string(number))
        refuse(std::string(argument) + " must be 0 to 65535, not " + std::to_string(number));
    return low_bits;
}

// A time as an int for C; one that does not fit becomes the nearest that does.
template <class Rep, class Period> int c_int(std::chrono::duration<Rep, Period> time)
{
    using limits = std::numeric_limits<int>;
    return static_cast<int>(std::clamp<Rep>(time.count(), (limits::min)(), (limits::max)()));
}

} // namespace detail

// Bytes to send, valid during a call: text up to its NUL, any container of bytes, or bytes(pointer, length).
class bytes {
public:
    constexpr bytes() noexcept = default;
    // A literal, without its NUL. With a NUL in the middle its length is ambiguous: write bytes(p, n) or std::string_view(p).
    template <std::size_t N>
    bytes(const char (&text)[N]) // NOLINT: converts on purpose
        : data_(text), size_(static_cast<std::size_t>(std::find(text, text + N, '\0') - text))
    {
        if (size_ + 1 < N)
            detail::refuse("an array of char with a NUL in the middle needs its length, as in bytes(p, n)");
    }
    // An array that is filled at run time may hold text or other bytes: its length must be written, too.
    template <std::size_t N> bytes(char (&)[N]) = delete;
    template <class Text, std::enable_if_t<std::is_convertible_v<const Text &, std::string_view> && !std::is_array_v<Text>, int> = 0>
    bytes(const Text &text) // NOLINT: converts on purpose
        : bytes(detail::view(text))
    {
    }
    bytes(std::string_view text) noexcept : data_(text.data()), size_(text.size()) {} // NOLINT: converts on purpose
    template <class Container,
              std::enable_if_t<detail::is_byte<detail::element_t<const Container>> &&
                                   !std::is_convertible_v<const Container &, std::string_view>,
                               int> = 0>
    bytes(const Container &all) noexcept // NOLINT: converts on purpose
        : data_(std::data(all)), size_(std::size(all))
    {
    }
    bytes(std::nullptr_t) = delete;
    explicit bytes(const void *data, std::size_t n) noexcept : data_(data), size_(n) {}
    // The first n bytes of an array, which must have that many.
    template <class T, std::size_t N>
    explicit bytes(const T (&array)[N], std::size_t n) : data_(array), size_(detail::within(n, sizeof array))
    {
    }

    constexpr const void *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }

private:
    const void *data_ = nullptr;
    std::size_t size_ = 0;
};

// Where received bytes go, valid during a call: a whole array or container of bytes, or buffer(pointer, length).
class buffer {
public:
    template <class Container, std::enable_if_t<detail::is_byte<detail::element_t<Container>> &&
                                                    !std::is_const_v<detail::element_t<Container>>,
                                                int> = 0>
    buffer(Container &all) noexcept // NOLINT: converts on purpose
        : data_(std::data(all)), size_(std::size(all))
    {
    }
    buffer(std::nullptr_t) = delete;
    explicit buffer(void *data, std::size_t n) noexcept : data_(data), size_(n) {}
    // The first n bytes of an array, which must have that many.
    template <class T, std::size_t N>
    explicit buffer(T (&array)[N], std::size_t n) : data_(array), size_(detail::within(n, sizeof array))
    {
    }

    constexpr void *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }

private:
    void *data_;
    std::size_t size_;
};

// Consecutive elements, valid during a call: an array, a container, a list in braces, or span(pointer, count).
template <class T> class span {
public:
    template <class Container, std::enable_if_t<std::is_same_v<std::remove_const_t<detail::element_t<Container>>, std::remove_const_t<T>> &&
                                                    std::is_convertible_v<detail::element_t<Container> *, T *>,
                                                int> = 0>
    span(Container &all) noexcept // NOLINT: converts on purpose
        : span(std::data(all), std::size(all))
    {
    }
    template <class U = T, std::enable_if_t<std::is_const_v<U>, int> = 0>
    span(std::initializer_list<std::remove_const_t<T>> all) noexcept // NOLINT: converts on purpose
        : span(all.begin(), all.size())
    {
    }
    explicit span(T *first, std::size_t n) noexcept : data_(first), size_(n) {}

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }

private:
    T *data_;
    std::size_t size_;
};

// A port: a number, or the name of a service such as "http".
class service {
public:
    service(std::string name) : text_(std::move(name)) {}     // NOLINT: converts on purpose
    service(std::string_view name) : text_(name) {}           // NOLINT: converts on purpose
    service(const char *name) : text_(detail::view(name)) {}  // NOLINT: converts on purpose
    service(std::nullptr_t) = delete;
    template <class Number, std::enable_if_t<detail::is_number<Number>, int> = 0>
    service(Number port) : text_(std::to_string(port)) // NOLINT: converts on purpose
    {
    }

    const std::string &str() const noexcept { return text_; }

private:
    std::string text_;
};

// How long a call may wait.
class timeout {
public:
    // The socket's own.
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

    // A timeout of the C library: POLYSOCK_INFINITE, 0 or milliseconds.
    static constexpr timeout of_ms(int ms) noexcept
    {
        timeout t;
        t.ms_ = ms;
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
            return POLYSOCK_DEFAULT - 1; // refused by the library
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

    // Numeric text: "1.2.3.4:80", "[fe80::1%eth0]:80", "unix:/path".
    explicit address(const std::string &text) : address(text, 0) {}
    template <class Number, std::enable_if_t<detail::is_number<Number>, int> = 0>
    address(const std::string &text, Number default_port) : raw_{}
    {
        const auto port = detail::port("addr_parse: default_port", default_port);
        detail::check(::polysock_addr_parse(&raw_, detail::c_text(text), port));
    }

    std::string str() const { return text(::polysock_addr_format); }
    std::string ip() const { return text(::polysock_addr_ip); }
    std::uint16_t port() const noexcept { return ::polysock_addr_port(&raw_); }
    std::uint32_t scope() const noexcept { return ::polysock_addr_scope(&raw_); }
    // An IPv4-mapped address as IPv4; any other unchanged.
    address unmapped() const
    {
        address a;
        detail::check(::polysock_addr_unmap(&a.raw_, &raw_));
        return a;
    }
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

// Looks up a host and a service; an empty string stands for none.
inline std::vector<address> getaddrinfo(const std::string &host, const service &port,
                                        int family = POLYSOCK_AF_UNSPEC, int type = POLYSOCK_SOCK_STREAM, int flags = 0)
{
    const char *const name = host.empty() ? nullptr : detail::c_text(host);
    const char *const number = port.str().empty() ? nullptr : detail::c_text(port.str());
    std::vector<::polysock_addr> found(16);
    for (;;) {
        const int count = detail::check(
            ::polysock_getaddrinfo(name, number, family, type, flags, found.data(), found.size()));
        const bool all = static_cast<std::size_t>(count) <= found.size();
        found.resize(static_cast<std::size_t>(count));
        if (all)
            return {found.begin(), found.end()};
    }
}

// Looks up the names of an address and of its port; those without a name are returned as numbers. `flags` are NI_ numbers.
inline std::pair<std::string, std::string> getnameinfo(const address &a, int flags = 0)
{
    char host[1025], port[64]; // NI_MAXHOST; longer than any name in services(5)
    detail::check(::polysock_getnameinfo(a.get(), host, sizeof host, port, sizeof port, flags));
    return {host, port};
}

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
        std::vector<descriptor> all;
        int fd = -1;
        all.reserve(16);
        while (detail::check(::polysock_control_take_fds(control_, &fd, 1)) == 1)
            all.emplace_back(fd);
        return all;
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

// A socket: owns its handle and frees it; it can be moved. Any thread may use it and any may close it; only the owner may move
// or destroy it.
class socket {
public:
    // No socket.
    socket() noexcept = default;

    explicit socket(int family, int type = POLYSOCK_SOCK_STREAM, int protocol = 0)
    {
        detail::check(::polysock_socket(&handle_, family, type, protocol));
    }

    // Takes ownership of a handle of the C library.
    static socket adopt(::polysock_t *handle) noexcept
    {
        socket s;
        s.handle_ = handle;
        return s;
    }

    // Takes ownership of a descriptor; when it throws, the descriptor stays the caller's.
    static socket from_fd(int fd)
    {
        socket s;
        detail::check(::polysock_from_fd(&s.handle_, fd));
        return s;
    }

    socket(socket &&other) noexcept : handle_(other.release()) {}
    socket &operator=(socket &&other) noexcept
    {
        if (this != &other)
            reset(other.release(), false);
        return *this;
    }
    socket(const socket &) = delete;
    socket &operator=(const socket &) = delete;
    ~socket() { reset(nullptr, false); }

    // Whether it holds a handle, open or closed.
    explicit operator bool() const noexcept { return handle_ != nullptr; }
    ::polysock_t *get() const noexcept { return handle_; }
    // Releases the handle, which the caller then frees. For a connection lent by a server it is a new handle with the same
    // descriptor and timeouts; nullptr when the connection is closed or another thread is inside a call on it.
    ::polysock_t *release() noexcept
    {
        if (!lent_)
            return std::exchange(handle_, nullptr);
        ::polysock_t *const taken = take_over(handle_);
        if (taken != nullptr)
            reset(nullptr, false);
        return taken;
    }

    // Two Unix domain sockets connected to each other.
    static std::pair<socket, socket> pair(int type = POLYSOCK_SOCK_STREAM)
    {
        socket a, b;
        detail::check(::polysock_socketpair(&a.handle_, &b.handle_, type));
        return {std::move(a), std::move(b)};
    }

    // Another handle for the same socket.
    socket dup() const
    {
        socket s;
        detail::check(::polysock_dup(handle_, &s.handle_));
        return s;
    }

    int fileno() const { return detail::check(::polysock_fileno(handle_)); }
    int detach() { return detail::check(::polysock_detach(handle_)); }
    bool is_closed() const noexcept { return ::polysock_is_closed(handle_); }
    void close() { detail::check(::polysock_close(handle_)); }
    // Resets the connection at once.
    void abort() { detail::check(::polysock_abort(handle_)); }
    void shutdown(int how) { detail::check(::polysock_shutdown(handle_, how)); }
    // "ESTABLISHED"; empty when closed or not TCP.
    std::optional<std::string_view> state() const noexcept
    {
        const char *text = ::polysock_state(handle_);
        return text == nullptr ? std::nullopt : std::optional<std::string_view>(text);
    }

    void bind(const address &a) { detail::check(::polysock_bind(handle_, a.get())); }
    void listen(int backlog = 128) { detail::check(::polysock_listen(handle_, backlog)); }
    void connect(const address &a, timeout t = {}) { detail::check(::polysock_connect(handle_, a.get(), t.ms())); }
    // A datagram socket then sends to and receives from any address again.
    void disconnect() { detail::check(::polysock_disconnect(handle_)); }
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

    std::size_t send(bytes data, timeout t = {}, int flags = 0)
    {
        return count(::polysock_send(handle_, data.data(), data.size(), flags, t.ms()));
    }

    // 0 is the end of the stream.
    std::size_t recv(buffer into, timeout t = {}, int flags = 0)
    {
        return count(::polysock_recv(handle_, into.data(), into.size(), flags, t.ms()));
    }

    std::size_t available() const { return number<std::size_t>(::polysock_available); }

    // One datagram.
    std::size_t sendto(bytes data, const address &to, timeout t = {}, int flags = 0)
    {
        return count(::polysock_sendto(handle_, data.data(), data.size(), flags, to.get(), t.ms()));
    }
    received recvfrom(buffer into, timeout t = {}, int flags = 0)
    {
        received r{0, {}, 0};
        r.count = count(::polysock_recvfrom(handle_, into.data(), into.size(), flags, r.from.get(), &r.flags, t.ms()));
        return r;
    }

    // Several pieces in one call.
    std::size_t sendv(pieces v, timeout t = {}) { return count(::polysock_sendv(handle_, v.data(), v.size(), t.ms())); }
    std::size_t recvv(pieces v, timeout t = {}) { return count(::polysock_recvv(handle_, v.data(), v.size(), t.ms())); }

    // Pieces, an address and control messages.
    std::size_t sendmsg(pieces v, const control *c = nullptr, const address *to = nullptr, timeout t = {}, int flags = 0)
    {
        ::polysock_msg m = POLYSOCK_MSG_INITIALIZER;
        address copy = to == nullptr ? address() : *to;
        m.iov = v.data(), m.iov_count = v.size();
        m.addr = to == nullptr ? nullptr : copy.get();
        m.control = c == nullptr ? nullptr : c->get();
        return count(::polysock_sendmsg(handle_, &m, flags, t.ms()));
    }
    received recvmsg(pieces v, control *c = nullptr, timeout t = {}, int flags = 0)
    {
        received r{0, {}, 0};
        ::polysock_msg m = POLYSOCK_MSG_INITIALIZER;
        m.iov = v.data(), m.iov_count = v.size();
        m.addr = r.from.get();
        m.control = c == nullptr ? nullptr : c->get();
        r.count = count(::polysock_recvmsg(handle_, &m, flags, t.ms()));
        r.flags = m.flags;
        return r;
    }

    // Returns how many bytes were sent.
    std::uint64_t sendfile(int fd, std::uint64_t offset = 0, std::uint64_t n = POLYSOCK_TO_END, timeout t = {})
    {
        std::uint64_t done = 0;
        const int code = ::polysock_sendfile(handle_, fd, offset, n, &done, t.ms());
        if (code < 0)
            throw error(code, done);
        return done;
    }

    void send_all(bytes data, timeout t = {})
    {
        std::size_t done = 0;
        const int code = ::polysock_sendall(handle_, data.data(), data.size(), &done, t.ms());
        if (code < 0)
            throw error(code, done);
    }

    // Fills the buffer.
    void recv_exact(buffer into, timeout t = {})
    {
        std::size_t done = 0;
        const int code = ::polysock_recv_exact(handle_, into.data(), into.size(), &done, t.ms());
        if (code < 0)
            throw error(code, done);
    }

    // Java-style calls. net_read returns 0 at the end of the stream and in every later call; its time limit is net_so_timeout,
    // where zero is for ever. net_write has none.
    std::size_t net_read(buffer into)
    {
        const ssize_t n = ::polysock_net_read(handle_, into.data(), into.size());
        return n == POLYSOCK_EEOF ? 0 : count(n);
    }
    void net_write(bytes data)
    {
        std::size_t done = 0;
        const int code = ::polysock_net_write(handle_, data.data(), data.size(), &done);
        if (code < 0)
            throw error(code, done);
    }
    void net_set_so_timeout(std::chrono::milliseconds time)
    {
        detail::check(::polysock_net_set_so_timeout(handle_, detail::c_int(time)));
    }
    std::chrono::milliseconds net_so_timeout() const
    {
        int ms = 0;
        detail::check(::polysock_net_get_so_timeout(handle_, &ms));
        return std::chrono::milliseconds(ms);
    }
    void net_set_so_linger(bool on, std::chrono::seconds time)
    {
        detail::check(::polysock_net_set_so_linger(handle_, on, detail::c_int(time)));
    }
    // -1 s when it is off.
    std::chrono::seconds net_so_linger() const
    {
        int seconds = 0;
        detail::check(::polysock_net_get_so_linger(handle_, &seconds));
        return std::chrono::seconds(seconds);
    }
    void net_shutdown_input() { detail::check(::polysock_net_shutdown_input(handle_)); }
    void net_shutdown_output() { detail::check(::polysock_net_shutdown_output(handle_)); }
    // Like java.net.Socket.close: FIN first.
    void net_close() { detail::check(::polysock_net_close(handle_)); }

    // For calls without a timeout: recv and accept; send and connect. A default timeout() does not change one.
    void set_timeout(timeout recv, timeout send) { detail::check(::polysock_set_timeout(handle_, recv.ms(), send.ms())); }
    void set_timeout(timeout both) { set_timeout(both, both); }
    timeout recv_timeout() const { return times().first; }
    timeout send_timeout() const { return times().second; }
    void set_blocking(bool on) { detail::check(::polysock_set_blocking(handle_, on)); }

    // std::nullopt is off; fractions of a second are rounded up.
    void set_linger(std::optional<std::chrono::milliseconds> time)
    {
        int seconds = POLYSOCK_LINGER_OFF;
        if (time)
            seconds = *time < time->zero() ? POLYSOCK_LINGER_OFF - 1 : detail::c_int(std::chrono::ceil<std::chrono::seconds>(*time));
        detail::check(::polysock_set_linger(handle_, seconds));
    }

    std::optional<std::chrono::seconds> linger() const
    {
        int seconds = 0;
        detail::check(::polysock_get_linger(handle_, &seconds));
        return seconds == POLYSOCK_LINGER_OFF ? std::nullopt : std::optional(std::chrono::seconds(seconds));
    }

    // Zero is the system's default.
    void set_keepalive(bool on, std::chrono::seconds idle = {}, std::chrono::seconds interval = {}, int count = 0)
    {
        detail::check(::polysock_set_keepalive(handle_, on, detail::c_int(idle), detail::c_int(interval), count));
    }

    bool keepalive() const { return flag([](const ::polysock_t *s, bool *on) {
        return ::polysock_get_keepalive(s, on, nullptr, nullptr, nullptr);
    }); }
    void set_nodelay(bool on) { detail::check(::polysock_set_nodelay(handle_, on)); }
    bool nodelay() const { return flag(::polysock_get_nodelay); }
    void set_reuseaddr(bool on) { detail::check(::polysock_set_reuseaddr(handle_, on)); }
    bool reuseaddr() const { return flag(::polysock_get_reuseaddr); }

    void set_cork(bool on) { detail::check(::polysock_set_cork(handle_, on)); }
    bool cork() const { return flag(::polysock_get_cork); }
    void set_quickack(bool on) { detail::check(::polysock_set_quickack(handle_, on)); }
    bool quickack() const { return flag(::polysock_get_quickack); }
    void set_fastopen_connect(bool on) { detail::check(::polysock_set_fastopen_connect(handle_, on)); }
    bool fastopen_connect() const { return flag(::polysock_get_fastopen_connect); }
    void set_reuseport(bool on) { detail::check(::polysock_set_reuseport(handle_, on)); }
    bool reuseport() const { return flag(::polysock_get_reuseport); }
    void set_broadcast(bool on) { detail::check(::polysock_set_broadcast(handle_, on)); }
    bool broadcast() const { return flag(::polysock_get_broadcast); }
    void set_oobinline(bool on) { detail::check(::polysock_set_oobinline(handle_, on)); }
    bool oobinline() const { return flag(::polysock_get_oobinline); }
    void set_timestamps(bool on) { detail::check(::polysock_set_timestamps(handle_, on)); }
    bool timestamps() const { return flag(::polysock_get_timestamps); }
    void set_passcred(bool on) { detail::check(::polysock_set_passcred(handle_, on)); }
    bool passcred() const { return flag(::polysock_get_passcred); }
    credentials peer_credentials() const { return number<credentials>(::polysock_get_peercred); }
    void set_packet_info(bool on) { detail::check(::polysock_set_packet_info(handle_, on)); }
    bool packet_info() const { return flag(::polysock_get_packet_info); }
    void set_freebind(bool on) { detail::check(::polysock_set_freebind(handle_, on)); }
    bool freebind() const { return flag(::polysock_get_freebind); }
    void set_transparent(bool on) { detail::check(::polysock_set_transparent(handle_, on)); }
    bool transparent() const { return flag(::polysock_get_transparent); }
    void set_v6only(bool on) { detail::check(::polysock_set_v6only(handle_, on)); }
    bool v6only() const { return flag(::polysock_get_v6only); }
    void set_mcast_loop(bool on) { detail::check(::polysock_set_mcast_loop(handle_, on)); }
    bool mcast_loop() const { return flag(::polysock_get_mcast_loop); }
    void set_mcast_all(bool on) { detail::check(::polysock_set_mcast_all(handle_, on)); }
    bool mcast_all() const { return flag(::polysock_get_mcast_all); }
    void set_ttl(int n) { detail::check(::polysock_set_ttl(handle_, n)); }
    int ttl() const { return number<int>(::polysock_get_ttl); }
    void set_tos(int n) { detail::check(::polysock_set_tos(handle_, n)); }
    int tos() const { return number<int>(::polysock_get_tos); }
    void set_hops(int n) { detail::check(::polysock_set_hops(handle_, n)); }
    int hops() const { return number<int>(::polysock_get_hops); }
    void set_tclass(int n) { detail::check(::polysock_set_tclass(handle_, n)); }
    int tclass() const { return number<int>(::polysock_get_tclass); }
    void set_mcast_ttl(int n) { detail::check(::polysock_set_mcast_ttl(handle_, n)); }
    int mcast_ttl() const { return number<int>(::polysock_get_mcast_ttl); }
    void set_priority(int n) { detail::check(::polysock_set_priority(handle_, n)); }
    int priority() const { return number<int>(::polysock_get_priority); }
    void set_fastopen(int n) { detail::check(::polysock_set_fastopen(handle_, n)); }
    int fastopen() const { return number<int>(::polysock_get_fastopen); }
    void set_sndbuf(std::size_t bytes) { detail::check(::polysock_set_sndbuf(handle_, bytes)); }
    std::size_t sndbuf() const { return number<std::size_t>(::polysock_get_sndbuf); }
    void set_rcvbuf(std::size_t bytes) { detail::check(::polysock_set_rcvbuf(handle_, bytes)); }
    std::size_t rcvbuf() const { return number<std::size_t>(::polysock_get_rcvbuf); }
    void set_rcvlowat(std::size_t bytes) { detail::check(::polysock_set_rcvlowat(handle_, bytes)); }
    std::size_t rcvlowat() const { return number<std::size_t>(::polysock_get_rcvlowat); }
    void set_maxseg(std::size_t bytes) { detail::check(::polysock_set_maxseg(handle_, bytes)); }
    std::size_t maxseg() const { return number<std::size_t>(::polysock_get_maxseg); }
    void set_notsent_lowat(std::size_t bytes) { detail::check(::polysock_set_notsent_lowat(handle_, bytes)); }
    std::size_t notsent_lowat() const { return number<std::size_t>(::polysock_get_notsent_lowat); }
    void set_mark(std::uint32_t mark) { detail::check(::polysock_set_mark(handle_, mark)); }
    std::uint32_t mark() const { return number<std::uint32_t>(::polysock_get_mark); }
    void set_incoming_cpu(int cpu) { detail::check(::polysock_set_incoming_cpu(handle_, cpu)); }
    // Empty before the first packet.
    std::optional<int> incoming_cpu() const
    {
        const int cpu = number<int>(::polysock_get_incoming_cpu);
        return cpu < 0 ? std::nullopt : std::optional(cpu);
    }
    // Zero is off, or the system's default.
    void set_defer_accept(std::chrono::seconds time)
    {
        detail::check(::polysock_set_defer_accept(handle_, detail::c_int(time)));
    }
    std::chrono::seconds defer_accept() const { return std::chrono::seconds(number<int>(::polysock_get_defer_accept)); }
    void set_user_timeout(std::chrono::milliseconds time)
    {
        detail::check(::polysock_set_user_timeout(handle_, detail::c_int(time)));
    }
    std::chrono::milliseconds user_timeout() const { return std::chrono::milliseconds(number<int>(::polysock_get_user_timeout)); }
    void set_congestion(const std::string &name) { detail::check(::polysock_set_congestion(handle_, detail::c_text(name))); }
    std::string congestion() const { return text(::polysock_get_congestion); }
    // std::nullopt is any interface.
    void set_device(const std::optional<std::string> &name)
    {
        detail::check(::polysock_set_device(handle_, detail::c_text(name)));
    }
    std::optional<std::string> device() const
    {
        std::string name = text(::polysock_get_device);
        return name.empty() ? std::nullopt : std::optional(std::move(name));
    }

    bool acceptconn() const { return flag(::polysock_get_acceptconn); }
    int domain() const { return number<int>(::polysock_get_domain); }
    int type() const { return number<int>(::polysock_get_type); }
    int protocol() const { return number<int>(::polysock_get_protocol); }
    // The pending error, which is cleared; no error when there is none.
    std::error_code take_error()
    {
        int code = 0;
        detail::check(::polysock_take_error(handle_, &code));
        return code == 0 ? std::error_code() : std::error_code(code, error_category());
    }
    tcp_stats tcp_info() const
    {
        tcp_stats stats;
        detail::check(::polysock_tcp_info(handle_, &stats, sizeof stats));
        return stats;
    }

    // Multicast: on the interface of this name, or on one that the system chooses; from one source or from all.
    void mcast_join(const address &group, const std::optional<std::string> &iface = {}, const std::optional<address> &source = {})
    {
        detail::check(::polysock_mcast_join(handle_, group.get(), detail::c_text(iface), source ? source->get() : nullptr));
    }
    void mcast_leave(const address &group, const std::optional<std::string> &iface = {}, const std::optional<address> &source = {})
    {
        detail::check(::polysock_mcast_leave(handle_, group.get(), detail::c_text(iface), source ? source->get() : nullptr));
    }
    void set_mcast_if(const std::optional<std::string> &iface)
    {
        detail::check(::polysock_set_mcast_if(handle_, detail::c_text(iface)));
    }
    std::uint32_t mcast_if() const { return number<std::uint32_t>(::polysock_get_mcast_if); }

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
    friend class server;

    // Frees the handle, unless another owner lent it, and holds this one from now on.
    void reset(::polysock_t *handle, bool lent) noexcept
    {
        if (!lent_)
            ::polysock_free(handle_);
        handle_ = handle;
        lent_ = lent;
    }

    // Moves descriptor and timeouts to a new handle.
    static ::polysock_t *take_over(::polysock_t *lent) noexcept
    {
        int recv_ms = POLYSOCK_DEFAULT, send_ms = POLYSOCK_DEFAULT;
        ::polysock_t *handle = nullptr;
        ::polysock_get_timeout(lent, &recv_ms, &send_ms);
        const int fd = ::polysock_detach(lent);
        if (fd < 0)
            return nullptr;
        if (::polysock_from_fd(&handle, fd) < 0)
            ::close(fd);
        ::polysock_set_timeout(handle, recv_ms, send_ms);
        return handle;
    }

    socket accept_from(::polysock_addr *peer, timeout t)
    {
        socket s;
        detail::check(::polysock_accept(handle_, &s.handle_, peer, t.ms()));
        return s;
    }

    std::pair<timeout, timeout> times() const
    {
        int recv_ms = 0, send_ms = 0;
        detail::check(::polysock_get_timeout(handle_, &recv_ms, &send_ms));
        return {timeout::of_ms(recv_ms), timeout::of_ms(send_ms)};
    }

    static std::size_t count(::ssize_t n) { return static_cast<std::size_t>(detail::check(n)); }

    template <class Number, class Get> Number number(Get read) const
    {
        Number n{};
        detail::check(read(handle_, &n));
        return n;
    }

    std::string text(int (*read)(const ::polysock_t *, char *, std::size_t)) const
    {
        char buf[64];
        return std::string(buf, static_cast<std::size_t>(detail::check(read(handle_, buf, sizeof buf))));
    }

    template <class Get> bool flag(Get read) const
    {
        bool on = false;
        detail::check(read(handle_, &on));
        return on;
    }

    ::polysock_t *handle_ = nullptr;
    bool lent_ = false; // by a server, which frees it
};

inline socket create_connection(const std::string &host, const service &port, timeout t = {})
{
    ::polysock_t *handle = nullptr;
    detail::check(::polysock_create_connection(&handle, detail::c_text(host), detail::c_text(port.str()), t.ms()));
    return socket::adopt(handle);
}

// "host:80", "unix:/path"
inline socket create_connection(const std::string &host_and_port, timeout t = {})
{
    ::polysock_t *handle = nullptr;
    detail::check(::polysock_create_connection(&handle, detail::c_text(host_and_port), nullptr, t.ms()));
    return socket::adopt(handle);
}

// An empty host is every interface.
inline socket create_server(const std::string &host, const service &port, int backlog = 128)
{
    ::polysock_t *handle = nullptr;
    detail::check(::polysock_create_server(&handle, detail::c_text(host), detail::c_text(port.str()), backlog));
    return socket::adopt(handle);
}

// "127.0.0.1:80", ":80", "unix:/path"
inline socket create_server(const std::string &host_and_port)
{
    ::polysock_t *handle = nullptr;
    detail::check(::polysock_create_server(&handle, detail::c_text(host_and_port), nullptr, 128));
    return socket::adopt(handle);
}

// Like java.net.ServerSocket: reuse-address, a backlog of 50, every interface unless a host is given.
template <class Number, std::enable_if_t<detail::is_number<Number>, int> = 0>
socket net_server_socket(Number port, int backlog = 50, const std::string &host = "")
{
    ::polysock_t *handle = nullptr;
    const auto number = detail::port("net_server_socket: port", port);
    detail::check(::polysock_net_server_socket(&handle, number, backlog, detail::c_text(host)));
    return socket::adopt(handle);
}

// poll() sets revents of all entries and returns 0 when time is up. Without a timeout it waits for ever.
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

// The options of a server.
struct server_options {
    // How many connections are handled at once; 0 for the library's default, 100.
    std::size_t max_connections = 0;
    // Called with what a handler threw and the address of its peer; or with a failure of the server itself and nullptr.
    // Several threads call it at once. By default failures are not reported. Failures that peers can cause at will are
    // reported at most once a second: resets, and errors with POLYSOCK_ETIMEDOUT if there is an idle timeout.
    std::function<void(std::exception_ptr, const address *)> on_error = nullptr;
    // How long a peer may be silent: the timeout that connections start with. Zero or less: for ever.
    std::chrono::milliseconds idle_timeout{0};
    // How long a handler may take; then its connection is closed, and throwing POLYSOCK_ECLOSED does not count as a failure.
    // Zero or less: no limit.
    std::chrono::milliseconds handler_timeout{0};
};

// The counters of a server.
struct server_stats {
    std::uint64_t handled = 0;          // connections whose handlers have returned
    std::uint64_t resets = 0;           // handlers that failed because the peer had reset the connection or was gone, and
                                        // connections that were reset before they were accepted
    std::uint64_t idle_timeouts = 0;    // handlers that failed because the peer was silent for too long
    std::uint64_t handler_timeouts = 0; // connections that were closed because their handlers took too long
};

// A listener and threads that pass each connection to a handler: anything that can be called with (socket &, const address &)
// or (socket &), by several threads at once. An exception of the handler ends its connection and is passed to on_error; so is a
// number other than 0 that it returns, as a std::system_error with that code.
//
//     polysock::server server(polysock::create_server("", "8080"), [](polysock::socket &connection) {
//         connection.send_all("hello\n");
//     });
//     server.wait();
//
// The connection is lent: it is closed when the handler returns. A handler that moves it to another socket keeps it, with its
// timeouts; that socket is empty if the connection is closed, or another thread is inside a call on it.
// A handler may use the variable that the server is assigned to: none is called before the server exists.
// Destroying a server stops it without time for handlers to finish. The handler exists until the last call has returned: what it
// refers to must, too, unless stop() returned 0. In a forked child no connections are handled, and wait() throws.
class server {
public:
    template <class Handler> server(socket listener, Handler handler, server_options options = {}) : listener_(std::move(listener))
    {
        using program = program_of<Handler>;
        auto user = std::make_unique<program>(program{std::move(handler), std::move(options.on_error)});
        ::polysock_server_options raw = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
        raw.max_connections = options.max_connections;
        raw.on_error = program::failed;
        raw.release = program::release;
        raw.idle_timeout_ms = limit(options.idle_timeout);
        raw.handler_timeout_ms = limit(options.handler_timeout);
        detail::check(::polysock_server_start(&server_, listener_.get(), program::handle, user.get(), &raw));
        user.release(); // by program::release now
    }
    server(server &&other) noexcept : listener_(std::move(other.listener_)), server_(std::exchange(other.server_, nullptr)) {}
    server &operator=(server &&other) noexcept
    {
        std::swap(listener_, other.listener_);
        std::swap(server_, other.server_);
        return *this;
    }
    server(const server &) = delete;
    server &operator=(const server &) = delete;
    ~server() { ::polysock_server_free(server_); }
    ::polysock_server *get() const noexcept { return server_; }

    const socket &listener() const noexcept { return listener_; }
    // The address it listens on.
    address local_address() const { return listener_.getsockname(); }
    // How many connections are being handled.
    std::size_t connections() const { return static_cast<std::size_t>(detail::check(::polysock_server_connections(server_))); }
    server_stats stats() const
    {
        ::polysock_server_stats raw = {sizeof raw, 0, 0, 0, 0};
        detail::check(::polysock_server_get_stats(server_, &raw));
        server_stats counted;
        counted.handled = raw.handled;
        counted.resets = raw.resets;
        counted.idle_timeouts = raw.idle_timeouts;
        counted.handler_timeouts = raw.handler_timeouts;
        return counted;
    }
    // Gives handlers this time to finish, then closes their connections; returns how many are still running.
    std::size_t stop(timeout t)
    {
        std::size_t running = 0;
        detail::check(::polysock_server_stop(server_, t.ms(), &running));
        return running;
    }
    // Returns when the server was stopped; throws the error if it ended by itself.
    void wait(timeout t = {}) { detail::check(::polysock_server_wait(server_, t.ms())); }

private:
    template <class Handler> struct program_of {
        Handler handler;
        std::function<void(std::exception_ptr, const address *)> on_error;

        // Exceptions do not pass through C: the library gets a number, and reports it, if at all, in the same thread.
        static int handle(::polysock_t *handle, const ::polysock_addr *peer, void *user)
        {
            socket connection;
            int code = 0;
            connection.reset(handle, true);
            pending() = nullptr;
            try {
                code = static_cast<program_of *>(user)->call(connection, *peer);
            } catch (const error &e) {
                pending() = std::current_exception();
                code = e.code().value();
            } catch (...) {
                pending() = std::current_exception();
                code = POLYSOCK_EOTHER;
            }
            return code;
        }

        // What this thread's last handler threw.
        static std::exception_ptr &pending()
        {
            static thread_local std::exception_ptr thrown;
            return thrown;
        }

        int call(socket &connection, const address &peer)
        {
            if constexpr (std::is_invocable_v<Handler &, socket &, const address &>)
                return number([&]() -> decltype(auto) { return handler(connection, peer); });
            else
                return number([&]() -> decltype(auto) { return handler(connection); });
        }

        template <class Call> static int number(Call call)
        {
            if constexpr (std::is_void_v<decltype(call())>)
                return call(), 0;
            else
                return call();
        }

        void report(std::exception_ptr failure, const ::polysock_addr *peer) noexcept
        {
            if (on_error) {
                try {
                    if (peer == nullptr)
                        on_error(failure, nullptr);
                    else {
                        const address a(*peer);
                        on_error(failure, &a);
                    }
                } catch (...) {
                    // nothing could report what on_error throws
                }
            }
        }

        static void failed(int code, const ::polysock_addr *peer, void *user)
        {
            std::exception_ptr failure = peer != nullptr ? std::exchange(pending(), nullptr) : nullptr;
            if (failure == nullptr) // the handler returned a number, without a description
                failure = peer != nullptr ? std::make_exception_ptr(std::system_error(code, error_category()))
                                          : std::make_exception_ptr(error(code));
            static_cast<program_of *>(user)->report(failure, peer);
        }

        static void release(void *user) { delete static_cast<program_of *>(user); }
    };

    // A time limit for C, where 0 is none.
    static int limit(std::chrono::milliseconds time) { return time.count() > 0 ? timeout(time).ms() : 0; }

    socket listener_;
    ::polysock_server *server_ = nullptr;
};

} // namespace polysock

#endif // POLYSOCK_POLYSOCK_HPP
