// What the C++ header takes and what it must not: asked of the compiler, so a mistake here would be one of every program.
#include "harness.h"

#include <polysock/polysock.hpp>

#include <array>

using namespace std::chrono_literals;

// Whether an expression compiles. It depends on the parameter of a template, so that an error is an answer.
template <class Argument, class Ask> constexpr bool compiles(Ask) { return std::is_invocable_v<Ask, Argument>; }
#define ASK(type, name, ...) compiles<type>([](auto &&name) -> decltype(static_cast<void>(__VA_ARGS__)) {})
#define TAKES(type, name, ...) static_assert(ASK(type, name, __VA_ARGS__), #__VA_ARGS__)
#define REFUSES(type, name, ...) static_assert(!ASK(type, name, __VA_ARGS__), #__VA_ARGS__)

using polysock::buffer;
using polysock::bytes;
using polysock::dgram;
using polysock::frame;
using polysock::framing;
using polysock::reader;
using polysock::span;
using connection = polysock::socket;
using chars = char (&)[16];
using octets = unsigned char (&)[4];
using four = std::array<std::uint8_t, 4>;
using numbers = int (&)[4];
using pieces = polysock::iovec (&)[2];
using entries = polysock::pollfd (&)[2];
using events = polysock::event (&)[2];
static polysock::socket s;
static polysock::poller poller;
static polysock::control control;
static const polysock::address a;

// A number beside a text is no length, and none is a time without its unit.
REFUSES(connection &, x, x.send_all("hello", 5000));
REFUSES(connection &, x, x.send_all("hello", 5));
REFUSES(connection &, x, x.send_all("hello", 0));
REFUSES(connection &, x, x.send_all("hello", sizeof "hello"));
REFUSES(connection &, x, x.send_all({"hello", 5000}));
REFUSES(connection &, x, x.send("hello", 5000));
REFUSES(connection &, x, x.send("hello", 5000, 5s));
REFUSES(connection &, x, x.sendto("hello", 5000, a));
REFUSES(connection &, x, x.net_write("hello", 5000));
TAKES(connection &, x, x.send_all("hello"));
TAKES(connection &, x, x.send_all("hello", 5000ms));
TAKES(connection &, x, x.send_all(bytes("hello", 5), 5000ms));
TAKES(connection &, x, x.send("hello", 5s, POLYSOCK_MSG_OOB));
TAKES(connection &, x, x.sendto("hello", a, 5s));
TAKES(connection &, x, x.net_write("hello"));

REFUSES(chars, x, s.recv(x, 5000));
REFUSES(chars, x, s.recv(x, sizeof x));
REFUSES(chars, x, s.recv({x, 5000}));
REFUSES(chars, x, s.recv(x, 16, 5s));
REFUSES(chars, x, s.recvfrom(x, 5000));
REFUSES(chars, x, s.recv_exact(x, 5000));
REFUSES(chars, x, s.net_read(x, 5000));
TAKES(chars, x, s.recv(x));
TAKES(chars, x, s.recv(x, 5000ms));
TAKES(chars, x, s.recv(buffer(x, 5), 5000ms));
TAKES(chars, x, s.recvfrom(x, 5s));
TAKES(chars, x, s.recv_exact(x, 5s));
TAKES(chars, x, s.net_read(x));

