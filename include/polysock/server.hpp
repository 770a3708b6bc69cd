// The callback server. Part of polysock.hpp.

#ifndef POLYSOCK_SERVER_HPP
#define POLYSOCK_SERVER_HPP

#include <polysock/socket.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace polysock {

namespace detail {

// Exceptions can't pass through C: the library gets a number, and reports it, if at all, in the same thread. This is what the
// thread's last callback threw.
inline std::exception_ptr &pending_exception()
{
    static thread_local std::exception_ptr thrown;
    return thrown;
}

// Calls a callback and returns its result for C, a number.
template <class Call> int number_of(Call call) noexcept
{
    pending_exception() = nullptr;
    try {
        if constexpr (std::is_void_v<decltype(call())>)
            return call(), 0;
        else
            return call();
    } catch (const error &e) {
        pending_exception() = std::current_exception();
        return e.code().value();
    } catch (...) {
        pending_exception() = std::current_exception();
        return POLYSOCK_EOTHER;
    }
}

// The failure that the library reports as a number: of a callback, or of the server itself.
inline std::exception_ptr failure_of(int code, bool of_callback)
{
    std::exception_ptr failure = of_callback ? std::exchange(pending_exception(), nullptr) : nullptr;
    if (failure == nullptr) // the callback returned a number, without a description
        failure = of_callback ? std::make_exception_ptr(std::system_error(code, error_category()))
                              : std::make_exception_ptr(error(code));
    return failure;
}

// A time limit for C, where 0 is none.
inline int time_limit(std::chrono::milliseconds time) { return time.count() > 0 ? timeout(time).ms() : 0; }

} // namespace detail

// The options of a server.
struct server_options {
    // How many connections are handled at once; 0 for the library's default, 100.
    std::size_t max_connections = 0;
    // Called with what a handler threw and the address of its peer; or with a failure of the server itself and nullptr.
    // Several threads call it at once. By default failures are not reported. Failures that peers can cause at will are
    // reported at most once a second: resets, and errors with POLYSOCK_ETIMEDOUT if there is an idle timeout.
    std::function<void(std::exception_ptr, const address *)> on_error = nullptr;
    // How long a peer may be silent: the timeout that connections start with. Zero or less: forever.
    std::chrono::milliseconds idle_timeout{0};
    // How long a handler may take; then its connection is closed, and throwing POLYSOCK_ECLOSED does not count as a failure.
    // Zero or less: no limit.
    std::chrono::milliseconds handler_timeout{0};
};

// The counters of a server.
struct server_stats {
    std::uint64_t handled = 0;          // connections whose handlers have returned
    std::uint64_t resets = 0;           // handlers that failed because the peer had reset the connection or was gone, and
                                        // connections that were reset before they were accepted
    std::uint64_t idle_timeouts = 0;    // handlers that failed because the peer was silent for too long
    std::uint64_t handler_timeouts = 0; // connections that were closed because their handlers took too long
};

// A listener and threads that pass each connection to a handler: anything that can be called with (socket &, const address &)
// or (socket &), by several threads at once. An exception of the handler ends its connection and is passed to on_error; so is a
// number other than 0 that it returns, as a std::system_error with that code.
//
//     polysock::server server(polysock::create_server("", "8080"), [](polysock::socket &connection) {
//         connection.send_all("hello\n");
//     });
//     server.wait();
//
// The connection is lent: it is closed when the handler returns. A handler that moves it to another socket keeps it, with its
// timeouts; that socket is empty if the connection is closed, or another thread is inside a call on it.
// A handler may use the variable that the server is assigned to: none is called before the server exists.
// Destroying a server stops it without time for handlers to finish. The handler exists until the last call has returned: what it
// refers to must, too, unless stop() returned 0. In a forked child no connections are handled, and wait() throws.
class server {
public:
    template <class Handler> server(socket listener, Handler handler, server_options options = {}) : listener_(std::move(listener))
    {
        using program = program_of<Handler>;
        auto user = std::make_unique<program>(program{std::move(handler), std::move(options.on_error)});
        ::polysock_server_options raw = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
        raw.max_connections = options.max_connections;
        raw.on_error = program::failed;
        raw.release = program::release;
        raw.idle_timeout_ms = detail::time_limit(options.idle_timeout);
        raw.handler_timeout_ms = detail::time_limit(options.handler_timeout);
        detail::check(::polysock_server_start(&server_, listener_.get(), program::handle, user.get(), &raw));
        user.release(); // by program::release now
    }
    server(server &&other) noexcept : listener_(std::move(other.listener_)), server_(std::exchange(other.server_, nullptr)) {}
    server &operator=(server &&other) noexcept
    {
        std::swap(listener_, other.listener_);
        std::swap(server_, other.server_);
        return *this;
    }
    server(const server &) = delete;
    server &operator=(const server &) = delete;
    ~server() { ::polysock_server_free(server_); }
    ::polysock_server *get() const noexcept { return server_; }

    const socket &listener() const noexcept { return listener_; }
    // The address it listens on.
    address local_address() const { return listener_.getsockname(); }
    // How many connections are being handled.
    std::size_t connections() const { return static_cast<std::size_t>(detail::check(::polysock_server_connections(server_))); }
    server_stats stats() const
    {
        ::polysock_server_stats raw = {sizeof raw, 0, 0, 0, 0};
        detail::check(::polysock_server_get_stats(server_, &raw));
        server_stats counted;
        counted.handled = raw.handled;
        counted.resets = raw.resets;
        counted.idle_timeouts = raw.idle_timeouts;
        counted.handler_timeouts = raw.handler_timeouts;
        return counted;
    }
    // Gives handlers this time to finish, then closes their connections; returns how many are still running.
    std::size_t stop(timeout t)
    {
        std::size_t running = 0;
        detail::check(::polysock_server_stop(server_, t.ms(), &running));
        return running;
    }
    // Returns when the server was stopped; throws the error if it ended by itself.
    void wait(timeout t = {}) { detail::check(::polysock_server_wait(server_, t.ms())); }

private:
    template <class Handler> struct program_of {
        Handler handler;
        std::function<void(std::exception_ptr, const address *)> on_error;

        static int handle(::polysock_t *handle, const ::polysock_addr *peer, void *user)
        {
            socket connection;
            connection.reset(handle, true);
            return detail::number_of([&]() -> decltype(auto) { return static_cast<program_of *>(user)->call(connection, *peer); });
        }

        decltype(auto) call(socket &connection, const address &peer)
        {
            if constexpr (std::is_invocable_v<Handler &, socket &, const address &>)
                return handler(connection, peer);
            else
                return handler(connection);
        }

        void report(std::exception_ptr failure, const ::polysock_addr *peer) noexcept
        {
            if (on_error) {
                try {
                    if (peer == nullptr)
                        on_error(failure, nullptr);
                    else {
                        const address a(*peer);
                        on_error(failure, &a);
                    }
                } catch (...) {
                    // nothing could report what on_error throws
                }
            }
        }

        static void failed(int code, const ::polysock_addr *peer, void *user)
        {
            static_cast<program_of *>(user)->report(detail::failure_of(code, peer != nullptr), peer);
        }

        static void release(void *user) { delete static_cast<program_of *>(user); }
    };

    socket listener_;
    ::polysock_server *server_ = nullptr;
};

} // namespace polysock

#endif // POLYSOCK_SERVER_HPP
