// How long calls may wait. Part of polysock.hpp.

#ifndef POLYSOCK_TIMEOUT_HPP
#define POLYSOCK_TIMEOUT_HPP

#include <polysock/error.hpp>

#include <algorithm>
#include <chrono>
#include <limits>

namespace polysock {

namespace detail {

// A time as an int for C; one that does not fit becomes the nearest that does.
template <class Rep, class Period> int c_int(std::chrono::duration<Rep, Period> time)
{
    using limits = std::numeric_limits<int>;
    return static_cast<int>(std::clamp<Rep>(time.count(), (limits::min)(), (limits::max)()));
}

} // namespace detail

// How long a call may wait.
class timeout {
public:
    // The socket's own.
    constexpr timeout() noexcept : ms_(POLYSOCK_DEFAULT) {}

    template <class Rep, class Period>
    constexpr timeout(std::chrono::duration<Rep, Period> time) // NOLINT: converts on purpose
        : ms_(milliseconds(time))
    {
    }

    static constexpr timeout never() noexcept
    {
        timeout t;
        t.ms_ = POLYSOCK_INFINITE;
        return t;
    }

    // A timeout of the C library: POLYSOCK_INFINITE, 0 or milliseconds.
    static constexpr timeout of_ms(int ms) noexcept
    {
        timeout t;
        t.ms_ = ms;
        return t;
    }

    constexpr int ms() const noexcept { return ms_; }

private:
    template <class Rep, class Period>
    static constexpr int milliseconds(std::chrono::duration<Rep, Period> time)
    {
        using wide = std::chrono::duration<double, std::milli>;
        const int most = (std::numeric_limits<int>::max)();
        if (!(time.count() >= Rep())) // negative, or not a number, for which chrono's >= is true
            return POLYSOCK_DEFAULT - 1; // refused by the library
        if (std::chrono::duration_cast<wide>(time).count() >= static_cast<double>(most))
            return most;
        const auto down = std::chrono::duration_cast<std::chrono::duration<int, std::milli>>(time);
        return down < time ? down.count() + 1 : down.count();
    }

    int ms_;
};

// Wait forever.
inline constexpr timeout infinite = timeout::never();

} // namespace polysock

#endif // POLYSOCK_TIMEOUT_HPP
