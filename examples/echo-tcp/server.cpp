// Echo over TCP, the server as a class:  server [PORT [CLIENTS]]
//
// Sends back whatever a client sends, until the client ends its stream. It serves CLIENTS clients (default 1), one
// after the other, and ends. A failing client costs only its own connection.
#include <polysock/polysock.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

class EchoServer {
public:
    // create_server does socket, bind and listen in one call.
    explicit EchoServer(const std::string &port) : listener_(polysock::create_server("127.0.0.1", port)) {}

    // Port 0 let the system choose; this is the port it chose.
    polysock::address address() const { return listener_.getsockname(); }

    void serve(int clients)
    {
        for (int i = 1; i <= clients; i++) {
            polysock::socket s = listener_.accept(60s);
            s.set_timeout(5s); // for each call on this connection
            std::cout << "client " << i << ": ";
            try {
                std::cout << echo(s) << " bytes sent back\n";
            } catch (const polysock::error &e) {
                std::cout << e.what() << '\n';
            }
        } // the end of the block closes the connection
    }

private:
    static std::size_t echo(polysock::socket &s)
    {
        char buf[4096];
        std::size_t total = 0;
        while (std::size_t n = s.recv(buf)) { // 0: the client has ended its stream
            s.send_all(polysock::bytes(buf, n));
            total += n;
        }
        return total;
    }

    polysock::socket listener_;
};

int main(int argc, char **argv)
try {
    EchoServer server(argc > 1 ? argv[1] : "0");
    std::cout << "listening on " << server.address().str() << std::endl;
    server.serve(argc > 2 ? std::stoi(argv[2]) : 1);
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n'; // what failed, and why
    return 1;
}
