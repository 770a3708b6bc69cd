// The C++ header: owners, exceptions, chrono.
#include "harness.h"

#include <polysock/polysock.hpp>

#include <limits>
#include <thread>
#include <type_traits>

using namespace std::chrono_literals;
// Below, ends of a pair are references: in C++17, lambdas do not capture structured bindings.

static_assert(!std::is_copy_constructible_v<polysock::socket> && !std::is_copy_assignable_v<polysock::socket>);
static_assert(std::is_nothrow_move_constructible_v<polysock::socket>);
static_assert(std::is_base_of_v<std::system_error, polysock::error>);
static_assert(polysock::timeout(1us).ms() == 1 && polysock::timeout(1500us).ms() == 2 && polysock::timeout(2s).ms() == 2000);
static_assert(polysock::timeout(0s).ms() == 0 && polysock::timeout(100000h).ms() == 2147483647);
static_assert(polysock::timeout(0.5s).ms() == 500 && polysock::infinite.ms() == POLYSOCK_INFINITE);
// NaN and negative infinity become a number that the library refuses.
using limits = std::numeric_limits<double>;
static_assert(polysock::timeout(std::chrono::duration<double>(limits::quiet_NaN())).ms() < POLYSOCK_DEFAULT);
static_assert(polysock::timeout(std::chrono::duration<double>(-limits::infinity())).ms() < POLYSOCK_DEFAULT);
static_assert(polysock::timeout(std::chrono::duration<double>(limits::infinity())).ms() == 2147483647);

// The code that a call throws; 0 when it throws nothing.
template <class Call> static int thrown(Call call, std::size_t *done = nullptr)
{
    try {
        call();
    } catch (const polysock::error &e) {
        if (done != nullptr)
            *done = e.done();
        CHECK(e.code().category() == polysock::error_category());
        CHECK(std::string_view(e.what()).size() > 5);
        CHECK(std::string_view(e.what()) == polysock_last_detail()); // and not the text of the code once more
        return e.code().value();
    }
    return 0;
}

TEST(echo)
{
    auto listener = polysock::create_server("127.0.0.1", 0);
    auto client = polysock::create_connection(listener.getsockname().str(), 10s);
    polysock::address peer;
    polysock::socket server = listener.accept(peer, 10s);
    CHECK(peer == client.getsockname());
    CHECK(peer != client.getpeername());
    CHECK(peer.ip() == "127.0.0.1");
    client.send_all("hello", 1s);
    char buf[6] = "";
    server.recv_exact(polysock::buffer(buf, 5), 10s);
    CHECK_TEXT(buf, "hello");
    polysock::socket moved = std::move(server);
    CHECK(!server && moved);
    CHECK(moved.state() == "ESTABLISHED");
    moved = polysock::socket();
    CHECK_IS(client.recv(polysock::buffer(buf, 1), 10s), 0);
}

TEST(delivery)
{
    auto listener = polysock::create_server("127.0.0.1", 0);
    auto client = polysock::create_connection(listener.getsockname().str(), 10s);
    polysock::socket server = listener.accept(10s);
    client.send_all("hello", 10s);
    client.wait_acked(10s);
    CHECK(client.send_queue().empty() && !client.peer_closed());
    server.send_all("rest", 10s);
    server.shutdown(POLYSOCK_SHUT_WR);
    const polysock::close_report report = client.close_graceful(10s);
    CHECK(report.delivered() && report.discarded == 4 && report.unsent + report.unacked == 0);
    CHECK(server.peer_closed() && client.is_closed());
    CHECK(server.close_graceful(0s, 0).verdict == polysock::close_verdict::acknowledged);
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    a.send_all("unread", 10s);
    CHECK(a.send_queue().unacked >= 6);
    CHECK_IS(thrown([&, &c = a] { c.wait_acked(0s); }), POLYSOCK_EAGAIN);
    b.close();
    CHECK_IS(thrown([&, &c = a] { c.peer_closed(); }), POLYSOCK_ECONNRESET);
    CHECK(a.close_graceful(10s).verdict == polysock::close_verdict::reset);
}

