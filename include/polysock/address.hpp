// Addresses, ports and looking them up. Part of polysock.hpp.

#ifndef POLYSOCK_ADDRESS_HPP
#define POLYSOCK_ADDRESS_HPP

#include <polysock/memory.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace polysock {

namespace detail {

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

} // namespace detail

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

} // namespace polysock

#endif // POLYSOCK_ADDRESS_HPP
