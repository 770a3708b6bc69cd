// Java's BufferedReader and PrintWriter in one: a socket that reads and writes lines.
#pragma once

#include <polysock/polysock.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

class LineStream {
public:
    explicit LineStream(polysock::socket s) : s_(std::move(s)) {}

    // The next line without its end; nothing at the end of the stream. A receive may return half a line or three:
    // the rest waits in the buffer.
    std::optional<std::string> read_line()
    {
        std::size_t stop;
        while ((stop = received_.find('\n')) == std::string::npos) {
            if (received_.size() >= limit)
                throw std::length_error("the line is too long");
            char buf[512];
            const std::size_t n = s_.recv(buf);
            if (n == 0)
                return received_.empty() ? std::nullopt : std::optional(std::exchange(received_, {}));
            received_.append(buf, n);
        }
        std::string line = received_.substr(0, stop);
        received_.erase(0, stop + 1);
        return line;
    }

    // Only fills the buffer.
    void println(const std::string &line) { waiting_ += line + '\n'; }

    void flush() { s_.send_all(std::exchange(waiting_, {})); }

    // "That was all": the peer reads the end of the stream.
    void end_output()
    {
        flush();
        s_.shutdown(POLYSOCK_SHUT_WR);
    }

private:
    static constexpr std::size_t limit = 1024;
    polysock::socket s_;
    std::string received_, waiting_;
};
