// Connecting and listening by name. Part of polysock.hpp.

#ifndef POLYSOCK_CONNECTION_HPP
#define POLYSOCK_CONNECTION_HPP

#include <polysock/socket.hpp>

#include <string>
#include <type_traits>

namespace polysock {

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

} // namespace polysock

#endif // POLYSOCK_CONNECTION_HPP
