// Recording what sockets do. Part of polysock.hpp.

#ifndef POLYSOCK_TRACE_HPP
#define POLYSOCK_TRACE_HPP

#include <polysock/error.hpp>
#include <polysock/memory.hpp>
#include <polysock/polysock.h>

#include <cstdint>
#include <string>

namespace polysock {

// Records every call of this process in a file in `folder`, from construction to destruction or stop().
// `data_bytes` is how many bytes of each transfer are recorded; a negative number means all. `python -m polysock show FOLDER`
// shows it. Throws polysock::error.
class trace {
public:
    explicit trace(const std::string &folder, std::int64_t data_bytes = 64)
    {
        detail::check(::polysock_trace_start(detail::c_text(folder), data_bytes));
    }
    trace(const trace &) = delete;
    trace &operator=(const trace &) = delete;
    ~trace() { stop(); }

    // Stops recording; stopping again does nothing.
    void stop() noexcept
    {
        if (recording_)
            ::polysock_trace_stop();
        recording_ = false;
    }

private:
    bool recording_ = true;
};

} // namespace polysock

#endif
