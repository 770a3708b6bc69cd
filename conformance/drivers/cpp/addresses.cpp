// Addresses as the protocol writes them.
#include "driver.hpp"

#include <algorithm>
#include <cstring>

#include <sys/un.h>

namespace {

constexpr std::size_t name_at = offsetof(sockaddr_un, sun_path);

polysock::address unix_address(const std::string &word)
{
    sockaddr_un sa{};
    std::string name = word == "-" ? "" : word;
    if (word.rfind("@:", 0) == 0)
        name = '\0' + payload(word.substr(2));
    else if (word[0] == '@')
        name[0] = '\0';
    if (name.size() > sizeof sa.sun_path)
        throw out_of_range{};
    sa.sun_family = AF_UNIX;
    std::memcpy(sa.sun_path, name.data(), name.size());
    polysock::address a;
    const int code = ::polysock_addr_from_sockaddr(a.get(), reinterpret_cast<sockaddr *>(&sa), name_at + name.size());
    if (code < 0)
        throw polysock::error(code);
    return a;
}

} // namespace

std::string address_text(const polysock::address &a)
{
    const ::polysock_addr *raw = a.get();
    if (raw->length != 0 && a.family() != POLYSOCK_AF_UNIX) {
        // `1.2.3.4:80` or `[::1]:80`. ip() would write ::ffff:1.2.3.4 as the IPv4 address that it means.
        const std::string text = a.str(), host = text.substr(0, text.rfind(':'));
        return "host=" + (host[0] == '[' ? host.substr(1, host.size() - 2) : host) + " port=" + std::to_string(a.port());
    }
    if (raw->length <= name_at)
        return "name=-";
    const std::string name(reinterpret_cast<const char *>(raw->bytes) + name_at, static_cast<std::size_t>(raw->length) - name_at);
    if (name[0] != '\0')
        return "name=" + std::string(name.c_str());
    const bool simple = std::all_of(name.begin() + 1, name.end(), [](char c) {
        return c != '\0' && std::strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-", c) != nullptr;
    });
    return simple ? "name=@" + name.substr(1) : "name=@:" + hex(std::string_view(name).substr(1));
}

// The address in the arguments from `first` on: host and port, or one argument.
polysock::address address(const arguments &w, std::size_t first)
{
    if (w.size() == first + 1)
        return unix_address(w[first]);
    const long port = to_number(w[first + 1]);
    if (port < 0 || port > 65535)
        throw out_of_range{};
    return polysock::address(w[first], static_cast<std::uint16_t>(port));
}

std::string do_address_text(request &r) { return "ok text=" + hex(address(r.args, 1).str()); }

std::string do_read_address(request &r) { return "ok " + address_text(polysock::address(payload(r.args[1]))); }

int family_of(const std::string &word)
{
    return word == "inet" ? POLYSOCK_AF_INET : word == "inet6" ? POLYSOCK_AF_INET6 : word == "unix" ? POLYSOCK_AF_UNIX : -1;
}

int type_of(const std::string &word)
{
    return word == "stream"      ? POLYSOCK_SOCK_STREAM
           : word == "dgram"     ? POLYSOCK_SOCK_DGRAM
           : word == "seqpacket" ? POLYSOCK_SOCK_SEQPACKET
                                 : -1;
}