TEST(failures_are_exceptions)
{
    auto listener = polysock::create_server("127.0.0.1", 0);
    const polysock::address a = listener.getsockname();
    auto client = polysock::create_connection("127.0.0.1", a.port());
    auto server = listener.accept();
    char buf[4];
    std::size_t done = 99;
    client.send_all("ab");
    CHECK_IS(thrown([&] { server.recv_exact(polysock::buffer(buf, 4), 20ms); }, &done), POLYSOCK_ETIMEDOUT);
    CHECK_IS(done, 2);
    CHECK_IS(thrown([&] { server.recv(polysock::buffer(buf, 1), 0s); }), POLYSOCK_EAGAIN);
    CHECK_IS(thrown([&] { server.recv(polysock::buffer(buf, 1), -1s); }), POLYSOCK_EINVAL);
    server.close();
    CHECK(server.is_closed());
    CHECK_IS(thrown([&] { server.recv(polysock::buffer(buf, 1)); }), POLYSOCK_ECLOSED);
    CHECK_IS(thrown([&] { server.set_nodelay(true); }), POLYSOCK_ECLOSED);
    CHECK(!server.state());
    listener.close();
    try {
        polysock::create_connection("127.0.0.1", a.port(), 10s);
        CHECK(false);
    } catch (const std::system_error &e) {
        CHECK(e.code() == std::errc::connection_refused);
        CHECK(std::string(e.what()).find("127.0.0.1") != std::string::npos);
    }
    CHECK(std::error_code(POLYSOCK_EEOF, polysock::error_category()).message() == "End of stream");
    CHECK_IS(thrown([] { polysock::address("localhost"); }), POLYSOCK_EINVAL);
    CHECK_IS(thrown([] { polysock::socket().fileno(); }), POLYSOCK_EINVAL);
    CHECK_IS(thrown([] { polysock::socket::from_fd(-1); }), POLYSOCK_EBADF);
}

TEST(options)
{
    polysock::socket s(POLYSOCK_AF_INET);
    s.set_nodelay(true);
    CHECK(s.nodelay());
    s.set_reuseaddr(true);
    CHECK(s.reuseaddr());
    CHECK(!s.keepalive());
    s.set_keepalive(true, 30s, 5s, 3);
    CHECK(s.keepalive());
    CHECK(!s.linger());
    s.set_linger(1500ms);
    CHECK(s.linger() == 2s);
    s.set_linger(std::nullopt);
    CHECK(!s.linger());
    CHECK_IS(thrown([&] { s.set_linger(-5s); }), POLYSOCK_EINVAL);
    CHECK_IS(thrown([&] { s.set_linger(std::chrono::milliseconds::max()); }), POLYSOCK_EINVAL);
    // What C's numbers do not hold becomes no other time.
    const auto wrapped = (std::int64_t{1} << 32) + 7;
    CHECK_IS(thrown([&] { s.set_keepalive(true, std::chrono::seconds(wrapped)); }), POLYSOCK_EINVAL);
    CHECK_IS(thrown([&] { s.set_keepalive(true, 30s, std::chrono::seconds(wrapped)); }), POLYSOCK_EINVAL);
    s.net_set_so_timeout(std::chrono::milliseconds(wrapped));
    CHECK(s.net_so_timeout() == std::chrono::milliseconds(std::numeric_limits<int>::max()));
    s.net_set_so_linger(true, std::chrono::seconds(wrapped));
    CHECK(s.net_so_linger() == 65535s);
    s.set_linger(std::nullopt);
    s.set_user_timeout(std::chrono::milliseconds(wrapped));
    CHECK(s.user_timeout() == std::chrono::milliseconds(std::numeric_limits<int>::max()));
    CHECK_IS(thrown([&] { s.set_user_timeout(std::chrono::milliseconds(-wrapped)); }), POLYSOCK_EINVAL);
    s.setsockopt(SOL_SOCKET, SO_RCVBUF, 30000);
    CHECK_IS(s.getsockopt<int>(SOL_SOCKET, SO_RCVBUF), 60000);
    CHECK_IS(polysock::getaddrinfo("::1", "80").size(), 1);
    s.set_timeout(30ms);
    s.bind(polysock::address("127.0.0.1:0"));
    s.listen();
    CHECK_IS(thrown([&] { s.accept(); }), POLYSOCK_ETIMEDOUT);
    CHECK(polysock::socket::from_fd(s.detach()).getsockname().port() != 0);
}

