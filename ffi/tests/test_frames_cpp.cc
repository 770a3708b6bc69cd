// Messages and lines in C++: framings, readers, loops over them, exceptions.
#include "harness.h"

#include <polysock/polysock.hpp>

#include <algorithm>
#include <array>
#include <thread>
#include <type_traits>
#include <vector>

using namespace std::chrono_literals;
// Below, ends of a pair are references: in C++17, lambdas do not capture structured bindings.
using polysock::framing;
using std::string_view_literals::operator""sv;

static_assert(!std::is_copy_constructible_v<polysock::reader> && !std::is_copy_assignable_v<polysock::reader>);
static_assert(std::is_nothrow_move_constructible_v<polysock::reader> && std::is_nothrow_move_assignable_v<polysock::reader>);
static_assert(std::is_same_v<std::iterator_traits<polysock::reader::iterator>::iterator_category, std::input_iterator_tag>);

// The failure that a call throws.
template <class Call> static polysock::error thrown(Call call)
{
    try {
        call();
    } catch (const polysock::error &e) {
        CHECK(std::string_view(e.what()) == polysock_last_detail());
        return e;
    }
    return polysock::error(0, 0, "nothing thrown");
}
#define THROWS(call, expected) CHECK_IS(thrown([&] { call; }).code().value(), expected)

// Sends a message in the framing, compares what is on the wire, and reads it back.
static void passes(const framing &f, std::string_view text, std::string_view wire)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    a.send_frame(text, f, 10s);
    std::array<char, 64> seen;
    const std::size_t n = b.recv(seen, 10s, POLYSOCK_MSG_PEEK);
    CHECK(std::string_view(seen.data(), n) == wire);
    polysock::reader reader(b, f);
    CHECK(reader.frame(10s) == text);
    CHECK_IS(reader.pending(), 0);
}

TEST(every_framing)
{
    passes({}, "hi", "\0\0\0\2hi"sv);
    passes(framing::length_prefix(), "", "\0\0\0\0"sv);
    passes(framing::length_prefix(8), "hi", "\2hi"sv);
    passes(framing::length_prefix(16, polysock::byte_order::little), "hi", "\2\0hi"sv);
    passes(framing::length_prefix(32, polysock::byte_order::little), "hi", "\2\0\0\0hi"sv);
    passes(framing::length_prefix(64, polysock::byte_order::big), "hi", "\0\0\0\0\0\0\0\2hi"sv);
    passes(framing::varint(), "hi", "\2hi"sv);
    passes(framing::delimiter("--"), "h-i", "h-i--"sv);
    passes(framing::delimiter("0123456789abcdef"), "hi", "hi0123456789abcdef"sv);
    passes(framing::lines(), "hi", "hi\n"sv);
    passes(framing::fixed(3), "abc", "abc"sv);

    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    THROWS(a.send_frame("x", framing::length_prefix(24)), POLYSOCK_EINVAL);
    THROWS(a.send_frame("x", framing::delimiter("")), POLYSOCK_EINVAL);
    THROWS(a.send_frame("x", framing::delimiter("0123456789abcdefg")), POLYSOCK_EINVAL);
    THROWS(polysock::reader(b, framing::fixed(0)), POLYSOCK_EINVAL);
    THROWS(a.send_frame("four", framing::varint().with_limit(3)), POLYSOCK_EMSGSIZE);
    THROWS(b.recv(polysock::buffer(&a, 1), 0s), POLYSOCK_EAGAIN); // nothing was sent
}

