// Uses the calculator, and tests its limits:  client HOST PORT
#include "protocol.hpp"

#include <iostream>

using namespace std::chrono_literals;

class Client {
public:
    Client(const std::string &host, const std::string &port) : s_(polysock::create_connection(host, port, 5s)) {}

    void send(const std::string &request) { send_message(s_, request); }
    void send_raw(std::string_view bytes) { s_.send_all(bytes, 5s); }
    std::optional<std::string> answer(polysock::timeout t = 5s) { return receive_message(s_, t); }
    void show_answer(const std::string &request)
    {
        std::cout << request << ": " << answer().value_or("the end of the stream") << '\n';
    }
    void ask(const std::string &request)
    {
        send(request);
        show_answer(request);
    }

private:
    polysock::socket s_;
};

int main(int argc, char **argv)
try {
    if (argc != 3) {
        std::cerr << "usage: client HOST PORT\n";
        return 64;
    }
    std::optional<Client> first(std::in_place, argv[1], argv[2]);
    for (const char *request : {"add 1 2", "subtract 5 8", "multiply 6 7", "divide 7 2", "divide -7 2", "divide 1 0",
                                "add 9223372036854775807 1", "add one two", "cube 3 3"})
        first->ask(request);

    std::cout << "a second client\n";
    Client second(argv[1], argv[2]);
    second.ask("add 20 22");

    std::cout << "a third client: the server has two at once\n";
    Client third(argv[1], argv[2]); // the kernel accepts it
    third.send("add 30 33");        // and keeps what we send, up to a limit
    try {
        third.answer(300ms);
    } catch (const polysock::error &e) {
        if (e.code() == std::errc::timed_out)
            std::cout << "no answer\n";
    }
    first.reset();
    std::cout << "the first client leaves\n";
    third.show_answer("add 30 33");

    second.send_raw({"\0\x0f\x42\x40", 4}); // "a million bytes follow"
    second.show_answer("a million bytes");
    second.show_answer("the second client");

    third.ask("stop");
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
