// The message server of polysock.hpp: callables and objects, replies of every kind, state, exceptions.
#include "harness.h"
#include <polysock/polysock.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace ps = polysock;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

ps::socket listener() { return ps::create_server("127.0.0.1", "0", 16); }

// A client that talks in lines.
class client {
public:
    explicit client(const ps::message_server &server) : socket_(POLYSOCK_AF_INET)
    {
        socket_.connect(server.local_address(), seconds(20));
    }
    std::string ask(const char *line)
    {
        socket_.send_frame(std::string_view(line), ps::framing::lines(), seconds(20));
        return hear();
    }
    // "the end" at the end of the stream.
    std::string hear()
    {
        char text[80];
        try {
            const auto size = socket_.recv_frame(ps::buffer(text, sizeof text), ps::framing::lines(), seconds(20));
            return size ? std::string(text, *size) : "the end";
        } catch (const ps::error &e) {
            return e.what();
        }
    }
    ps::socket &socket() { return socket_; }

private:
    ps::socket socket_;
};

template <class Condition> bool until(Condition holds)
{
    for (const long long end = now_us() + 20 * 1000000LL; now_us() < end; sleep_1ms())
        if (holds())
            return true;
    return false;
}

// What the callbacks of a server have done.
class journal {
public:
    void add(const std::string &text)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        text_ += text + ";";
    }
    std::string text()
    {
        std::lock_guard<std::mutex> guard(mutex_);
        return text_;
    }

private:
    std::mutex mutex_;
    std::string text_;
};

struct counter {
    journal *log;
    std::unique_ptr<int> only_moved = nullptr;

    std::unique_ptr<int> on_open(ps::connection &) { return std::make_unique<int>(0); }
    std::string on_message(ps::connection &, std::unique_ptr<int> &count, std::string_view)
    {
        return std::to_string(++*count);
    }
    void on_close(ps::connection &, std::unique_ptr<int> &count, ps::close_reason reason)
    {
        log->add(std::to_string(*count) + " " + std::to_string(static_cast<int>(reason)));
    }
};

struct chat {
    std::mutex *mutex;
    std::set<ps::connection> *guests;

    void on_open(ps::connection &c)
    {
        std::lock_guard<std::mutex> guard(*mutex);
        guests->insert(c);
    }
    void on_message(ps::connection &c, std::string_view line)
    {
        std::lock_guard<std::mutex> guard(*mutex);
        for (ps::connection guest : *guests)
            if (guest != c)
                guest.send(line);
        c.reply("sent");
    }
    template <class Reason> void on_close(ps::connection &c, Reason)
    {
        std::lock_guard<std::mutex> guard(*mutex);
        guests->erase(c);
    }
};

struct observer {
    journal *log;

    void on_message(ps::connection &, std::string_view) {}
    void on_close(ps::connection &, ps::close_reason reason, const ps::error *failure)
    {
        log->add(std::to_string(static_cast<int>(reason)) + (failure != nullptr ? std::string(" ") + failure->what() : ""));
    }
};

struct observer_with_state : observer {
    int on_open(ps::connection &) { return 5; }
    void on_message(ps::connection &, int &, std::string_view) {}
    void on_close(ps::connection &, int &state, ps::close_reason, const ps::error *failure)
    {
        log->add(std::to_string(state) + (failure != nullptr ? " " + std::to_string(failure->missing()) : ""));
    }
};

} // namespace

TEST(replies_of_every_kind)
{
    ps::message_server server(listener(), ps::framing::lines(), [](ps::connection &, std::string_view line) { return line; });
    client c(server);
    CHECK(c.ask("one") == "one");
    server = ps::message_server(listener(), ps::framing::lines(), [](ps::connection &, std::string_view line) {
        return line == "q" ? std::nullopt : std::optional<std::string>("<" + std::string(line) + ">");
    });
    client d(server);
    d.socket().send_all("q\n");
    CHECK(d.ask("two") == "<two>");
    server = ps::message_server(listener(), std::nullopt, [](ps::connection &connection, std::string_view text) {
        connection.reply(text);
        connection.send("!\n");
    });
    client e(server);
    e.socket().send_all("three");
    CHECK(e.hear() == "three!");
    CHECK(c.hear() == "the end");
}