TEST(java_style_calls)
{
    polysock::socket listener = polysock::net_server_socket(0, 50, "127.0.0.1");
    polysock::socket client = polysock::create_connection("127.0.0.1", listener.getsockname().port(), 10s);
    polysock::socket server = listener.accept(10s);
    char buf[8];
    CHECK(client.net_so_linger() == -1s);
    client.net_set_so_linger(true, 100000s);
    CHECK(client.net_so_linger() == 65535s);
    client.net_set_so_linger(false, 0s);
    CHECK(client.net_so_timeout() == 0ms);
    client.net_set_so_timeout(20ms);
    CHECK(client.net_so_timeout() == 20ms);
    CHECK_IS(thrown([&] { client.net_read(buf); }), POLYSOCK_ETIMEDOUT);
    server.net_write("unread");
    client.net_write("last");
    CHECK_IS(client.net_read(polysock::buffer(buf, 1)), 1);
    client.net_shutdown_output();
    CHECK_IS(thrown([&] { client.net_write("late"); }), POLYSOCK_EPIPE);
    client.net_shutdown_input();
    CHECK_IS(client.net_read(buf), 0);
    client.net_close();
    CHECK_IS(client.net_read(buf), 0);
    CHECK_IS(server.net_read(buf), 4);
    CHECK_IS(server.net_read(buf), 0);
}

TEST(close_wakes)
{
    auto listener = polysock::create_server("127.0.0.1", 0);
    pid_t tid = 0;
    int code = 0;
    std::thread waiting([&] {
        __atomic_store_n(&tid, static_cast<pid_t>(syscall(SYS_gettid)), __ATOMIC_SEQ_CST);
        code = thrown([&] { listener.accept(); });
    });
    while (__atomic_load_n(&tid, __ATOMIC_SEQ_CST) == 0)
        sched_yield();
    wait_blocked(getpid(), tid);
    listener.close();
    waiting.join();
    CHECK_IS(code, POLYSOCK_ECLOSED);
}

TEST(datagrams)
{
    polysock::socket a(POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM), b(POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM);
    a.bind(polysock::address("127.0.0.1:0"));
    b.bind(polysock::address("127.0.0.1:0"));
    char buf[3];
    CHECK_IS(a.sendto("hello", b.getsockname()), 5);
    CHECK_IS(b.available(), 5);
    auto got = b.recvfrom(buf, 10s);
    CHECK(got.count == 3 && got.truncated() && !got.control_truncated() && got.from == a.getsockname());
    CHECK_IS(thrown([&] { b.recvfrom(buf, 0s); }), POLYSOCK_EAGAIN);
    auto names = polysock::getnameinfo(polysock::address("127.0.0.1:80"), 1 | 2);
    CHECK(names.first == "127.0.0.1" && names.second == "80");
}

TEST(batches_of_datagrams)
{
    polysock::socket a(POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM), b(POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM);
    a.bind(polysock::address("127.0.0.1:0"));
    b.bind(polysock::address("127.0.0.1:0"));
    const polysock::address to = b.getsockname(), nowhere("127.0.0.1:0");
    std::vector<polysock::dgram> sent = {polysock::dgram::to_send("one", to), polysock::dgram::to_send("two", nowhere),
                                         polysock::dgram::to_send("", to), polysock::dgram::to_send("four", to)};
    CHECK_IS(a.send_batch(sent, 10s), 3);
    CHECK(sent[0].done() && sent[0].result == 3 && !sent[1].done() && sent[1].code() == POLYSOCK_EINVAL);
    char memory[8][4];
    polysock::address from[8];
    std::vector<polysock::dgram> arrived;
    for (std::size_t i = 0; i < 8; i++)
        arrived.push_back(polysock::dgram::room(memory[i], from[i]));
    CHECK_IS(b.recv_batch(arrived, 10s), 3);
    CHECK(arrived[0].data() == "one" && arrived[1].data().empty() && arrived[2].data() == "four");
    CHECK(from[2] == a.getsockname() && !arrived[2].truncated());
    CHECK_IS(thrown([&] { b.recv_batch(arrived, 0s); }), POLYSOCK_EAGAIN);
    b.set_udp_gro(true);
    CHECK(b.udp_gro());
    CHECK_IS(a.send_segments("aabbc", 2, to, 10s), 5);
    a.connect(to);
    CHECK_IS(a.send_segments("xyz", 3, 10s), 3);
    char room[1 << 16];
    std::string all;
    while (all != "aa bb c xyz ") {
        polysock::dgram one[] = {polysock::dgram::room(room)};
        CHECK_IS(b.recv_batch(one, 10s), 1);
        one[0].split([&](std::string_view datagram) { all.append(datagram).append(" "); });
    }
}

