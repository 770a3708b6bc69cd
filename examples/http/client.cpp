// HTTP/1.0 by hand, the client:  client HOST PORT
#include <polysock/polysock.hpp>

#include <chrono>
#include <iostream>
#include <sstream>
#include <string>

using namespace std::chrono_literals;

class HttpClient {
public:
    HttpClient(std::string host, std::string port) : host_(std::move(host)), port_(std::move(port)) {}

    // Sends a request and prints the answer, which ends when the connection does.
    void ask(const std::string &request) const
    {
        polysock::socket s = polysock::create_connection(host_, port_, 5s);
        s.set_timeout(5s);
        s.send_all(request + "\r\nHost: " + host_ + ":" + port_ + "\r\n\r\n");
        std::string answer;
        char buf[4096];
        while (const std::size_t n = s.recv(buf))
            answer.append(buf, n);

        std::cout << request << '\n';
        const std::size_t end = answer.find("\r\n\r\n");
        if (answer.rfind("HTTP/1.", 0) != 0 || end == std::string::npos) {
            std::cout << "  no answer\n";
            return;
        }
        std::istringstream head(answer.substr(0, end)), content(answer.substr(end + 4));
        std::string line;
        std::getline(head, line, '\r');
        std::cout << "  " << line.substr(9) << '\n'; // after "HTTP/1.0 "
        while (std::getline(head, line, '\r'))
            if (line.rfind("\nContent-Length:", 0) == 0)
                std::cout << "  " << std::stoi(line.substr(16)) << " bytes promised, " << answer.size() - end - 4 << " came\n";
        while (std::getline(content, line))
            std::cout << "  | " << line << '\n';
    }

private:
    std::string host_, port_;
};

int main(int argc, char **argv)
try {
    if (argc != 3) {
        std::cerr << "usage: client HOST PORT\n";
        return 64;
    }
    const HttpClient client(argv[1], argv[2]);
    client.ask("GET / HTTP/1.0");
    client.ask("GET /hello.txt HTTP/1.0");
    client.ask("HEAD /hello.txt HTTP/1.0");
    client.ask("GET /nothing HTTP/1.0");
    client.ask("POST /hello.txt HTTP/1.0");
    client.ask("may I have the page, please?");
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
