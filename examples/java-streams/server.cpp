// Java's streams, the server in C++:  server [PORT [CLIENTS]]
//
// Sends each line back reversed, until the client has ended its stream.
#include "line_stream.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

static int serve(LineStream stream)
{
    int count = 0;
    while (std::optional<std::string> line = stream.read_line()) {
        std::reverse(line->begin(), line->end());
        stream.println(*line);
        stream.flush();
        count++;
    }
    return count;
}

int main(int argc, char **argv)
try {
    const int clients = argc > 2 ? std::stoi(argv[2]) : 1;
    polysock::socket listener = polysock::create_server("127.0.0.1", argc > 1 ? argv[1] : "0");
    std::cout << "listening on " << listener.getsockname().str() << std::endl;
    for (int i = 1; i <= clients; i++) {
        polysock::socket s = listener.accept(60s);
        s.set_timeout(5s);
        std::cout << "client " << i << ": ";
        try {
            std::cout << serve(LineStream(std::move(s))) << " lines\n";
        } catch (const std::exception &e) {
            std::cout << e.what() << '\n';
        }
    }
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