TEST(control_owns_received_descriptors)
{
    auto ab = polysock::socket::pair(POLYSOCK_SOCK_DGRAM);
    auto &a = ab.first, &b = ab.second;
    polysock::control control;
    char byte = 'x', more[2] = "";
    polysock::iovec part{&byte, 1}, parts[] = {{more, 1}, {more + 1, 1}};
    b.set_passcred(true);
    CHECK(b.passcred() && !a.passcred());
    control.add_fds({0, 1});
    CHECK_IS(a.sendmsg({part}, &control), 1);
    CHECK(!control.who());
    auto got = b.recvmsg({part}, &control, 10s);
    CHECK(got.count == 1 && !got.truncated());
    CHECK_IS(control.who().value().pid, getpid());
    CHECK(!control.packet_info() && !control.timestamp());
    CHECK_IS(control.count(), 2);
    CHECK(control.at(0).level == SOL_SOCKET);
    CHECK_IS(thrown([&] { control.at(9); }), POLYSOCK_ENOENT);
    auto fds = control.take_fds();
    CHECK(fds.size() == 2 && fds[0] && fds[0].get() > 2);
    int mine = fds[1].release();
    CHECK(!fds[1] && close(mine) == 0);
    control.clear();
    CHECK_IS(a.sendmsg({part}, &control), 1);
    polysock::control moved = std::move(control);
    CHECK_IS(b.recvmsg(parts, &moved, 10s).count, 1);
    CHECK_IS(a.sendv(parts), 2);
    CHECK_IS(b.recvv(parts, 10s), 2);
}

TEST(files_and_copies)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    FILE *file = tmpfile();
    std::size_t done = 99;
    char buf[8];
    fputs("hello", file);
    fflush(file);
    CHECK_IS(a.sendfile(fileno(file), 1), 4);
    b.recv_exact(polysock::buffer(buf, 4), 10s);
    CHECK(memcmp(buf, "ello", 4) == 0);
    CHECK_IS(thrown([&] { a.sendfile(fileno(file), 0, 9, 10s); }, &done), POLYSOCK_EEOF);
    CHECK_IS(done, 5);
    b.recv_exact(polysock::buffer(buf, 5), 10s);
    fclose(file);
    auto copy = a.dup();
    a.close();
    copy.send_all("x");
    CHECK_IS(b.recv(polysock::buffer(buf, 1), 10s), 1);
}

TEST(every_option)
{
    polysock::socket s(POLYSOCK_AF_INET), u(POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM), s6(POLYSOCK_AF_INET6), l(POLYSOCK_AF_UNIX);
#define ON(socket, name) (socket.set_##name(true), CHECK(socket.name()), socket.set_##name(false), CHECK(!socket.name()))
    ON(s, cork); ON(s, quickack); ON(s, reuseport); ON(u, broadcast); ON(s, oobinline); ON(u, timestamps); ON(l, passcred);
    ON(u, packet_info); ON(u, freebind); ON(s6, v6only); ON(u, mcast_loop); ON(u, mcast_all); ON(s, nodelay); ON(s, reuseaddr);
    CHECK(!u.transparent() && !s.fastopen_connect());
#define IS(socket, name, value, reads) (socket.set_##name(value), CHECK(socket.name() == (reads)))
    IS(u, ttl, 5, 5); IS(u, tos, 8, 8); IS(s6, hops, 9, 9); IS(s6, tclass, 8, 8); IS(u, mcast_ttl, 4, 4); IS(u, priority, 3, 3);
    IS(s, fastopen, 5, 5); IS(s, sndbuf, 20000, 40000); IS(s, rcvbuf, 20000, 40000); IS(s, rcvlowat, 7, 7); IS(s, maxseg, 900, 900);
    IS(s, notsent_lowat, 4000, 4000); IS(s, defer_accept, 7s, 7s); IS(s, user_timeout, 1500ms, 1500ms);
    IS(s, incoming_cpu, 1, 1); IS(s, congestion, s.congestion(), s.congestion());
    CHECK(s.mark() == 0 && !s.device() && !u.incoming_cpu() && u.mcast_if() == 0);
    CHECK(!s.acceptconn() && s.domain() == POLYSOCK_AF_INET && s.type() == POLYSOCK_SOCK_STREAM && s.protocol() == 6);
    CHECK(!s.take_error());
    CHECK_IS(s.tcp_info().state, 7);
    CHECK_IS(thrown([&] { u.tcp_info(); }), POLYSOCK_EUNSUPPORTED);
    CHECK_IS(thrown([&] { u.set_ttl(256); }), POLYSOCK_EINVAL);
    polysock::address group("239.1.2.3:0"), source("127.0.0.1:0");
    u.set_mcast_if("lo");
    u.mcast_join(group, "lo");
    u.mcast_leave(group, "lo");
    u.mcast_join(group, "lo", source);
    u.mcast_leave(group, "lo", source);
    CHECK_IS(thrown([&] { u.mcast_leave(group); }), POLYSOCK_EADDRNOTAVAIL);
}

