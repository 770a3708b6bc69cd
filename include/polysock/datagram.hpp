// Datagrams in batches. Part of polysock.hpp.

#ifndef POLYSOCK_DATAGRAM_HPP
#define POLYSOCK_DATAGRAM_HPP

#include <polysock/address.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace polysock {

// A datagram of a batch, to send or to receive: a polysock_dgram. It borrows its memory and its address.
class dgram : public ::polysock_dgram {
public:
    dgram() noexcept : ::polysock_dgram{} {}

    // To send, to the peer of a connected socket or to an address.
    static dgram to_send(bytes contents) noexcept
    {
        dgram d;
        d.buf = const_cast<char *>(static_cast<const char *>(contents.data())), d.len = contents.size();
        return d;
    }
    static dgram to_send(bytes contents, const address &to) noexcept
    {
        dgram d = to_send(contents);
        d.addr = const_cast<::polysock_addr *>(to.get());
        return d;
    }
    static dgram to_send(bytes contents, address &&) = delete; // it would be gone before the call
    // So would a string or vector that has no name.
    template <class Owner, class... To,
              std::enable_if_t<!std::is_lvalue_reference_v<Owner> && !std::is_trivially_destructible_v<Owner>, int> = 0>
    static dgram to_send(Owner &&, To &&...) = delete;

    // Room for one to receive, and for the sender's address.
    static dgram room(buffer into) noexcept
    {
        dgram d;
        d.buf = into.data(), d.len = into.size();
        return d;
    }
    static dgram room(buffer into, address &from) noexcept
    {
        dgram d = room(into);
        d.addr = from.get();
        return d;
    }

    // After a call: whether it was sent or received; if not sent, the code of the reason.
    bool done() const noexcept { return result >= 0; }
    int code() const noexcept { return done() ? 0 : static_cast<int>(result); }
    // The datagram was longer than the room, and the rest is lost.
    bool truncated() const noexcept { return (flags & POLYSOCK_MSG_TRUNC) != 0; }
    // What was received.
    std::string_view data() const noexcept
    {
        return done() ? std::string_view(static_cast<const char *>(buf), static_cast<std::size_t>(result)) : std::string_view();
    }
    // Calls `each` with every datagram in it: one, or with set_udp_gro() perhaps several.
    template <class Each> void split(Each each) const
    {
        std::string_view rest = data();
        const std::size_t size = segment_size == 0 ? rest.size() : segment_size;
        do {
            each(rest.substr(0, size));
            rest.remove_prefix(std::min(size, rest.size()));
        } while (!rest.empty());
    }
};

static_assert(sizeof(dgram) == sizeof(::polysock_dgram), "an array of one is an array of the other");

} // namespace polysock

#endif // POLYSOCK_DATAGRAM_HPP
