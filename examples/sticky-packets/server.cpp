// Sticky packets, the server:  server [PORT [CLIENTS]]
//
// Receives three words without boundaries, a message with a length by hand, and a file in messages of the library.
#include "message_socket.hpp"

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

const polysock::framing framing = polysock::framing::length_prefix(32).with_limit(1000);

static void serve(MessageSocket s, int client)
{
    // 1. Nothing. The client sent "one", "two" and "three". Where do they end? A receive returns what is there: a part of
    // one, or all three. That they are 11 bytes together is all we know.
    std::string text(11, '\0');
    int receives = 0;
    for (std::size_t got = 0; got < text.size(); receives++) {
        const std::size_t n = s.raw().recv(polysock::buffer(text.data() + got, text.size() - got));
        if (n == 0)
            throw std::runtime_error("the stream ended");
        got += n;
    }
    std::cout << "client " << client << ": \"" << text << "\" in " << receives << " receives\n";

    // 2. A length before the message, by hand: two calls for each message, and a limit that must not be forgotten.
    std::cout << "client " << client << ": " << s.receive(255) << ", by hand\n";

    // 3. The library's messages: the same bytes on the wire. One receive brings as many as have arrived.
    std::string file;
    int lines = 0;
    while (auto line = s.raw().recv_frame(framing)) {
        if (line->empty()) { // the end of the file
            const std::string sum = checksum(file);
            std::cout << "client " << client << ": " << file.size() << " bytes in " << lines << " messages, checksum " << sum
                      << '\n';
            s.raw().send_frame(sum, framing);
            return;
        }
        file += *line;
        lines++;
    }
    throw std::runtime_error("the stream ended");
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
