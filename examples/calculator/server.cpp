// A calculator on the callback server: two clients at once, further ones wait:  server [PORT]
//
// It ends when a client asks it to, with "stop".
#include "protocol.hpp"

#include <functional>
#include <future>
#include <iostream>
#include <sstream>

using namespace std::chrono_literals;

// Knows nothing about sockets.
class Calculator {
public:
    std::string answer(const std::string &request) const
    {
        std::istringstream fields(request);
        std::string operation, first, second, more;
        long long a = 0, b = 0, result = 0;
        if (!(fields >> operation >> first >> second) || fields >> more || !number(first, a) || !number(second, b))
            return "error bad request";
        bool overflow = false;
        if (operation == "add")
            overflow = __builtin_add_overflow(a, b, &result);
        else if (operation == "subtract")
            overflow = __builtin_sub_overflow(a, b, &result);
        else if (operation == "multiply")
            overflow = __builtin_mul_overflow(a, b, &result);
        else if (operation != "divide")
            return "error no such operation";
        else if (b == 0)
            return "error division by zero";
        else if (b == -1)
            overflow = __builtin_sub_overflow(0, a, &result); // the smallest number has no negative
        else
            result = a / b;
        return overflow ? "error overflow" : "ok " + std::to_string(result);
    }

private:
    static bool number(const std::string &word, long long &value)
    {
        try {
            std::size_t used = 0;
            value = std::stoll(word, &used);
            return used == word.size();
        } catch (const std::logic_error &) { // not a number, or too large
            return false;
        }
    }
};

// Serves a connection; knows nothing about accepting, threads and limits. Any callable would do.
class Session {
public:
    explicit Session(std::function<void()> stop) : stop_(std::move(stop)) {}

    void operator()(polysock::socket &connection) const
    {
        try {
            while (auto request = receive_message(connection)) {
                if (*request == "stop") {
                    stop_();
                    send_message(connection, "ok stopping");
                    return;
                }
                send_message(connection, calculator_.answer(*request));
            }
        } catch (const TooLong &) {
            send_message(connection, "error too long");
            throw;
        }
    }

private:
    Calculator calculator_;
    std::function<void()> stop_;
};

static void failed(std::exception_ptr failure, const polysock::address *peer)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception &e) {
        std::cout << (peer ? "a connection" : "the server") << " failed: " << e.what() << std::endl;
    }
}

int main(int argc, char **argv)
try {
    std::promise<void> stop;
    std::once_flag once; // two clients may ask for it
    polysock::server_options options;
    options.max_connections = 2;
    options.on_error = failed;
    polysock::socket listener = polysock::create_server("127.0.0.1", argc > 1 ? argv[1] : "0");
    std::cout << "listening on " << listener.getsockname().str() << std::endl;

    // It serves in its own threads from here on.
    polysock::server server(std::move(listener), Session([&] { std::call_once(once, [&] { stop.set_value(); }); }), options);
    stop.get_future().wait_for(60s);
    std::cout << "stopped, " << server.stop(5s) << " still run\n"; // running ones may finish
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