// A pointer has no length; what has one need not repeat it.
REFUSES(char *, x, s.recv(x));
REFUSES(void *, x, s.recv(x));
REFUSES(void *, x, s.send_all(x));
REFUSES(unsigned char *, x, s.send_all(x));
REFUSES(std::nullptr_t, x, s.send_all(x));
REFUSES(std::nullptr_t, x, s.recv(x));
REFUSES(connection &, x, x.send_all(0));
TAKES(char *, x, s.send_all(x)); // a text
// A char array that a program fills is text up to a NUL or bytes up to its end: it says which.
REFUSES(chars, x, s.send_all(x));
REFUSES(chars, x, s.send(x, 5s));
TAKES(chars, x, s.send_all(bytes(x, sizeof x)));
TAKES(chars, x, s.send_all(std::string_view(x)));
TAKES(char *, x, s.recv(buffer(x, 16)));
TAKES(void *, x, s.send_all(bytes(x, 16)));
TAKES(std::nullptr_t, x, s.send_all(bytes(x, 0)));
TAKES(octets, x, s.send_all(x));
TAKES(octets, x, s.recv(x));
TAKES(std::string &, x, s.send_all(x));
TAKES(std::string &, x, s.recv(x));
TAKES(std::string_view, x, s.send_all(x));
TAKES(const std::vector<std::byte> &, x, s.send_all(x));
TAKES(std::vector<std::byte> &, x, s.recv(x));
TAKES(std::vector<char> &, x, s.recv(x));
TAKES(std::vector<char>, x, s.send_all(std::move(x)));
TAKES(four &, x, s.recv(x));

// Nothing is received into what is constant, and nothing but bytes is sent without its length.
REFUSES(connection &, x, x.recv("hello"));
REFUSES(const std::string &, x, s.recv(x));
REFUSES(std::string_view, x, s.recv(x));
REFUSES(const std::vector<char> &, x, s.recv(x));
REFUSES(numbers, x, s.send_all(x));
REFUSES(numbers, x, s.recv(x));
REFUSES(std::vector<int> &, x, s.send_all(x));
REFUSES(std::vector<bool> &, x, s.send_all(x));
REFUSES(int, x, s.send_all(x));
TAKES(numbers, x, s.send_all(bytes(x, sizeof x)));
TAKES(numbers, x, s.recv(buffer(x, sizeof x)));

// The same of rows of things.
REFUSES(entries, x, polysock::poll(x, 5000));
REFUSES(entries, x, polysock::poll(x, 2, 5s));
REFUSES(events, x, poller.wait(x, 5000));
REFUSES(pieces, x, s.sendv(x, 5000));
REFUSES(pieces, x, s.recvv(x, 2, 5s));
REFUSES(pieces, x, s.sendmsg(x, 2));
REFUSES(pieces, x, s.recvmsg(x, 2, &control));
REFUSES(numbers, x, control.add_fds(x, 4));
REFUSES(polysock::control &, x, x.add(1, 2, "abc", 500));
REFUSES(polysock::pollfd *, x, polysock::poll(x, 5s));
TAKES(entries, x, polysock::poll(x, 5000ms));
TAKES(polysock::pollfd *, x, polysock::poll(span(x, 2), 5000ms));
TAKES(std::vector<polysock::pollfd> &, x, polysock::poll(x));
TAKES(events, x, poller.wait(x, 5000ms));
TAKES(pieces, x, s.sendv(x, 5s));
TAKES(polysock::iovec &, x, s.sendv({x, x}, 5s));
TAKES(pieces, x, s.recvmsg(x, &control, 5s));
TAKES(numbers, x, control.add_fds(x));
TAKES(int, x, control.add_fds({x}));
TAKES(polysock::control &, x, x.add(1, 2, "abc"));

// Messages, and the bytes between them, are taken like other bytes.
REFUSES(connection &, x, x.send_frame("hello", 5));
REFUSES(connection &, x, x.send_frame("hello", 5s));
REFUSES(connection &, x, x.send_frames({"hello", 5}));
REFUSES(connection &, x, x.send_frames({{"hello", 5}}));
REFUSES(chars, x, s.send_frame(x));
REFUSES(chars, x, s.send_frames({x}));
REFUSES(chars, x, frame(x));
REFUSES(std::nullptr_t, x, frame(x));
REFUSES(framing &, x, x.delimiter({"--", 5}));
REFUSES(framing &, x, x.delimiter("--", 2));
REFUSES(framing &, x, x.delimiter(0));
REFUSES(framing &, x, x.delimiter(nullptr));
REFUSES(framing &, x, x.delimiter('-'));
TAKES(connection &, x, x.send_frames({"hello", std::string("world"), frame("abc", 3)}, framing::lines(), 5s));
TAKES(chars, x, s.send_frames({frame(x, 16), bytes(x, 4)}));
TAKES(std::vector<frame> &, x, s.send_frames(x));
TAKES(framing &, x, x.delimiter("--"));
TAKES(framing &, x, x.delimiter(bytes("\0", 1)));
TAKES(std::string, x, framing::delimiter(x));
TAKES(std::string_view, x, framing::delimiter(x));