TEST(state_belongs_to_a_connection)
{
    journal log;
    ps::message_server server(listener(), ps::framing::lines(), counter{&log});
    {
        client one(server), other(server);
        CHECK(one.ask("x") == "1");
        CHECK(one.ask("x") == "2");
        CHECK(other.ask("x") == "1");
        CHECK(server.connections() == 2);
        one.socket().close();
        CHECK(until([&] { return log.text() == "2 1;"; }));
    }
    CHECK(until([&] { return log.text() == "2 1;1 1;"; }));
    CHECK(server.stats().handled == 2);
    CHECK(server.stop(seconds(20)) == 0);
}

TEST(on_close_gets_the_failure_behind_the_reason)
{
    journal log;
    ps::message_server server(listener(), ps::framing::lines().with_limit(3), observer{&log});
    client c(server);
    c.socket().send_all("four\n");
    CHECK(c.hear() == "the end");
    const std::string too_long = strerror(EMSGSIZE);
    const std::string text = "7 message_server the message has 4 bytes or more, and the limit is 3: " + too_long + ";";
    CHECK(until([&] { return log.text() == text; }));
    client(server).socket().close();
    CHECK(until([&] { return log.text() == text + "1;"; }));

    journal other;
    ps::message_server fixed(listener(), ps::framing::fixed(10), observer_with_state{{&other}});
    client d(fixed);
    d.socket().send_all("1234");
    d.socket().close();
    CHECK(until([&] { return other.text() == "5 6;"; }));
}

TEST(a_chat_keeps_its_connections)
{
    std::mutex mutex;
    std::set<ps::connection> guests;
    ps::message_server server(listener(), ps::framing::lines(), chat{&mutex, &guests});
    client ann(server), bob(server);
    CHECK(ann.ask("I am Ann") == "sent");
    const std::string first = bob.ask("I am Bob");
    CHECK(first == "sent" || (first == "I am Ann" && bob.hear() == "sent"));
    CHECK(ann.hear() == "I am Bob");
    ps::connection kept;
    {
        std::lock_guard<std::mutex> guard(mutex);
        CHECK(guests.size() == 2);
        kept = *guests.begin();
    }
    CHECK(!kept.is_closed());
    CHECK(kept.peer() == ann.socket().getsockname() || kept.peer() == bob.socket().getsockname());
    CHECK(server.stop(seconds(20)) == 0);
    CHECK(guests.empty());
    CHECK(kept.is_closed() && kept.unsent() == 0);
    try {
        kept.send("x");
        CHECK(false);
    } catch (const ps::error &e) {
        CHECK(e.code().value() == POLYSOCK_ECLOSED);
    }
}

TEST(exceptions_end_their_connection)
{
    journal log;
    ps::message_server_options options;
    options.on_error = [&](std::exception_ptr failure, const ps::connection *c) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception &e) {
            log.add(std::string(c != nullptr ? "" : "server: ") + e.what());
        }
        throw 7; // has no effect
    };
    ps::message_server server(listener(), ps::framing::lines(), [](ps::connection &c, std::string_view line) {
        if (line == "r")
            c.reply("a\nb"); // refused by the framing
        if (line == "x")
            throw std::runtime_error("on purpose");
        return std::string(line);
    }, options);
    client c(server);
    CHECK(c.ask("x") == "the end");
    CHECK(until([&] { return log.text() == "on purpose;"; }));
    client d(server);
    CHECK(d.ask("r") == "the end");
    const std::string refused = "connection_reply: message must not contain the bytes that end a message";
    CHECK(until([&] { return log.text() == "on purpose;" + refused + ";"; }));
    client e(server);
    CHECK(e.ask("y") == "y");
    CHECK(server.stop(seconds(20)) == 0);
}

int main()
{
    RUN(replies_of_every_kind);
    RUN(state_belongs_to_a_connection);
    RUN(on_close_gets_the_failure_behind_the_reason);
    RUN(a_chat_keeps_its_connections);
    RUN(exceptions_end_their_connection);
    return report();
}