TEST(loops)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    std::vector<std::string> seen;
    a.send_frames({"one", std::string("two"), ""sv}, {}, 10s);
    a.close();
    polysock::reader reader(b);
    for (std::string_view message : reader)
        seen.emplace_back(message);
    CHECK((seen == std::vector<std::string>{"one", "two", ""}));
    CHECK(reader.begin() == reader.end());
    CHECK(!reader.frame());

    auto cd = polysock::socket::pair();
    auto &c = cd.first, &d = cd.second;
    c.send_all("first\r\nsecond\n\nlast");
    c.close();
    polysock::reader text(d);
    seen.clear();
    for (std::string_view line : text.lines(10s))
        seen.emplace_back(line);
    CHECK((seen == std::vector<std::string>{"first", "second", "", "last"}));
    CHECK(!text.line());

    // One left early continues where it stopped; algorithms work on it.
    auto ef = polysock::socket::pair();
    auto &e = ef.first, &f = ef.second;
    e.send_frames({"a", "b", "c", "d"});
    e.close();
    polysock::reader some(f);
    for (std::string_view message : some.frames(10s))
        if (message == "b")
            break;
    CHECK_IS(std::count(some.begin(), some.end(), "d"sv), 1);
    CHECK(!some.frame());
}

TEST(batches)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    const std::vector<std::string> texts = {"one", "two", "three"};
    const std::vector<polysock::frame> out(texts.begin(), texts.end());
    a.send_frames(out, framing::varint(), 10s);
    polysock::reader reader(b, framing::varint());
    polysock::frame in[2];
    CHECK_IS(reader.frames(in, 10s), 2);
    CHECK(in[0].view() == "one" && in[1].view() == "two");
    CHECK_IS(reader.pending(), 6);
    b.send_frames(polysock::span<const polysock::frame>(in, 2)); // what came is sent on
    CHECK_IS(reader.frames(in, 10s), 1);
    CHECK(in[0].view() == "three");
    polysock::reader back(a);
    CHECK(back.frame(10s) == "one"sv && back.frame(10s) == "two"sv);
    THROWS(reader.frames(in, 0s), POLYSOCK_EAGAIN);
    a.close();
    CHECK_IS(reader.frames(in), 0);
}

TEST(bytes_lines_and_messages)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    a.send_all("length: 2\n\0\0\0\2hirawexactrest"sv);
    polysock::reader reader(b);
    char raw[3], exact[5];
    CHECK(reader.line(10s) == "length: 2"sv);
    CHECK(reader.frame(10s) == "hi"sv);
    CHECK_IS(reader.read(raw, 10s), 3);
    reader.read_exact(exact, 10s);
    CHECK(std::string_view(exact, 5) == "exact");
    polysock::reader moved = std::move(reader);
    CHECK(reader.get() == nullptr && moved.get() != nullptr);
    CHECK(moved.take_buffered() == "rest");
    CHECK(moved.take_buffered().empty());
    a.send_all("ab");
    CHECK_IS(thrown([&] { moved.read_exact(exact, 20ms); }).done(), 2);
    moved.set_framing(framing::lines());
    a.send_all("a line\n");
    CHECK(moved.frame(10s) == "a line"sv);
    THROWS(reader.frame(0s), POLYSOCK_EINVAL);
}

TEST(ends_and_failures)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    polysock::reader reader(b, framing().with_limit(10));
    a.send_all("\0\0\0\7hel"sv);
    THROWS(reader.frame(20ms), POLYSOCK_ETIMEDOUT);
    a.close();
    const polysock::error truncated = thrown([&] {
        for (std::string_view message : reader)
            CHECK(message.empty() && false);
    });
    CHECK_IS(truncated.code().value(), POLYSOCK_ETRUNCATED);
    CHECK_IS(truncated.missing(), 4);

    auto cd = polysock::socket::pair();
    auto &c = cd.first, &d = cd.second;
    c.send_all("\0\0\0\13"sv);
    polysock::reader limited(d, framing().with_limit(10));
    const polysock::error too_long = thrown([&] { limited.frame(10s); });
    CHECK_IS(too_long.code().value(), POLYSOCK_EMSGSIZE);
    CHECK(too_long.code() == std::errc::message_size);
    CHECK_IS(too_long.missing(), 0);

    // The socket may go first; then the reader knows that it is closed.
    auto ef = polysock::socket::pair();
    auto &f = ef.second;
    polysock::reader last(f);
    f = polysock::socket();
    THROWS(last.frame(), POLYSOCK_ECLOSED);
}

