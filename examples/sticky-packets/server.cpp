// Sticky packets, the server:  server [PORT [CLIENTS]]
//
// First shows that TCP keeps no message boundaries, then receives a file in messages that have boundaries.
#include "message_socket.hpp"

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

static void serve(MessageSocket s, int client)
{
    // The client sent "one", "two" and "three". Where do they end? A receive returns what is there: a part of one, or all
    // three. That they are 11 bytes together is all we know.
    std::string text(11, '\0');
    int receives = 0;
    for (std::size_t got = 0; got < text.size(); receives++) {
        const std::size_t n = s.raw().recv(polysock::buffer(text.data() + got, text.size() - got));
        if (n == 0)
            throw std::runtime_error("the stream ended");
        got += n;
    }
    std::cout << "client " << client << ": \"" << text << "\" in " << receives << " receives\n";

    const std::string name = s.receive(255), file = s.receive(1 << 20), sum = checksum(file);
    std::cout << "client " << client << ": " << name << ", " << file.size() << " bytes, checksum " << sum << '\n';
    s.send(sum);
}

int main(int argc, char **argv)
try {
    const int clients = argc > 2 ? std::stoi(argv[2]) : 1;
    polysock::socket listener = polysock::create_server("127.0.0.1", argc > 1 ? argv[1] : "0");
    std::cout << "listening on " << listener.getsockname().str() << std::endl;
    for (int i = 1; i <= clients; i++) {
        polysock::socket s = listener.accept(60s);
        s.set_timeout(5s);
        try {
            serve(MessageSocket(std::move(s)), i);
        } catch (const std::exception &e) {
            std::cout << "client " << i << ": " << e.what() << '\n';
        }
    }
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
