// The message server. Part of polysock.hpp.

#ifndef POLYSOCK_MESSAGE_SERVER_HPP
#define POLYSOCK_MESSAGE_SERVER_HPP

#include <polysock/framing.hpp>
#include <polysock/server.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace polysock {

// A connection of a message server. Copies refer to the same connection; any thread may use one, also after the connection has
// ended.
class connection {
public:
    connection() noexcept = default;
    explicit connection(::polysock_connection *c) noexcept : raw_(c != nullptr ? ::polysock_connection_retain(c) : nullptr) {}
    connection(const connection &other) noexcept : connection(other.raw_) {}
    connection(connection &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    connection &operator=(connection other) noexcept
    {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~connection() { ::polysock_connection_release(raw_); }
    ::polysock_connection *get() const noexcept { return raw_; }

    // From a callback of this connection: sends a message, which is accepted however much is unsent, and goes out when the
    // callback has returned.
    void reply(bytes message) { detail::check(::polysock_connection_reply(raw_, message.data(), message.size())); }
    // From any thread: sends all of a message, or none. While too much is unsent it waits, by default not at all, then throws
    // POLYSOCK_ETIMEDOUT or, without waiting, POLYSOCK_EAGAIN.
    void send(bytes message, timeout t = std::chrono::milliseconds(0))
    {
        detail::check(::polysock_connection_send(raw_, message.data(), message.size(), t.ms()));
    }
    // Ends the connection once everything has been sent.
    void close() { detail::check(::polysock_connection_close(raw_)); }
    // Ends it with a reset.
    void abort() { detail::check(::polysock_connection_abort(raw_)); }
    bool is_closed() const { return detail::check(::polysock_connection_is_closed(raw_)) != 0; }
    // How many bytes are queued, still to be given to the kernel.
    std::size_t unsent() const { return static_cast<std::size_t>(detail::check(::polysock_connection_unsent(raw_))); }
    address peer() const
    {
        ::polysock_addr raw;
        detail::check(::polysock_connection_peer(raw_, &raw));
        return address(raw);
    }

    // Whether both are the same connection.
    friend bool operator==(const connection &a, const connection &b) noexcept { return a.raw_ == b.raw_; }
    friend bool operator!=(const connection &a, const connection &b) noexcept { return a.raw_ != b.raw_; }
    // An order for std::set and std::map.
    friend bool operator<(const connection &a, const connection &b) noexcept { return std::less<>()(a.raw_, b.raw_); }

private:
    ::polysock_connection *raw_ = nullptr;
};

enum class close_reason {
    peer_finished = POLYSOCK_REASON_PEER_FINISHED,
    by_program = POLYSOCK_REASON_BY_PROGRAM,
    failed = POLYSOCK_REASON_FAILED,
    idle_timeout = POLYSOCK_REASON_IDLE_TIMEOUT,
    handler_timeout = POLYSOCK_REASON_HANDLER_TIMEOUT,
    handler_failed = POLYSOCK_REASON_HANDLER_FAILED,
    bad_message = POLYSOCK_REASON_BAD_MESSAGE,
    stopped = POLYSOCK_REASON_STOPPED,
};

// The options of a message server; zero means the library's default, which the comment gives.
struct message_server_options {
    // How many connections are open at once; 10,000. One that has ended counts until on_close has returned.
    std::size_t max_connections = 0;
    // How many callbacks run at once, each in its own thread; 16.
    std::size_t workers = 0;
    // How many bytes may wait to be sent on one connection before the peer is no longer read from; 256 KiB.
    std::size_t max_unsent = 0;
    // Replies, and what connection::send sends, go out as they are, without framing.
    bool raw_replies = false;
    // Called with what a callback threw and its connection; or with a failure of the server itself and nullptr. Several
    // threads may call it at once. Failures that peers can cause at will are reported at most once a second.
    std::function<void(std::exception_ptr, const connection *)> on_error = nullptr;
    // How long a peer may neither send nor take anything. Zero or less: forever.
    std::chrono::milliseconds idle_timeout{0};
    // How long a callback may take; then its connection is closed. Zero or less: no limit.
    std::chrono::milliseconds handler_timeout{0};
};

// The counters of a message server.
struct message_server_stats {
    std::uint64_t handled = 0;          // connections that have ended
    std::uint64_t resets = 0;           // connections that ended because the peer had reset them or was gone
    std::uint64_t idle_timeouts = 0;    // connections that were closed because the peer was idle
    std::uint64_t handler_timeouts = 0; // connections that were closed because a callback took too long
    std::uint64_t bad_messages = 0;     // connections that were closed because of a message that was too long, malformed or unfinished
};

// Accepts, receives and sends, and passes each message to a handler. A handler is callable with (connection &,
// std::string_view), and what it returns is the reply: anything that polysock::bytes accepts, a std::optional of that, or void.
//
//     polysock::message_server server(polysock::create_server("", "8080"), polysock::framing::lines(),
//                                     [](polysock::connection &, std::string_view line) { return shout(line); });
//     server.wait();
//
// Or it is an object with a method on_message and, if wanted, on_open(connection &) and on_close(connection &, close_reason).
// on_close may take a third argument, (const error *): the failure behind close_reason::failed and bad_message, otherwise nullptr.
// What on_open returns is the state of that connection, which the others then take, by reference, after the connection:
//
//     struct counter {
//         int on_open(polysock::connection &) { return 0; }
//         std::string on_message(polysock::connection &, int &count, std::string_view) { return std::to_string(++count); }
//     };
//
// The callbacks of one connection are called one after the other, those of different connections by several threads at once.
// Without a framing (std::nullopt), a message is what one receive brought, and replies are sent as they are. Otherwise it
// behaves like server.
class message_server {
public:
    template <class Handler>
    message_server(socket listener, const std::optional<framing> &delimited, Handler handler, message_server_options options = {})
        : listener_(std::move(listener))
    {
        using program = program_of<Handler>;
        auto user = std::make_unique<program>(program{std::move(handler), std::move(options.on_error)});
        ::polysock_message_server_options raw = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER;
        raw.framing = delimited ? delimited->get() : nullptr;
        raw.on_open = program::open;
        raw.on_close = program::close;
        raw.on_error = program::failed;
        raw.release = program::release;
        raw.max_connections = options.max_connections;
        raw.workers = options.workers;
        raw.max_unsent = options.max_unsent;
        raw.raw_replies = options.raw_replies ? 1 : 0;
        raw.idle_timeout_ms = detail::time_limit(options.idle_timeout);
        raw.handler_timeout_ms = detail::time_limit(options.handler_timeout);
        detail::check(::polysock_message_server_start(&server_, listener_.get(), program::message, user.get(), &raw));
        user.release(); // by program::release now
    }
    message_server(message_server &&other) noexcept
        : listener_(std::move(other.listener_)), server_(std::exchange(other.server_, nullptr))
    {
    }
    message_server &operator=(message_server &&other) noexcept
    {
        std::swap(listener_, other.listener_);
        std::swap(server_, other.server_);
        return *this;
    }
    message_server(const message_server &) = delete;
    message_server &operator=(const message_server &) = delete;
    ~message_server() { ::polysock_message_server_free(server_); }
    ::polysock_message_server *get() const noexcept { return server_; }

    const socket &listener() const noexcept { return listener_; }
    // The address it listens on.
    address local_address() const { return listener_.getsockname(); }
    // How many connections are open.
    std::size_t connections() const
    {
        return static_cast<std::size_t>(detail::check(::polysock_message_server_connections(server_)));
    }
    message_server_stats stats() const
    {
        ::polysock_message_server_stats raw = {sizeof raw, 0, 0, 0, 0, 0};
        detail::check(::polysock_message_server_get_stats(server_, &raw));
        message_server_stats counted;
        counted.handled = raw.handled;
        counted.resets = raw.resets;
        counted.idle_timeouts = raw.idle_timeouts;
        counted.handler_timeouts = raw.handler_timeouts;
        counted.bad_messages = raw.bad_messages;
        return counted;
    }
    // Stops accepting and receiving, takes up to this time to handle and answer what has arrived, then closes all connections;
    // returns how many callbacks are still running.
    std::size_t stop(timeout t)
    {
        std::size_t running = 0;
        detail::check(::polysock_message_server_stop(server_, t.ms(), &running));
        return running;
    }
    // Returns when the server has been stopped; throws the error if it ended by itself.
    void wait(timeout t = {}) { detail::check(::polysock_message_server_wait(server_, t.ms())); }

private:
    template <class Handler> struct program_of {
        Handler handler;
        std::function<void(std::exception_ptr, const connection *)> on_error;

        template <class H> using opens = decltype(std::declval<H &>().on_open(std::declval<connection &>()));
        template <class H, class = void> struct state_of {
            static constexpr bool has_open = false;
            using type = void;
        };
        template <class H> struct state_of<H, std::void_t<opens<H>>> {
            static constexpr bool has_open = true;
            using type = std::decay_t<opens<H>>;
        };
        using state_type = typename state_of<Handler>::type;
        static constexpr bool has_state = !std::is_void_v<state_type>;

        // Whether the handler has an on_close that takes these arguments, after the connection and the state if there is one.
        template <class... Given> struct list {};
        template <class H, class Given, class = void> struct closes : std::false_type {};
        template <class H, class... Given>
        struct closes<H, list<Given...>,
                      std::void_t<decltype(std::declval<H &>().on_close(std::declval<connection &>(), std::declval<Given>()...))>>
            : std::true_type {};
        template <class... Given>
        using with_state =
            std::conditional_t<has_state, list<std::add_lvalue_reference_t<state_type>, Given...>, list<Given...>>;
        static constexpr bool wants_failure = closes<Handler, with_state<close_reason, const error *>>::value;
        static constexpr bool has_close = wants_failure || closes<Handler, with_state<close_reason>>::value;

        // A method of that name which can't be called would never be.
        template <class H, class = void> struct names_open : std::false_type {};
        template <class H> struct names_open<H, std::void_t<decltype(&H::on_open)>> : std::true_type {};
        template <class H, class = void> struct names_close : std::false_type {};
        template <class H> struct names_close<H, std::void_t<decltype(&H::on_close)>> : std::true_type {};
        static_assert(state_of<Handler>::has_open || !names_open<Handler>::value, "on_open must take (polysock::connection &)");
        static_assert(has_close || !names_close<Handler>::value,
                      "on_close must take (polysock::connection &, polysock::close_reason), with the state between them if "
                      "on_open returns one, and may take (const polysock::error *) after them");

        static int open(::polysock_connection *raw, void **state, void *user)
        {
            connection c(raw);
            (void)state;
            return detail::number_of([&] {
                if constexpr (has_state)
                    *state = new state_type(static_cast<program_of *>(user)->handler.on_open(c));
                else if constexpr (state_of<Handler>::has_open)
                    static_cast<program_of *>(user)->handler.on_open(c);
                else
                    (void)user;
            });
        }

        static int message(::polysock_connection *raw, const void *data, std::size_t size, void *state, void *user)
        {
            connection c(raw);
            const std::string_view text(static_cast<const char *>(data), size);
            return detail::number_of([&] {
                using result = decltype(static_cast<program_of *>(user)->call(c, state, text));
                if constexpr (std::is_void_v<result>)
                    static_cast<program_of *>(user)->call(c, state, text);
                else
                    answer(c, static_cast<program_of *>(user)->call(c, state, text));
            });
        }

        decltype(auto) call(connection &c, void *state, std::string_view text)
        {
            (void)state;
            if constexpr (has_state)
                return handler.on_message(c, *static_cast<state_type *>(state), text);
            else if constexpr (std::is_invocable_v<Handler &, connection &, std::string_view>)
                return handler(c, text);
            else
                return handler.on_message(c, text);
        }

        template <class Reply> static void answer(connection &c, const Reply &reply) { c.reply(reply); }
        template <class Reply> static void answer(connection &c, const std::optional<Reply> &reply)
        {
            if (reply)
                c.reply(*reply);
        }

        static void close(::polysock_connection *raw, int reason, int failed, void *state, void *user)
        {
            auto *self = static_cast<program_of *>(user);
            connection c(raw);
            std::unique_ptr<std::conditional_t<has_state, state_type, char>> owned;
            if constexpr (has_state)
                owned.reset(static_cast<state_type *>(state));
            else
                (void)state;
            (void)reason;
            (void)failed;
            const int code = detail::number_of([&] {
                if constexpr (wants_failure) {
                    std::optional<error> failure;
                    if (failed != 0)
                        failure.emplace(failed);
                    self->closed(c, state, reason, failure ? static_cast<const error *>(&*failure) : nullptr);
                } else if constexpr (has_close) {
                    self->closed(c, state, reason);
                }
            });
            if (code != 0) // C's callback returns nothing
                self->report(detail::failure_of(code, true), &c);
        }

        template <class... Failure> void closed(connection &c, void *state, int reason, Failure... failure)
        {
            (void)state;
            if constexpr (has_state)
                handler.on_close(c, *static_cast<state_type *>(state), static_cast<close_reason>(reason), failure...);
            else
                handler.on_close(c, static_cast<close_reason>(reason), failure...);
        }

        void report(std::exception_ptr failure, const connection *c) noexcept
        {
            if (on_error) {
                try {
                    on_error(failure, c);
                } catch (...) {
                    // nothing could report what on_error throws
                }
            }
        }

        static void failed(int code, ::polysock_connection *raw, void *user)
        {
            const connection c(raw);
            static_cast<program_of *>(user)->report(detail::failure_of(code, raw != nullptr), raw != nullptr ? &c : nullptr);
        }

        static void release(void *user) { delete static_cast<program_of *>(user); }
    };

    socket listener_;
    ::polysock_message_server *server_ = nullptr;
};

} // namespace polysock

#endif // POLYSOCK_MESSAGE_SERVER_HPP
