// The message server, on a loopback port. Its callbacks do what messages ask for, and send back all others.
#include "driver.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

namespace {

constexpr milliseconds to_finish{5000};

// What the callbacks of a server were called for, and what they need.
struct record {
    std::mutex lock; // never held during a call of the library
    std::condition_variable resumed;
    unsigned resumes = 0;
    bool ending = false;
    std::vector<polysock::connection> open;
    std::vector<std::pair<polysock::close_reason, std::string>> closed; // with what has failed
    long messages = 0;
    int holding = 0, errors = 0;
    polysock::message_server *server = nullptr;
    std::string greeting;
    bool has_greeting = false, open_fails = false, open_holds = false, close_fails = false;
};
using record_ptr = std::shared_ptr<record>;

std::string outcome_of(polysock::connection &c, std::string_view message)
{
    try {
        c.send(message);
    } catch (const polysock::error &e) {
        return protocol_name(e.code().value());
    }
    return "ok";
}

// Returns when the scenario resumes it.
void hold(record &what)
{
    std::unique_lock held(what.lock);
    const unsigned before = what.resumes;
    what.holding++;
    what.resumed.wait(held, [&] { return before != what.resumes || what.ending; });
    what.holding--;
}

struct program {
    record_ptr what;

    // The state is how many messages a connection has had.
    long on_open(polysock::connection &c)
    {
        if (what->open_fails)
            throw std::runtime_error("asked to");
        if (what->has_greeting)
            c.send(what->greeting);
        {
            const std::lock_guard held(what->lock);
            what->open.push_back(c);
        }
        if (what->open_holds)
            hold(*what);
        return 0;
    }

    std::optional<std::string> on_message(polysock::connection &c, long &count, std::string_view message)
    {
        count++;
        {
            const std::lock_guard held(what->lock);
            what->messages++;
        }
        if (message == "quiet")
            return std::nullopt;
        if (message == "fail")
            throw std::runtime_error("asked to");
        if (message == "abort") {
            c.abort();
            return std::nullopt;
        }
        if (message == "close") {
            c.close();
            return outcome_of(c, "late");
        }
        if (message == "count")
            return std::to_string(count);
        if (message == "peer")
            return c.peer().ip() + " " + std::to_string(c.peer().port());
        if (message == "twice") {
            c.send("first");
            return "second";
        }
        if (message == "split")
            return "two\nlines";
        if (message == "stop")
            return std::to_string(what->server->stop(to_finish));
        if (message == "hold")
            hold(*what);
        return std::string(message);
    }

    void on_close(polysock::connection &c, long &, polysock::close_reason reason, const polysock::error *failure)
    {
        const std::lock_guard held(what->lock);
        what->open.erase(std::remove(what->open.begin(), what->open.end(), c), what->open.end());
        what->closed.emplace_back(reason, failure != nullptr ? protocol_name(failure->code().value()) : "-");
        if (what->close_fails)
            throw std::runtime_error("asked to");
    }
};

struct serving {
    record_ptr what;
    polysock::message_server server;
};
using serving_ptr = std::shared_ptr<serving>;

std::mutex lock; // never held during a call of the library
std::map<std::string, serving_ptr> servers;

serving_ptr find_server(const request &r)
{
    const std::lock_guard held(lock);
    const auto found = servers.find(r.args[1]);
    if (found == servers.end())
        throw malformed{"no such message server"};
    return found->second;
}

const char *name_of(polysock::close_reason reason)
{
    using polysock::close_reason;
    switch (reason) {
    case close_reason::peer_finished: return "peer_finished";
    case close_reason::by_program: return "by_program";
    case close_reason::failed: return "failed";
    case close_reason::idle_timeout: return "idle_timeout";
    case close_reason::handler_timeout: return "handler_timeout";
    case close_reason::handler_failed: return "handler_failed";
    case close_reason::bad_message: return "bad_message";
    case close_reason::stopped: return "stopped";
    }
    return "unknown";
}

std::vector<polysock::connection> open_connections(record &what)
{
    const std::lock_guard held(what.lock);
    return what.open;
}

} // namespace

