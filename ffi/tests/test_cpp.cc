// The C++ header: owners, exceptions, chrono.
#include "harness.h"

#include <polysock/polysock.hpp>

#include <thread>
#include <type_traits>

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<polysock::socket> && !std::is_copy_assignable_v<polysock::socket>);
static_assert(std::is_nothrow_move_constructible_v<polysock::socket>);
static_assert(std::is_base_of_v<std::system_error, polysock::error>);
static_assert(polysock::timeout(1us).ms() == 1 && polysock::timeout(1500us).ms() == 2 && polysock::timeout(2s).ms() == 2000);
static_assert(polysock::timeout(0s).ms() == 0 && polysock::timeout(100000h).ms() == 2147483647);
static_assert(polysock::timeout(0.5s).ms() == 500 && polysock::infinite.ms() == POLYSOCK_INFINITE);

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
        return e.code().value();
    }
    return 0;
}

TEST(echo)
{
    auto listener = polysock::create_server("127.0.0.1", "0");
    auto client = polysock::create_connection(listener.getsockname().str(), 10s);
    polysock::address peer;
    polysock::socket server = listener.accept(peer, 10s);
    CHECK(peer == client.getsockname());
    CHECK(peer != client.getpeername());
    CHECK(peer.ip() == "127.0.0.1");
    client.send_all("hello", 1s);
    char buf[6] = "";
    server.recv_exact(buf, 5, 10s);
    CHECK_TEXT(buf, "hello");
    polysock::socket moved = std::move(server);
    CHECK(!server && moved);
    CHECK(moved.state() == "ESTABLISHED");
    moved = polysock::socket();
    CHECK_IS(client.recv(buf, 1, 10s), 0);
}

TEST(failures_are_exceptions)
{
    auto listener = polysock::create_server("127.0.0.1", "0");
    const polysock::address a = listener.getsockname();
    auto client = polysock::create_connection("127.0.0.1", std::to_string(a.port()));
    auto server = listener.accept();
    char buf[4];
    std::size_t done = 99;
    client.send_all("ab");
    CHECK_IS(thrown([&] { server.recv_exact(buf, 4, 20ms); }, &done), POLYSOCK_ETIMEDOUT);
    CHECK_IS(done, 2);
    CHECK_IS(thrown([&] { server.recv(buf, 1, 0s); }), POLYSOCK_EAGAIN);
    CHECK_IS(thrown([&] { server.recv(buf, 1, -1s); }), POLYSOCK_EINVAL);
    server.close();
    CHECK(server.is_closed());
    CHECK_IS(thrown([&] { server.recv(buf, 1); }), POLYSOCK_ECLOSED);
    CHECK_IS(thrown([&] { server.set_nodelay(true); }), POLYSOCK_ECLOSED);
    CHECK(!server.state());
    listener.close();
    try {
        polysock::create_connection("127.0.0.1", std::to_string(a.port()), 10s);
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
    s.setsockopt(SOL_SOCKET, SO_RCVBUF, 30000);
    CHECK_IS(s.getsockopt<int>(SOL_SOCKET, SO_RCVBUF), 60000);
    CHECK_IS(polysock::getaddrinfo("::1", "80").size(), 1);
    s.set_timeout(30ms);
    s.bind(polysock::address("127.0.0.1:0"));
    s.listen();
    CHECK_IS(thrown([&] { s.accept(); }), POLYSOCK_ETIMEDOUT);
    CHECK(polysock::socket::from_fd(s.detach()).getsockname().port() != 0);
}

TEST(close_wakes)
{
    auto listener = polysock::create_server("127.0.0.1", "0");
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

int main()
{
    RUN(echo);
    RUN(failures_are_exceptions);
    RUN(options);
    RUN(close_wakes);
    return report();
}
