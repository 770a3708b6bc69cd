// The callback server of polysock.hpp: any callable, exceptions, owners.
#include "harness.h"
#include <polysock/polysock.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace ps = polysock;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Texts that several threads report to the test.
class report_queue {
public:
    void push(std::string text)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        texts_.push_back(std::move(text));
        changed_.notify_all();
    }
    std::string pop()
    {
        std::unique_lock<std::mutex> guard(mutex_);
        if (!changed_.wait_for(guard, seconds(20), [&] { return !texts_.empty(); }))
            return "nothing";
        std::string text = std::move(texts_.front());
        texts_.erase(texts_.begin());
        return text;
    }
    bool empty()
    {
        std::lock_guard<std::mutex> guard(mutex_);
        return texts_.empty();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> texts_;
};

std::string what(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception &e) {
        return e.what();
    } catch (int n) {
        return std::to_string(n);
    }
}

ps::socket listener() { return ps::create_server("127.0.0.1", "0", 16); }

ps::socket connect(const ps::server &server)
{
    ps::socket s(POLYSOCK_AF_INET);
    s.connect(server.local_address(), seconds(20));
    return s;
}

// What the server answers to one byte, "" at the end of the stream.
std::string ask(ps::socket &s, const char *order)
{
    char answer;
    s.send_all(polysock::bytes(order, 1), seconds(20));
    return std::string(&answer, s.recv(polysock::buffer(&answer, 1), seconds(20)));
}

std::string ask(const ps::server &server, const char *order)
{
    ps::socket s = connect(server);
    return ask(s, order);
}

template <class Condition> bool until(Condition holds)
{
    for (const long long end = now_us() + 20 * 1000000LL; now_us() < end; sleep_1ms())
        if (holds())
            return true;
    return false;
}

char first(ps::socket &connection)
{
    char c;
    connection.recv_exact(polysock::buffer(&c, 1));
    return c;
}

struct functor {
    std::unique_ptr<char> answer; // so it can only be moved
    void operator()(ps::socket &connection, const ps::address &peer) const
    {
        CHECK(peer == connection.getpeername());
        first(connection);
        connection.send_all(polysock::bytes(answer.get(), 1));
    }
};

void plain_function(ps::socket &connection)
{
    first(connection);
    connection.send_all("f");
}

struct calculator {
    char next = 'a';
    std::mutex mutex;
    void serve(ps::socket &connection)
    {
        first(connection);
        std::lock_guard<std::mutex> guard(mutex);
        connection.send_all(polysock::bytes(&next, 1));
        next++;
    }
};

} // namespace

TEST(any_callable)
{
    {
        ps::server server(listener(), functor{std::make_unique<char>('m')});
        CHECK(ask(server, "?") == "m");
        CHECK(ask(server, "?") == "m");
    }
    {
        ps::server server(listener(), plain_function);
        CHECK(ask(server, "?") == "f");
    }
    {
        std::function<void(ps::socket &)> function = plain_function;
        ps::server server(listener(), function, {1});
        CHECK(ask(server, "?") == "f");
    }
    {
        calculator c;
        ps::server server(listener(), [&c](ps::socket &connection) { c.serve(connection); });
        CHECK(ask(server, "?") == "a");
        CHECK(ask(server, "?") == "b");
        CHECK_IS(server.stop(seconds(20)), 0); // nothing refers to `c` any more
    }
}

TEST(what_a_handler_throws)
{
    report_queue errors;
    ps::server server(
        listener(),
        [](ps::socket &connection, const ps::address &) -> int {
            switch (first(connection)) {
            case 'r':
                throw std::runtime_error("on purpose");
            case 'i':
                throw 7;
            case 'p':
                connection.set_ttl(1000); // throws
                return 0;
            case 'n':
                return POLYSOCK_ETIMEDOUT;
            default:
                connection.send_all("x");
                return 0;
            }
        },
        {4, [&](std::exception_ptr failure, const ps::address *peer) {
             errors.push(what(failure) + (peer != nullptr && peer->port() != 0 ? "" : "?"));
             throw std::logic_error("from the hook");
         }});
    CHECK(ask(server, "r").empty());
    CHECK_TEXT(errors.pop().c_str(), "on purpose");
    CHECK(ask(server, "i").empty());
    CHECK_TEXT(errors.pop().c_str(), "7");
    CHECK(ask(server, "p").empty());
    CHECK(errors.pop().find("ttl must be 1 to 255, not 1000") != std::string::npos);
    CHECK(ask(server, "n").empty());
    CHECK_TEXT(errors.pop().c_str(), polysock_strerror(POLYSOCK_ETIMEDOUT));
    CHECK(ask(server, "x") == "x");
    CHECK_IS(server.stop(seconds(20)), 0);
    CHECK(errors.empty());
}

