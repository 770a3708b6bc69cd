// Sticky packets, the client:  client HOST PORT FILE
#include "message_socket.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

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

    // 1. Three sends without boundaries between them: the server may get them in one receive, or in four.
    for (const char *word : {"one", "two", "three"})
        s.raw().send_all(word);
    std::cout << "sent \"one\", \"two\" and \"three\"\n";

    // 2. A length before the message, by hand.
    s.send(name);
    std::cout << "sent " << name << ", by hand\n";

    // 3. The library's messages: all lines with one call, and an empty message as the end of the file.
    std::vector<polysock::frame> lines;
    for (std::size_t start = 0, end; start < file.size(); start = end) {
        end = std::min(file.find('\n', start), file.size() - 1) + 1;
        lines.emplace_back(file.data() + start, end - start);
    }
    lines.emplace_back();
    s.raw().send_frames(lines);
    std::cout << "sent " << file.size() << " bytes in " << lines.size() - 1 << " messages\n";

    const std::string ours = checksum(file), theirs = s.raw().recv_frame().value_or("nothing");
    std::cout << "checksums " << ours << " and " << theirs << ": "
              << (ours == theirs ? "it came as it was sent" : "damaged") << '\n';
} catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
