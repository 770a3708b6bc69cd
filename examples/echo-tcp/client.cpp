// Echo over TCP, the client as a class:  client HOST PORT
#include <polysock/polysock.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

class EchoClient {
public:
    EchoClient(const std::string &host, const std::string &port) : s_(polysock::create_connection(host, port, 5s))
    {
        s_.set_timeout(5s); // for each call from now on
    }

    std::string ask(const std::string &line)
    {
        std::string answer(line.size(), '\0');
        s_.send_all(line);                          // a single send may send only a part
        s_.recv_exact(answer); // a single recv may return only a part
        return answer;
    }

private:
    polysock::socket s_; // its destructor closes: the server reads the end of the stream
};

int main(int argc, char **argv)
try {
    if (argc != 3) {
        std::cerr << "usage: client HOST PORT\n";
        return 64;
    }
    EchoClient client(argv[1], argv[2]);
    std::cout << "connected\n";
    for (const char *line : {"hello", "TCP carries a stream of bytes", "good bye"})
        std::cout << "sent \"" << line << "\", received \"" << client.ask(line) << "\"\n";
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