TEST(without_on_error_failures_are_not_reported)
{
    ps::server server(listener(), [](ps::socket &) { throw 1; });
    CHECK(ask(server, "?").empty());
    CHECK(ask(server, "?").empty());
}

TEST(woken_handlers_have_not_failed)
{
    report_queue errors;
    ps::server server(
        listener(),
        [](ps::socket &connection) {
            const char c = first(connection);
            connection.send_all(polysock::bytes(&c, 1));
            first(connection);
        },
        {4, [&](std::exception_ptr failure, const ps::address *) { errors.push(what(failure)); }});
    ps::socket one = connect(server), other = connect(server);
    CHECK(ask(one, "1") == "1");
    CHECK(ask(other, "2") == "2");
    CHECK_IS(server.connections(), 2);
    CHECK_IS(server.stop(milliseconds(10)), 0);
    char c;
    CHECK_IS(one.recv(polysock::buffer(&c, 1), seconds(20)), 0);
    CHECK(errors.empty());
    server.wait();
    CHECK(server.listener().is_closed());
}

TEST(owners)
{
    auto alive = std::make_shared<int>(0);
    {
        const auto handler = [alive](ps::socket &connection) { plain_function(connection); };
        ps::server first(listener(), handler), second(listener(), handler);
        ps::server third(std::move(first));
        CHECK(ask(third, "?") == "f");
        third = std::move(second);
        CHECK(ask(third, "?") == "f");
        CHECK(alive.use_count() > 1);
    }
    CHECK_IS(alive.use_count(), 1);
    // A server that can't be started does not keep its handler.
    try {
        ps::server none(ps::socket(POLYSOCK_AF_INET), [alive](ps::socket &) {});
        CHECK(false);
    } catch (const ps::error &e) {
        CHECK(e.code() == std::errc::invalid_argument);
    }
    CHECK_IS(alive.use_count(), 1);
}

// A handler that moves its connection keeps it, with its timeouts, when it returns.
TEST(moved_connections_belong_to_the_program)
{
    std::mutex mutex;
    std::vector<ps::socket> kept;
    ps::server_options options;
    options.idle_timeout = seconds(7);
    const auto handler = [&](ps::socket &connection) {
        std::lock_guard<std::mutex> guard(mutex);
        switch (first(connection)) {
        case 'm':
            kept.push_back(std::move(connection));
            break;
        case 'r':
            kept.push_back(ps::socket::adopt(connection.release()));
            break;
        case 'a': // moved in the handler, and freed there
            ps::socket(std::move(connection)).send_all("a");
            break;
        case '=': { // another socket takes its place
            ps::socket other = std::move(connection);
            connection = ps::socket(POLYSOCK_AF_INET);
            other.send_all("=");
            break;
        }
        case 's': // swapped, so that the handler's socket is freed by the program, the other by the server
            kept.emplace_back(POLYSOCK_AF_INET);
            std::swap(kept.back(), connection);
            break;
        case 'c': // what is closed can't be kept
            connection.close();
            CHECK(!ps::socket(std::move(connection)));
            break;
        }
        CHECK(kept.empty() || kept.back().recv_timeout().ms() == 7000);
    };
    const auto is_kept = [&] {
        std::lock_guard<std::mutex> guard(mutex);
        return !kept.empty();
    };
    ps::server server(listener(), handler, std::move(options));
    for (const char *order : {"m", "r", "s"}) {
        ps::socket peer = connect(server);
        peer.send_all(ps::bytes(order, 1));
        CHECK(until(is_kept));
        CHECK(until([&] { return server.connections() == 0; }));
        kept.back().send_all(ps::bytes(order, 1));
        kept.pop_back(); // closes it
        char answer[2] = "";
        CHECK_IS(peer.recv(ps::buffer(answer, 1), seconds(20)), 1);
        CHECK(answer[0] == order[0]);
        CHECK_IS(peer.recv(ps::buffer(answer, 1), seconds(20)), 0);
    }
    CHECK(ask(server, "a") == "a");
    CHECK(ask(server, "=") == "=");
    CHECK(ask(server, "c") == "");
    CHECK_IS(server.stop(seconds(20)), 0);
}

