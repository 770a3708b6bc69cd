// Sockets and their options. Part of polysock.hpp.

#ifndef POLYSOCK_SOCKET_HPP
#define POLYSOCK_SOCKET_HPP

#include <polysock/datagram.hpp>
#include <polysock/delivery.hpp>
#include <polysock/framing.hpp>
#include <polysock/message.hpp>
#include <polysock/timeout.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace polysock {

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
    // Ends this side's stream, throws away what the peer still sends, up to the limit, waits for the peer's end, and closes.
    close_report close_graceful(timeout t, std::uint64_t limit = POLYSOCK_DISCARD_LIMIT)
    {
        ::polysock_close_report r;
        detail::check(::polysock_close_graceful(handle_, limit, &r, sizeof r, t.ms()));
        return {static_cast<close_verdict>(r.verdict), r.unacked, r.unsent, r.discarded};
    }
    // Waits until the peer's system has acknowledged everything that was sent.
    void wait_acked(timeout t = {}) { detail::check(::polysock_wait_acked(handle_, t.ms())); }
    // How much of what was sent is still on the way.
    polysock::send_queue send_queue() const
    {
        polysock::send_queue q{0, 0};
        detail::check(::polysock_send_queue(handle_, &q.unsent, &q.unacked));
        return q;
    }
    // Whether the peer has ended its stream. Nothing is read.
    bool peer_closed() const { return detail::check(::polysock_peer_closed(handle_)) == 1; }
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

    // Datagrams in batches: how many were sent or received. A refused one has its code, and the others are sent.
    std::size_t send_batch(span<dgram> d, timeout t = {})
    {
        return static_cast<std::size_t>(detail::check(::polysock_send_batch(handle_, d.data(), d.size(), t.ms())));
    }
    std::size_t recv_batch(span<dgram> d, timeout t = {})
    {
        return static_cast<std::size_t>(detail::check(::polysock_recv_batch(handle_, d.data(), d.size(), t.ms())));
    }
    // Sends bytes as datagrams of one length, the last one perhaps shorter; returns how many bytes were sent.
    std::size_t send_segments(bytes data, std::size_t segment_size, timeout t = {})
    {
        return count(::polysock_send_segments(handle_, data.data(), data.size(), segment_size, nullptr, t.ms()));
    }
    std::size_t send_segments(bytes data, std::size_t segment_size, const address &to, timeout t = {})
    {
        return count(::polysock_send_segments(handle_, data.data(), data.size(), segment_size, to.get(), t.ms()));
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

    // One message. When a failure stops it inside the message, the same call sends the rest.
    void send_frame(bytes message, const framing &f = {}, timeout t = {})
    {
        detail::check(::polysock_send_frame(handle_, message.data(), message.size(), f.get(), t.ms()));
    }
    // Several messages, as in send_frames({"one", "two"}); error::done() is how many were sent completely.
    void send_frames(span<const frame> messages, const framing &f = {}, timeout t = {})
    {
        std::size_t done = 0;
        const int code = ::polysock_send_frames(handle_, messages.data(), messages.size(), &done, f.get(), t.ms());
        if (code < 0)
            throw error(code, done);
    }

    // The next message; empty when the peer has ended the stream. What arrives with it and belongs to the next ones stays with
    // the socket: every other receive finds these pending() bytes first. Any thread may call it; for one thread that receives all
    // messages, a polysock::reader is faster.
    std::optional<std::string> recv_frame(const framing &f = {}, timeout t = {})
    {
        std::string message(256, '\0');
        std::size_t needed = 0;
        ::ssize_t n = 0;
        // One that does not fit is kept.
        while ((n = ::polysock_recv_frame(handle_, message.data(), message.size(), &needed, f.get(), t.ms())) == POLYSOCK_EMSGSIZE &&
               needed > message.size())
            message.resize(needed);
        if (n == POLYSOCK_EEOF)
            return std::nullopt;
        message.resize(count(n));
        return message;
    }
    // Its length. One that does not fit is kept, and error::needed() is its length.
    std::optional<std::size_t> recv_frame(buffer into, const framing &f = {}, timeout t = {})
    {
        std::size_t needed = 0;
        const ::ssize_t n = ::polysock_recv_frame(handle_, into.data(), into.size(), &needed, f.get(), t.ms());
        if (n == POLYSOCK_EMSGSIZE)
            throw error(POLYSOCK_EMSGSIZE, 0, needed);
        return n == POLYSOCK_EEOF ? std::nullopt : std::optional(count(n));
    }
    // At least one message and others that have arrived, at most this many; none when the peer has ended the stream.
    std::vector<std::string> recv_frames(std::size_t most, const framing &f = {}, timeout t = {})
    {
        std::vector<frame> found((std::min<std::size_t>)(most, 1024));
        std::string room(65536, '\0');
        std::size_t needed = 0;
        ::ssize_t n = 0;
        while ((n = ::polysock_recv_frames(handle_, room.data(), room.size(), &needed, found.data(), found.size(), f.get(), t.ms())) ==
                   POLYSOCK_EMSGSIZE &&
               needed > room.size())
            room.resize(needed);
        if (n == POLYSOCK_EEOF)
            return {};
        std::vector<std::string> messages;
        for (std::size_t i = 0; i < count(n); i++)
            messages.emplace_back(found[i].view());
        return messages;
    }
    // The next line without its "\n" or "\r\n"; empty when the peer has ended the stream.
    std::optional<std::string> recv_line(timeout t = {}) { return recv_frame(framing::lines(), t); }

    // How many bytes have been received that no call has returned yet; take_buffered() takes them out, for code that continues with the
    // descriptor.
    std::size_t pending() const { return count(::polysock_pending(handle_)); }
    std::string take_buffered()
    {
        std::string all(pending(), '\0');
        all.resize(count(::polysock_take_buffered(handle_, all.data(), all.size())));
        return all;
    }
    // The descriptors that came with the bytes of messages on a Unix socket.
    std::vector<descriptor> take_fds()
    {
        return detail::take_fds([this](int *fd) { return ::polysock_take_fds(handle_, fd, 1); });
    }

    // Java-style calls. net_read returns 0 at the end of the stream and in every later call; its time limit is net_so_timeout,
    // where zero is forever. net_write has none.
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
    void set_udp_gro(bool on) { detail::check(::polysock_set_udp_gro(handle_, on)); }
    bool udp_gro() const { return flag(::polysock_get_udp_gro); }
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

} // namespace polysock

#endif // POLYSOCK_SOCKET_HPP
