// Messages, lines and bytes of a stream. Part of polysock.hpp.

#ifndef POLYSOCK_READER_HPP
#define POLYSOCK_READER_HPP

#include <polysock/socket.hpp>

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace polysock {

// Receives messages, lines and bytes from a stream, and keeps what arrived ahead of them; other receives on the socket do
// not find it. The socket may be moved. It may be closed or destroyed before the reader, which then returns what it has
// received ahead, and throws POLYSOCK_ECLOSED after that. Views are valid until the reader's next call; the calls that return
// them need a reader that has a name. One thread uses it at a time.
//
//     polysock::reader reader(socket);
//     for (std::string_view message : reader)
//         handle(message);
//
// The loop ends when the peer has ended the stream after a message; if it ended inside one, the loop throws POLYSOCK_ETRUNCATED,
// and error::missing() is how many bytes are missing. After a time limit the next call continues where the last one stopped.
class reader {
public:
    explicit reader(socket &&, const framing & = {}) = delete; // it would be closed before the first call
    explicit reader(const socket &s, const framing &f = {}) { detail::check(::polysock_reader_new(&reader_, s.get(), f.get())); }
    reader(reader &&other) noexcept : reader_(std::exchange(other.reader_, nullptr)) {}
    reader &operator=(reader &&other) noexcept
    {
        std::swap(reader_, other.reader_);
        return *this;
    }
    reader(const reader &) = delete;
    reader &operator=(const reader &) = delete;
    ~reader() { ::polysock_reader_free(reader_); }
    ::polysock_reader *get() const noexcept { return reader_; }

    // Sets how messages are delimited from the next one on.
    void set_framing(const framing &f) { detail::check(::polysock_reader_set_framing(reader_, f.get())); }

    // The next message; empty when the peer has ended the stream.
    std::optional<std::string_view> frame(timeout t = {}) &
    {
        const void *start = nullptr;
        const ::ssize_t n = ::polysock_reader_frame(reader_, &start, t.ms());
        return view(static_cast<const char *>(start), n);
    }
    // The next line without its "\n" or "\r\n", whatever the framing; empty when the peer has ended the stream.
    std::optional<std::string_view> line(timeout t = {}) &
    {
        const char *start = nullptr;
        const ::ssize_t n = ::polysock_reader_line(reader_, &start, t.ms());
        return view(start, n);
    }
    // At least one message and all others that have arrived with it, as many as there is room for; returns how many, 0 when the
    // peer has ended the stream.
    std::size_t frames(span<polysock::frame> into, timeout t = {}) &
    {
        const ::ssize_t n = ::polysock_reader_frames(reader_, into.data(), into.size(), t.ms());
        return n == POLYSOCK_EEOF ? 0 : static_cast<std::size_t>(detail::check(n));
    }

    class iterator;
    class range;
    // Messages and lines up to the end of the stream, to loop over; each waits as long as the timeout allows.
    range frames(timeout t = {}) &;
    range lines(timeout t = {}) &;
    iterator begin() &;
    iterator end();

    // Receives at least one byte, whatever the framing; 0 is the end of the stream.
    std::size_t read(buffer into, timeout t = {})
    {
        return static_cast<std::size_t>(detail::check(::polysock_reader_read(reader_, into.data(), into.size(), t.ms())));
    }
    // Fills the buffer, whatever the framing.
    void read_exact(buffer into, timeout t = {})
    {
        std::size_t done = 0;
        const int code = ::polysock_reader_read_exact(reader_, into.data(), into.size(), &done, t.ms());
        if (code < 0)
            throw error(code, done);
    }

    // How many bytes have been received that no call has returned yet.
    std::size_t pending() const { return static_cast<std::size_t>(detail::check(::polysock_reader_pending(reader_))); }
    // Takes them out.
    std::string take_buffered()
    {
        std::string all(pending(), '\0');
        all.resize(static_cast<std::size_t>(detail::check(::polysock_reader_take_buffered(reader_, all.data(), all.size()))));
        return all;
    }
    // The descriptors that came with the bytes on a Unix socket.
    std::vector<descriptor> take_fds()
    {
        return detail::take_fds([this](int *fd) { return ::polysock_reader_take_fds(reader_, fd, 1); });
    }

private:
    static std::optional<std::string_view> view(const char *start, ::ssize_t n)
    {
        if (n == POLYSOCK_EEOF)
            return std::nullopt;
        return std::string_view(start, static_cast<std::size_t>(detail::check(n)));
    }

    ::polysock_reader *reader_ = nullptr;
};

// Reads the next one when it is made and when it is incremented.
class reader::iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view *;
    using reference = const std::string_view &;
    using next = std::optional<std::string_view> (reader::*)(timeout) &;

    iterator() noexcept = default; // the end
    iterator(reader &from, next call, timeout t) : from_(&from), next_(call), timeout_(t) { ++*this; }

    reference operator*() const noexcept { return current_; }
    pointer operator->() const noexcept { return &current_; }
    iterator &operator++()
    {
        const std::optional<std::string_view> found = (from_->*next_)(timeout_);
        if (found)
            current_ = *found;
        else
            from_ = nullptr;
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.from_ == b.from_; }
    friend bool operator!=(const iterator &a, const iterator &b) noexcept { return !(a == b); }

private:
    reader *from_ = nullptr;
    next next_ = nullptr;
    timeout timeout_;
    std::string_view current_;
};

class reader::range {
public:
    range(reader &from, iterator::next call, timeout t) noexcept : from_(from), next_(call), timeout_(t) {}
    iterator begin() const { return {from_, next_, timeout_}; }
    iterator end() const noexcept { return {}; }

private:
    reader &from_;
    iterator::next next_;
    timeout timeout_;
};

inline reader::range reader::frames(timeout t) & { return {*this, &reader::frame, t}; }
inline reader::range reader::lines(timeout t) & { return {*this, &reader::line, t}; }
inline reader::iterator reader::begin() & { return frames().begin(); }
inline reader::iterator reader::end() { return {}; }

} // namespace polysock

#endif // POLYSOCK_READER_HPP