TEST(addresses)
{
    const polysock::address scoped("[fe80::1%lo]:80"), mapped("[::ffff:1.2.3.4]:80"), plain("1.2.3.4:80");
    CHECK(scoped.scope() == 1 && plain.scope() == 0 && scoped.ip() == "fe80::1%1");
    CHECK(mapped == plain && mapped.ip() == "1.2.3.4" && mapped.unmapped().family() == POLYSOCK_AF_INET);
    const std::string name = "unix:@polysock-cpp-" + std::to_string(getpid());
    auto listener = polysock::create_server(name);
    auto client = polysock::create_connection(name, 10s);
    CHECK(client.peer_credentials().pid == getpid());
    polysock::socket udp(POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM);
    udp.connect(polysock::address("127.0.0.1:9"));
    udp.disconnect();
    CHECK_IS(thrown([&] { udp.getpeername(); }), POLYSOCK_ENOTCONN);
}

TEST(waiting_for_several)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    polysock::pollfd set[] = {polysock::poll_entry(b, POLYSOCK_POLLIN), polysock::poll_entry(-1, POLYSOCK_POLLIN)};
    CHECK_IS(polysock::poll(set, 0s), 0);
    a.send_all("x");
    CHECK_IS(polysock::poll(set), 1);
    CHECK(set[0].revents == POLYSOCK_POLLIN && set[1].revents == 0);
    polysock::poller poller;
    poller.add(b, 7, POLYSOCK_POLLIN, polysock::poller::mode::oneshot);
    auto found = poller.wait();
    CHECK(found.size() == 1 && found[0].token == 7);
    CHECK(poller.wait(0s).empty());
    poller.modify(b, 8, POLYSOCK_POLLIN);
    CHECK_IS(poller.wait(10s).at(0).token, 8);
    poller.remove(b);
    int fd = a.fileno();
    poller.add(fd, 9, POLYSOCK_POLLOUT);
    poller.modify(fd, 10, POLYSOCK_POLLOUT);
    CHECK_IS(poller.wait(10s).at(0).token, 10);
    poller.remove(fd);
    poller.wake();
    CHECK(poller.wait().empty());
    polysock::poller moved = std::move(poller);
    moved.close();
    CHECK_IS(thrown([&] { moved.wait(); }), POLYSOCK_ECLOSED);
}

TEST(recording)
{
    char folder[] = "/tmp/polysock-trace-XXXXXX";
    if (!CHECK(mkdtemp(folder) != nullptr))
        return;
    {
        polysock::trace recording(folder, 10);
        CHECK_IS(thrown([&] { polysock::trace another(folder); }), POLYSOCK_EBUSY);
    }
    polysock::trace again(folder);
    again.stop();
    again.stop();
    // What it records is tested in C.
    CHECK_IS(std::system(("rm -r " + std::string(folder)).c_str()), 0);
}

int main()
{
    RUN(echo);
    RUN(delivery);
    RUN(failures_are_exceptions);
    RUN(options);
    RUN(java_style_calls);
    RUN(close_wakes);
    RUN(datagrams);
    RUN(batches_of_datagrams);
    RUN(control_owns_received_descriptors);
    RUN(files_and_copies);
    RUN(every_option);
    RUN(addresses);
    RUN(waiting_for_several);
    RUN(recording);
    return report();
}