// What is returned is in the reader, which must still be there, as must its socket.
REFUSES(reader, x, std::move(x).frame());
REFUSES(reader, x, std::move(x).line(5s));
REFUSES(reader, x, std::move(x).frames());
REFUSES(reader, x, std::move(x).frames(std::declval<std::vector<frame> &>()));
REFUSES(reader, x, std::move(x).lines());
REFUSES(reader, x, std::move(x).begin());
REFUSES(connection, x, reader(std::move(x)));
REFUSES(connection, x, reader(std::move(x), framing::lines()));
TAKES(reader &, x, x.frame());
TAKES(reader &, x, x.frames());
TAKES(reader &, x, x.begin());
TAKES(connection &, x, reader(x));
TAKES(const connection &, x, reader(x, framing::lines()));

// A datagram is sent after it was made: what it borrows must still be there.
REFUSES(std::string, x, dgram::to_send(std::move(x)));
REFUSES(std::string, x, dgram::to_send(std::move(x), a));
REFUSES(std::vector<char>, x, dgram::to_send(std::move(x), a));
REFUSES(std::string &, x, dgram::to_send(x + "y"));
REFUSES(std::string &, x, dgram::to_send(x, polysock::address()));
REFUSES(chars, x, dgram::to_send(x));
TAKES(std::string &, x, dgram::to_send(x));
TAKES(const std::string &, x, dgram::to_send(x, a));
TAKES(std::string_view, x, dgram::to_send(std::move(x), a));
TAKES(dgram &, x, x.to_send("hello", a));
TAKES(chars, x, dgram::to_send(bytes(x, 16), a));

// Ports are numbers or names; truth values, characters and halves are neither.
TAKES(std::string, x, polysock::create_connection(x, 7007));
TAKES(std::string, x, polysock::create_connection(x, 7007, 5s));
TAKES(std::string, x, polysock::create_connection(x, std::uint16_t{7007}));
TAKES(std::string, x, polysock::create_connection(x, "http"));
TAKES(std::string, x, polysock::create_connection(x, x, 5s));
TAKES(std::string, x, polysock::create_connection(x));
TAKES(std::string, x, polysock::create_connection(x, 5s));
TAKES(std::string, x, polysock::create_server(x, 0));
TAKES(std::string, x, polysock::create_server(x, a.port(), 5));
TAKES(std::string, x, polysock::create_server(x));
TAKES(std::string, x, polysock::getaddrinfo(x, 80));
TAKES(std::string, x, polysock::address(x, 7007));
REFUSES(std::string, x, polysock::create_connection(x, "http", 5000));
REFUSES(std::string, x, polysock::create_connection(x, true));
REFUSES(std::string, x, polysock::create_connection(x, '8'));
REFUSES(std::string, x, polysock::create_connection(x, 80.5));
REFUSES(std::string, x, polysock::create_connection(x, nullptr));
REFUSES(std::string, x, polysock::create_server(x, nullptr));
REFUSES(std::string, x, polysock::address(x, true));
REFUSES(std::string, x, polysock::address(x, 80.0));
REFUSES(connection &, x, x.set_timeout(5));
REFUSES(connection &, x, x.accept(5));

// The text of what a call throws.
template <class Call> static std::string error_text(Call call)
{
    try {
        call();
    } catch (const polysock::error &e) {
        CHECK_IS(e.code().value(), POLYSOCK_EINVAL);
        return e.what();
    }
    return "";
}

