// Sending and receiving.
#include "driver.hpp"

#include <algorithm>

namespace {

constexpr std::size_t chunk = 64 * 1024;

std::size_t count_of(const request &r)
{
    const long n = to_number(r.args[2]);
    if (n < 0 || static_cast<std::size_t>(n) > max_payload)
        throw malformed{"count"};
    return static_cast<std::size_t>(n);
}

} // namespace

std::string do_send(request &r)
{
    const std::string bytes = payload(r.args[2]);
    return "ok n=" + std::to_string(r.socket().send(bytes, r.timeout, r.flags));
}

std::string do_sendall(request &r)
{
    const std::string bytes = payload(r.args[2]);
    polysock::socket &s = r.socket();
    try {
        s.send_all(bytes, r.timeout);
    } catch (const polysock::error &e) {
        return error_after(e, e.done());
    }
    return "ok n=" + std::to_string(bytes.size());
}

std::string do_recv(request &r)
{
    std::vector<char> bytes(count_of(r));
    const std::size_t n = r.socket().recv(bytes, r.timeout, r.flags);
    return "ok " + received({bytes.data(), n});
}

std::string do_sendto(request &r)
{
    const std::string bytes = payload(r.args[2]);
    return "ok n=" + std::to_string(r.socket().sendto(bytes, address(r.args, 3), r.timeout));
}

std::string do_recvfrom(request &r)
{
    std::vector<char> bytes(count_of(r));
    const polysock::received got = r.socket().recvfrom(bytes, r.timeout, r.flags);
    return "ok " + received({bytes.data(), got.count}) + " " + address_text(got.from) +
           (r.trunc ? " trunc=" + on_off(got.truncated()) : "");
}

std::string do_next_length(request &r)
{
    constexpr int peek = POLYSOCK_MSG_PEEK | POLYSOCK_MSG_TRUNC;
    std::vector<char> byte(1);
    polysock::socket &s = r.socket();
    const std::size_t n = r.args[2] == "recvfrom" ? s.recvfrom(byte, r.timeout, peek).count : s.recv(byte, r.timeout, peek);
    return "ok n=" + std::to_string(n);
}

std::string do_recv_exact(request &r)
{
    std::vector<char> bytes(count_of(r));
    polysock::socket &s = r.socket();
    try {
        s.recv_exact(bytes, r.timeout);
    } catch (const polysock::error &e) {
        return error_after(e, e.done());
    }
    return "ok " + received({bytes.data(), bytes.size()});
}

std::string do_collect(request &r)
{
    std::vector<char> bytes(r.args[2] == "all" ? max_payload : count_of(r));
    polysock::socket &s = r.socket();
    std::size_t done = 0;
    try {
        while (done < bytes.size()) {
            const std::size_t n = s.recv(polysock::buffer(bytes.data() + done, std::min(bytes.size() - done, chunk)));
            if (n == 0)
                break;
            done += n;
        }
    } catch (const polysock::error &e) {
        return error_after(e, done);
    }
    return "ok " + received({bytes.data(), done});
}

std::string do_fill(request &r)
{
    std::size_t done = 0;
    try {
        while (done < 64 << 20)
            done += r.socket().send(pattern(chunk, done), milliseconds(0));
    } catch (const polysock::error &e) {
        if (e.code().value() != POLYSOCK_EAGAIN)
            throw;
        return "ok n=" + std::to_string(done);
    }
    throw malformed{"never full"};
}
