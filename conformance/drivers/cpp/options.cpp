// Options: through the library's own functions, and by number.
#include "driver.hpp"

#include <map>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace {

const std::map<std::string, std::pair<int, int>> raws = {
    {"SO_REUSEADDR", {SOL_SOCKET, SO_REUSEADDR}},    {"SO_KEEPALIVE", {SOL_SOCKET, SO_KEEPALIVE}},
    {"SO_OOBINLINE", {SOL_SOCKET, SO_OOBINLINE}},    {"SO_SNDBUF", {SOL_SOCKET, SO_SNDBUF}},
    {"SO_RCVBUF", {SOL_SOCKET, SO_RCVBUF}},          {"SO_ERROR", {SOL_SOCKET, SO_ERROR}},
    {"SO_TYPE", {SOL_SOCKET, SO_TYPE}},              {"SO_DOMAIN", {SOL_SOCKET, SO_DOMAIN}},
    {"SO_PROTOCOL", {SOL_SOCKET, SO_PROTOCOL}},      {"SO_ACCEPTCONN", {SOL_SOCKET, SO_ACCEPTCONN}},
    {"SO_LINGER", {SOL_SOCKET, SO_LINGER}},          {"TCP_NODELAY", {IPPROTO_TCP, TCP_NODELAY}},
    {"TCP_KEEPIDLE", {IPPROTO_TCP, TCP_KEEPIDLE}},   {"TCP_KEEPINTVL", {IPPROTO_TCP, TCP_KEEPINTVL}},
    {"TCP_KEEPCNT", {IPPROTO_TCP, TCP_KEEPCNT}},     {"IPV6_V6ONLY", {IPPROTO_IPV6, IPV6_V6ONLY}},
    {"TCP_CORK", {IPPROTO_TCP, TCP_CORK}},           {"TCP_USER_TIMEOUT", {IPPROTO_TCP, TCP_USER_TIMEOUT}},
    {"SO_TIMESTAMPING", {SOL_SOCKET, SO_TIMESTAMPING}},
};

std::pair<int, int> raw(const std::string &word)
{
    const auto found = raws.find(word);
    if (found == raws.end())
        throw malformed{"no such option"};
    return found->second;
}

} // namespace

std::string do_setsockopt(request &r)
{
    const auto [level, name] = raw(r.args[2]);
    if (r.args[2] == "SO_LINGER") {
        const std::size_t colon = r.args[3].find(':');
        if (colon == std::string::npos)
            throw malformed{"value"};
        const linger value{static_cast<int>(to_number(r.args[3].substr(0, colon))), static_cast<int>(to_number(r.args[3].substr(colon + 1)))};
        r.socket().setsockopt(level, name, value);
    } else {
        r.socket().setsockopt(level, name, static_cast<int>(to_number(r.args[3])));
    }
    return "ok";
}

std::string do_getsockopt(request &r)
{
    const auto [level, name] = raw(r.args[2]);
    if (r.args[2] == "SO_LINGER") {
        const auto value = r.socket().getsockopt<linger>(level, name);
        return "ok value=" + std::to_string(value.l_onoff) + ":" + std::to_string(value.l_linger);
    }
    return "ok value=" + std::to_string(r.socket().getsockopt<int>(level, name));
}

std::string do_set(request &r)
{
    polysock::socket &s = r.socket();
    const std::string &option = r.args[2], &value = r.args[3];
    if (option == "linger")
        s.set_linger(value == "off" ? std::nullopt : std::optional<milliseconds>(std::chrono::seconds(to_number(value))));
    else if (option == "timeout")
        s.set_timeout(value == "never" ? polysock::infinite : polysock::timeout(milliseconds(to_number(value))));
    else if (option == "sndbuf")
        s.set_sndbuf(static_cast<std::size_t>(to_number(value)));
    else if (option == "rcvbuf")
        s.set_rcvbuf(static_cast<std::size_t>(to_number(value)));
    else if (option == "udp_gro")
        s.set_udp_gro(to_flag(value));
    else if (option == "nodelay")
        s.set_nodelay(to_flag(value));
    else if (option == "keepalive")
        s.set_keepalive(to_flag(value));
    else if (option == "reuseaddr")
        s.set_reuseaddr(to_flag(value));
    else if (option == "oobinline")
        s.set_oobinline(to_flag(value));
    else if (option == "blocking")
        s.set_blocking(to_flag(value));
    else
        throw malformed{"no such option"};
    return "ok";
}

std::string do_get(request &r)
{
    const polysock::socket &s = r.socket();
    const std::string &option = r.args[2];
    if (option == "linger") {
        const auto time = s.linger();
        return "ok value=" + (time ? std::to_string(time->count()) : "off");
    }
    if (option == "timeout") {
        const int ms = s.recv_timeout().ms();
        return "ok value=" + (ms == POLYSOCK_INFINITE ? "never" : std::to_string(ms));
    }
    if (option == "sndbuf")
        return "ok value=" + std::to_string(s.sndbuf());
    if (option == "rcvbuf")
        return "ok value=" + std::to_string(s.rcvbuf());
    if (option == "udp_gro")
        return "ok value=" + on_off(s.udp_gro());
    if (option == "nodelay")
        return "ok value=" + on_off(s.nodelay());
    if (option == "keepalive")
        return "ok value=" + on_off(s.keepalive());
    if (option == "reuseaddr")
        return "ok value=" + on_off(s.reuseaddr());
    if (option == "oobinline")
        return "ok value=" + on_off(s.oobinline());
    throw malformed{"no such option"};
}