TEST(lengths_are_those_of_the_memory)
{
    const char text[8] = "abc", full[3] = {'a', 'b', 'c'};
    char room[4];
    const std::array<std::uint8_t, 5> octets{};
    CHECK_IS(bytes("hello").size(), 5);
    CHECK(error_text([&] { bytes all(text); }).find("NUL in the middle") != std::string::npos);
    CHECK(error_text([] { bytes all("a\0b"); }).find("NUL in the middle") != std::string::npos);
    CHECK_IS(bytes("").size(), 0);
    CHECK_IS(bytes(full).size(), 3); // no byte behind it
    CHECK_IS(bytes(static_cast<const char *>(text)).size(), 3);
    CHECK_IS(bytes(std::string("a\0b", 3)).size(), 3);
    CHECK_IS(bytes(octets).size(), 5);
    CHECK_IS(bytes(octets.data(), 2).size(), 2);
    CHECK_IS(bytes("hello", 6).size(), 6); // with its NUL
    CHECK_IS(buffer(room).size(), 4);
    CHECK_IS(buffer(room, 4).size(), 4);
    CHECK(error_text([] { bytes("hello", 5000); }) == "the length 5000 is more than the array's 6 bytes");
    CHECK(error_text([] { frame("hello", 5000); }) == "the length 5000 is more than the array's 6 bytes");
    CHECK(error_text([] { framing::delimiter("\0"); }).find("needs its length") != std::string::npos);
    CHECK(error_text([&] { buffer(room, 5); }) == "the length 5 is more than the array's 4 bytes");
}

TEST(null_texts_are_refused)
{
    const char *const absent = nullptr; // as of getenv
    CHECK(error_text([absent] { bytes all(absent); }) == "the text is NULL");
    CHECK(error_text([absent] { polysock::create_connection("127.0.0.1", absent, 1s); }) == "the text is NULL");
}

TEST(ports_are_numbers)
{
    auto listener = polysock::create_server("127.0.0.1", 0);
    const auto port = listener.getsockname().port();
    auto client = polysock::create_connection("127.0.0.1", port, 10s);
    auto again = polysock::create_connection("127.0.0.1", int{port}, 10s);
    CHECK(client.getpeername() == polysock::address("127.0.0.1", port));
    CHECK_IS(polysock::address("127.0.0.1", 7007).port(), 7007);
    CHECK_IS(polysock::address("127.0.0.1:80", 7007).port(), 80);
    CHECK_IS(polysock::create_server("127.0.0.1:0").acceptconn(), 1);
    CHECK(!polysock::getaddrinfo("", 80).empty()); // no host, as getaddrinfo(3) has NULL
    for (long long wrong : {-1LL, 65536LL, 65536LL + port, 4294967296LL + port}) {
        CHECK(!error_text([&] { polysock::create_connection("127.0.0.1", wrong, 10s); }).empty());
        CHECK(!error_text([&] { polysock::create_server("127.0.0.1", wrong); }).empty());
        CHECK(!error_text([&] { polysock::address("127.0.0.1", wrong); }).empty());
        CHECK(!error_text([&] { polysock::net_server_socket(wrong); }).empty());
    }
}

// C would see only what stands before the NUL.
TEST(a_text_with_a_nul_is_refused)
{
    const std::string host("127.0.0.1\0.example.org", 22);
    polysock::socket udp(POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM);
    CHECK(error_text([&] { polysock::create_connection(host, 80, 1s); }) == "the text contains a NUL");
    CHECK(error_text([&] { polysock::create_server(host, 0); }) != "");
    CHECK(error_text([&] { polysock::getaddrinfo(host, 80); }) != "");
    CHECK(error_text([&] { polysock::address a(host); }) != "");
    CHECK(error_text([&] { udp.set_mcast_if(std::string("lo\0x", 4)); }) != "");
}

int main()
{
    RUN(lengths_are_those_of_the_memory);
    RUN(null_texts_are_refused);
    RUN(ports_are_numbers);
    RUN(a_text_with_a_nul_is_refused);
    return report();
}