std::string do_serve_messages(request &r)
{
    const auto what = std::make_shared<record>();
    what->open_fails = r.open_fails;
    what->open_holds = r.open_holds;
    what->close_fails = r.close_fails;
    what->has_greeting = !r.greeting.empty();
    what->greeting = what->has_greeting ? payload(r.greeting) : "";
    r.messages.on_error = [what](std::exception_ptr, const polysock::connection *) {
        const std::lock_guard held(what->lock);
        what->errors++;
    };
    const auto framing = r.has_framing ? std::optional(r.framing()) : std::nullopt;
    const auto made = std::make_shared<serving>(
        serving{what, {polysock::create_server("127.0.0.1", 0, 16), framing, program{what}, r.messages}});
    what->server = &made->server;
    const auto port = made->server.local_address().port();
    const std::lock_guard held(lock);
    servers[r.args[1]] = made;
    return "ok port=" + std::to_string(port);
}

std::string do_serving_messages(request &r)
{
    const serving_ptr found = find_server(r);
    const polysock::message_server_stats stats = found->server.stats();
    const std::size_t connections = found->server.connections();
    std::size_t unsent = 0;
    for (const auto &c : open_connections(*found->what))
        unsent = std::max(unsent, c.unsent());
    const std::lock_guard held(found->what->lock);
    std::string reasons, failures;
    for (const auto &[reason, failure] : found->what->closed) {
        reasons += (reasons.empty() ? "" : ",") + std::string(name_of(reason));
        failures += (failures.empty() ? "" : ",") + failure;
    }
    return "ok open=" + std::to_string(found->what->open.size()) + " messages=" + std::to_string(found->what->messages) +
           " holding=" + std::to_string(found->what->holding) + " errors=" + std::to_string(found->what->errors) +
           " closed=" + (reasons.empty() ? "-" : reasons) + " failures=" + (failures.empty() ? "-" : failures) +
           " connections=" + std::to_string(connections) + " unsent=" + std::to_string(unsent) +
           " handled=" + std::to_string(stats.handled) + " resets=" + std::to_string(stats.resets) +
           " idle=" + std::to_string(stats.idle_timeouts) + " overdue=" + std::to_string(stats.handler_timeouts) +
           " bad=" + std::to_string(stats.bad_messages);
}

std::string do_push(request &r)
{
    const serving_ptr found = find_server(r);
    const std::string message = payload(r.args[2]);
    const polysock::timeout limit = r.timeout.ms() == POLYSOCK_DEFAULT ? polysock::timeout(milliseconds(0)) : r.timeout;
    std::size_t sent = 0;
    std::string failure;
    for (auto &c : open_connections(*found->what)) {
        try {
            c.send(message, limit);
            sent++;
        } catch (const polysock::error &e) {
            failure = failure.empty() ? protocol_name(e.code().value()) : failure;
        }
    }
    return failure.empty() ? "ok n=" + std::to_string(sent) : "error " + failure + " done=" + std::to_string(sent);
}

std::string do_hang_up(request &r)
{
    auto open = open_connections(*find_server(r)->what);
    for (auto &c : open)
        r.args[2] == "abort" ? c.abort() : c.close();
    return "ok n=" + std::to_string(open.size());
}

std::string do_resume(request &r)
{
    const record_ptr what = find_server(r)->what;
    const std::lock_guard held(what->lock);
    what->resumes++;
    what->resumed.notify_all();
    return "ok";
}

std::string do_close_listener(request &r)
{
    const int code = ::polysock_close(find_server(r)->server.listener().get()); // the server lends it, read-only
    if (code < 0)
        throw polysock::error(code);
    return "ok";
}

std::string do_await_stop(request &r)
{
    find_server(r)->server.wait();
    return "ok";
}

std::string do_stop_messages(request &r)
{
    const polysock::timeout limit = r.timeout.ms() == POLYSOCK_DEFAULT ? polysock::timeout(to_finish) : r.timeout;
    return "ok running=" + std::to_string(find_server(r)->server.stop(limit));
}

void stop_message_servers()
{
    std::map<std::string, serving_ptr> all;
    {
        const std::lock_guard held(lock);
        std::swap(all, servers);
    }
    for (const auto &[name, one] : all) {
        const std::lock_guard held(one->what->lock);
        one->what->ending = true;
        one->what->resumed.notify_all();
    }
}
