// Failures as exceptions. Part of polysock.hpp.

#ifndef POLYSOCK_ERROR_HPP
#define POLYSOCK_ERROR_HPP

#include <polysock/polysock.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

namespace polysock {

namespace detail {

class category final : public std::error_category {
public:
    const char *name() const noexcept override { return "polysock"; }
    std::string message(int code) const override { return ::polysock_strerror(code); }
    std::error_condition default_error_condition(int code) const noexcept override
    {
        const int os_errno = ::polysock_errno_of(code);
        return os_errno != 0 ? std::error_condition(os_errno, std::generic_category())
                             : std::error_condition(code, *this);
    }
};

} // namespace detail

// The category of polysock's codes: std::error_code(POLYSOCK_ECLOSED, polysock::error_category()).
inline const std::error_category &error_category() noexcept
{
    static const detail::category the_category;
    return the_category;
}

// A failed call: code().value() is the POLYSOCK_E number, what() the text of polysock_last_detail().
class error : public std::system_error {
public:
    explicit error(int code, std::uint64_t done = 0) : error(code, done, ::polysock_last_detail())
    {
        missing_ = code == POLYSOCK_ETRUNCATED ? ::polysock_last_missing() : 0;
    }

    // A message of this many bytes does not fit into the buffer.
    error(int code, std::uint64_t done, std::size_t needed) : error(code, done) { needed_ = needed; }

    error(int code, std::uint64_t done, const std::string &text)
        : std::system_error(code, error_category()), text_(text), done_(done)
    {
    }

    // The text alone: std::system_error would add that of the code, which it already includes.
    const char *what() const noexcept override { return text_.what(); }

    // Whether the call's time limit passed. If the kernel gave up the connection, the code is POLYSOCK_ECONNTIMEDOUT.
    // Both codes compare equal to std::errc::timed_out.
    bool timed_out() const noexcept { return code() == std::error_code(POLYSOCK_ETIMEDOUT, error_category()); }

    // How many bytes send_all, sendfile, recv_exact, read_exact or net_write had transferred; how many messages send_frames.
    std::uint64_t done() const noexcept { return done_; }

    // How many bytes were missing, at least, when the stream ended in the middle (POLYSOCK_ETRUNCATED).
    std::size_t missing() const noexcept { return missing_; }

    // How many bytes a message has that did not fit into the buffer of recv_frame (POLYSOCK_EMSGSIZE) and is kept for a larger one;
    // 0 when no buffer would help.
    std::size_t needed() const noexcept { return needed_; }

private:
    std::runtime_error text_; // a string whose copies do not throw
    std::uint64_t done_;
    std::size_t missing_ = 0, needed_ = 0;
};

namespace detail {

template <class Number> Number check(Number result)
{
    if (result < 0)
        throw error(static_cast<int>(result));
    return result;
}

// For arguments that this header refuses, without calling the library.
[[noreturn]] inline void refuse(const std::string &text) { throw error(POLYSOCK_EINVAL, 0, text); }

} // namespace detail

} // namespace polysock

#endif // POLYSOCK_ERROR_HPP