TEST(stopped_by_a_handler)
{
    std::unique_ptr<ps::server> server;
    std::mutex made;
    std::unique_lock<std::mutex> guard(made);
    server = std::make_unique<ps::server>(listener(), [&](ps::socket &connection) {
        first(connection);
        { std::lock_guard<std::mutex> wait(made); }
        CHECK_IS(server->stop(ps::infinite), 0);
        connection.send_all("s");
    });
    guard.unlock();
    CHECK(ask(*server, "?") == "s");
    server->wait(seconds(20));
}

TEST(a_handler_that_comes_at_once_finds_its_server)
{
    ps::socket waiting = listener(), client(POLYSOCK_AF_INET);
    client.connect(waiting.getsockname(), seconds(20));
    ps::server server(std::move(waiting), [&server](ps::socket &connection) {
        CHECK_IS(server.connections(), 1);
        CHECK_IS(server.stop(ps::infinite), 0);
        connection.send_all("s");
    });
    char c = 0;
    CHECK_IS(client.recv(polysock::buffer(&c, 1), seconds(20)), 1);
    CHECK(c == 's');
    server.wait(seconds(20));
}

// What is reported is what was thrown, once for many.
TEST(time_limits_and_what_is_counted)
{
    report_queue reports;
    ps::server_options options;
    options.max_connections = 3;
    options.idle_timeout = seconds(1);
    options.handler_timeout = seconds(2);
    options.on_error = [&](std::exception_ptr failure, const ps::address *) { reports.push(what(failure)); };
    std::mutex door;
    std::unique_lock<std::mutex> locked(door);
    ps::server server(listener(), [&](ps::socket &connection) {
        if (first(connection) == 'd')
            std::lock_guard<std::mutex> pass(door);
        connection.send_all("late");
    }, options);
    const auto began = std::chrono::steady_clock::now();
    ps::socket silent[] = {connect(server), connect(server)};
    ps::socket slow = connect(server);
    slow.send_all("d");
    char c = 0;
    for (ps::socket &s : silent)
        CHECK_IS(s.recv(polysock::buffer(&c, 1), seconds(20)), 0);
    CHECK(std::chrono::steady_clock::now() - began >= seconds(1));
    CHECK_IS(slow.recv(polysock::buffer(&c, 1), seconds(20)), 0);
    CHECK(std::chrono::steady_clock::now() - began >= seconds(2));
    CHECK_IS(server.connections(), 1);
    locked.unlock();
    CHECK_IS(server.stop(seconds(20)), 0);
    const ps::server_stats stats = server.stats();
    CHECK_IS(stats.handled, 3);
    CHECK_IS(stats.idle_timeouts, 2);
    CHECK_IS(stats.handler_timeouts, 1);
    CHECK_IS(stats.resets, 0);
    CHECK(reports.pop().find("timed out") != std::string::npos);
    CHECK(reports.empty());
}

int main()
{
    RUN(any_callable);
    RUN(what_a_handler_throws);
    RUN(without_on_error_failures_are_not_reported);
    RUN(woken_handlers_have_not_failed);
    RUN(owners);
    RUN(time_limits_and_what_is_counted);
    RUN(moved_connections_belong_to_the_program);
    RUN(stopped_by_a_handler);
    RUN(a_handler_that_comes_at_once_finds_its_server);
    return report();
}