TEST(an_unfinished_send)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    const std::string large(8 << 20, 'x');
    const std::vector<polysock::frame> messages = {"first", large, "last"};
    const polysock::error stopped = thrown([&, &a = a] { a.send_frames(messages, {}, 50ms); });
    CHECK_IS(stopped.code().value(), POLYSOCK_ETIMEDOUT);
    CHECK_IS(stopped.done(), 1);
    THROWS(a.send_frame("other"), POLYSOCK_EBUSY);
    std::vector<std::size_t> lengths;
    std::thread receiver([&, &b = b] {
        polysock::reader reader(b);
        for (std::string_view message : reader.frames(20s))
            lengths.push_back(message.size());
    });
    a.send_frames(polysock::span<const polysock::frame>(messages.data() + 1, 2), {}, 20s);
    a.shutdown(POLYSOCK_SHUT_WR);
    receiver.join();
    CHECK((lengths == std::vector<std::size_t>{5, large.size(), 4}));
}

TEST(messages_by_the_socket)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    a.send_frames({"hi", std::string(1000, 'x'), "third", "fourth", ""});
    char small[4];
    CHECK(b.recv_frame(small, {}, 10s) == 2u);
    const polysock::error too_long = thrown([&, &b = b] { b.recv_frame(small); });
    CHECK_IS(too_long.code().value(), POLYSOCK_EMSGSIZE);
    CHECK_IS(too_long.needed(), 1000);
    CHECK(b.recv_frame() == std::string(1000, 'x'));
    CHECK((b.recv_frames(2) == std::vector<std::string>{"third", "fourth"}));
    CHECK((b.recv_frames(10) == std::vector<std::string>{""}));
    THROWS(b.recv_frame({}, 0s), POLYSOCK_EAGAIN);
    THROWS(b.recv_frames(0), POLYSOCK_EINVAL);
    a.send_frame(std::string(100000, 'y'), {}, 10s);
    CHECK(b.recv_frames(10, {}, 10s).front().size() == 100000);

    // What came ahead is found by every receive, and is in the way of giving the socket up.
    a.send_all("a line\r\nanother\nrest");
    CHECK(b.recv_line(10s) == "a line");
    CHECK_IS(b.pending(), 12);
    CHECK(b.recv_frame(framing::lines()) == "another");
    THROWS(b.dup(), POLYSOCK_EBUSY);
    CHECK_IS(b.recv(small, 10s), 4);
    a.send_all("x\nmore");
    CHECK(b.recv_line(10s) == "x");
    CHECK(b.take_buffered() == "more");
    CHECK(b.take_buffered().empty());
    a.send_all("\0\0\0\7hel"sv);
    a.close();
    CHECK_IS(thrown([&, &b = b] { b.recv_frame(); }).missing(), 4);
    CHECK(b.take_buffered().size() == 7);
    CHECK(!b.recv_frame() && !b.recv_line() && b.recv_frames(5).empty());
    CHECK(!b.recv_frame(small));
}

TEST(descriptors_of_messages)
{
    auto ab = polysock::socket::pair();
    auto &a = ab.first, &b = ab.second;
    polysock::control control;
    const int fd = a.fileno();
    control.add_fds({fd});
    char wire[] = {0, 0, 0, 1, 'x'};
    a.sendmsg({{wire, sizeof wire}}, &control);
    CHECK(b.recv_frame() == "x");
    CHECK_IS(b.take_fds().size(), 1);
    CHECK(b.take_fds().empty());
    a.sendmsg({{wire, sizeof wire}}, &control);
    polysock::reader reader(b);
    CHECK(reader.frame() == "x"sv);
    CHECK_IS(reader.take_fds().size(), 1);
}

int main()
{
    RUN(every_framing);
    RUN(loops);
    RUN(batches);
    RUN(bytes_lines_and_messages);
    RUN(ends_and_failures);
    RUN(an_unfinished_send);
    RUN(messages_by_the_socket);
    RUN(descriptors_of_messages);
    return report();
}
