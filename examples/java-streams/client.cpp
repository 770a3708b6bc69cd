// Java's streams, the client in C++:  client HOST PORT
#include "line_stream.hpp"

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

int main(int argc, char **argv)
try {
    if (argc != 3) {
        std::cerr << "usage: client HOST PORT\n";
        return 64;
    }
    const std::string lines[] = {"hello", "stressed", "", "the last one"};
    polysock::socket s = polysock::create_connection(argv[1], argv[2], 5s);
    s.set_timeout(5s);
    LineStream stream(std::move(s));

    for (const std::string &line : lines)
        stream.println(line); // only fills the buffer
    stream.end_output();      // now all are sent together

    for (const std::string &line : lines)
        std::cout << '"' << line << "\" came back as \"" << stream.read_line().value() << "\"\n";
    std::cout << "and then the end of the stream: " << stream.read_line().value_or("None") << '\n';
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
