// Sticky packets, the client:  client HOST PORT FILE
#include "message_socket.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

using namespace std::chrono_literals;

int main(int argc, char **argv)
try {
    if (argc != 4) {
        std::cerr << "usage: client HOST PORT FILE\n";
        return 64;
    }
    std::ifstream input(argv[3], std::ios::binary);
    if (!input)
        throw std::runtime_error(std::string("can't read ") + argv[3]);
    std::ostringstream content;
    content << input.rdbuf();
    const std::string path = argv[3], name = path.substr(path.rfind('/') + 1), file = content.str();

    MessageSocket s(polysock::create_connection(argv[1], argv[2], 5s));
    s.raw().set_timeout(5s);

    // Three sends without boundaries between them: the server may get them in one receive, or in four.
    for (const char *word : {"one", "two", "three"})
        s.raw().send_all(word);
    std::cout << "sent \"one\", \"two\" and \"three\"\n";

    s.send(name);
    s.send(file);
    std::cout << "sent " << name << ", " << file.size() << " bytes\n";

    const std::string ours = checksum(file), theirs = s.receive(8);
    std::cout << "checksums " << ours << " and " << theirs << ": "
              << (ours == theirs ? "it came as it was sent" : "damaged") << '\n';
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
