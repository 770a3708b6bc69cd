// HTTP/1.0 by hand, the server as a class:  server [PORT [CLIENTS]]
//
// A request is a line, headers and an empty line. The answer has the same form, then the content.
#include <polysock/polysock.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

using namespace std::chrono_literals;

class HttpServer {
public:
    explicit HttpServer(const std::string &port) : listener_(polysock::create_server("127.0.0.1", port)) {}

    polysock::address address() const { return listener_.getsockname(); }

    void page(const std::string &path, const std::string &type, const std::string &content) { pages_[path] = {type, content}; }

    void serve(int clients)
    {
        for (int i = 1; i <= clients; i++) {
            polysock::socket s = listener_.accept(60s);
            s.set_timeout(5s);
            try {
                const Answer answer = respond(receive_head(s));
                s.send_all(answer.text());
                std::cout << "client " << i << ": " << answer.status << std::endl;
                finish(s);
            } catch (const polysock::error &e) {
                std::cout << "client " << i << ": " << e.what() << std::endl;
            }
        }
    }

private:
    struct Page {
        std::string type, content;
    };

    struct Answer {
        std::string status;
        Page page;
        bool head_only = false;

        std::string text() const
        {
            return "HTTP/1.0 " + status + "\r\nContent-Type: " + page.type +
                   "\r\nContent-Length: " + std::to_string(page.content.size()) + "\r\n\r\n" + (head_only ? "" : page.content);
        }
    };

    // Receives up to the empty line that ends a request; less if the client stops or the request is too long.
    static std::string receive_head(polysock::socket &s)
    {
        std::string head;
        char buf[1024];
        while (head.find("\r\n\r\n") == std::string::npos && head.size() < 8192) {
            const std::size_t n = s.recv(buf);
            if (n == 0)
                break;
            head.append(buf, n);
        }
        return head;
    }

    Answer respond(const std::string &head) const
    {
        std::istringstream line(head.substr(0, head.find("\r\n")));
        std::string method, path, version, more;
        line >> method >> path >> version >> more;
        const bool whole = head.find("\r\n\r\n") != std::string::npos;
        if (!whole || !more.empty() || path.rfind('/', 0) != 0 || version.rfind("HTTP/1.", 0) != 0)
            return {"400 Bad Request", {"text/plain", "that is no request\n"}};
        if (method != "GET" && method != "HEAD")
            return {"501 Not Implemented", {"text/plain", "only GET and HEAD\n"}};
        const auto found = pages_.find(path);
        if (found == pages_.end())
            return {"404 Not Found", {"text/plain", "there is no such page\n"}, method == "HEAD"};
        return {"200 OK", found->second, method == "HEAD"};
    }

    // A close with unread bytes would reset the connection, and the answer might get lost: so it ends its own stream and
    // reads what is left.
    static void finish(polysock::socket &s)
    {
        char buf[4096];
        std::size_t n = 1;
        s.shutdown(POLYSOCK_SHUT_WR);
        for (std::size_t drained = 0; n > 0 && drained < 1 << 20; drained += n)
            n = s.recv(buf);
    }

    polysock::socket listener_;
    std::map<std::string, Page> pages_;
};

int main(int argc, char **argv)
try {
    HttpServer server(argc > 1 ? argv[1] : "0");
    server.page("/", "text/html", "<h1>It works</h1>\n<a href=\"/hello.txt\">hello</a>\n");
    server.page("/hello.txt", "text/plain", "Hello, world!\n");
    std::cout << "listening on " << server.address().str() << std::endl;
    server.serve(argc > 2 ? std::stoi(argv[2]) : 1);
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
