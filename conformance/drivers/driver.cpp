// Conformance driver for C++. The protocol is in ../README.md. It uses only polysock.hpp, the standard library and what
// the protocol asks of the system (rlimit, gettid).
//
//     c++ -std=c++17 -Iinclude conformance/drivers/driver.cpp -o driver -lpolysock -lpthread
#include <polysock/polysock.hpp>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>

namespace {

using clock_type = std::chrono::steady_clock;
using socket_ptr = std::shared_ptr<polysock::socket>;
using words = std::vector<std::string>;
using std::chrono::milliseconds;

constexpr std::size_t chunk = 64 * 1024, limit = 16 << 20, most_descriptors = 256, period = 64256;

// The request makes no sense.
struct malformed {
    const char *reason;
};
// An argument that the types of the library can't say.
struct out_of_range {};
struct unsupported {};

long long ms_since(clock_type::time_point began)
{
    return std::chrono::duration_cast<milliseconds>(clock_type::now() - began).count();
}

// --- values

long to_number(const std::string &text)
{
    std::size_t end = 0;
    try {
        const long n = std::stol(text, &end);
        if (end == text.size())
            return n;
    } catch (const std::logic_error &) {
    }
    throw malformed{"number"};
}

bool to_flag(const std::string &text)
{
    if (text != "on" && text != "off")
        throw malformed{"value"};
    return text == "on";
}

std::string on_off(bool on) { return on ? "on" : "off"; }

std::string pattern(std::size_t count, std::size_t offset)
{
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < count; i++) {
        const std::size_t at = (offset + i) % period;
        bytes[i] = static_cast<char>(at + at / 251);
    }
    return bytes;
}

std::string payload(const std::string &text)
{
    if (text == "-")
        return {};
    if (text.rfind("pattern:", 0) == 0) {
        const std::size_t at = text.find('@');
        const long count = to_number(text.substr(8, at == std::string::npos ? at : at - 8));
        const long offset = at == std::string::npos ? 0 : to_number(text.substr(at + 1));
        if (count < 0 || offset < 0 || static_cast<std::size_t>(count) > limit)
            throw malformed{"payload"};
        return pattern(static_cast<std::size_t>(count), static_cast<std::size_t>(offset));
    }
    if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
        throw malformed{"payload"};
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

std::string hex(std::string_view bytes)
{
    std::string text;
    for (const char byte : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
        text += digits;
    }
    return text;
}

std::string received(std::string_view bytes)
{
    const std::string count = "n=" + std::to_string(bytes.size());
    if (bytes.size() <= 64)
        return count + " data=" + (bytes.empty() ? "-" : hex(bytes));
    unsigned a = 1, b = 0; // Adler-32
    for (const char byte : bytes) {
        a = (a + static_cast<unsigned char>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    char hash[16];
    std::snprintf(hash, sizeof hash, " hash=%08x", b << 16 | a);
    return count + hash;
}

// --- addresses

constexpr std::size_t name_at = offsetof(sockaddr_un, sun_path);

std::string name_of(const polysock::address &a)
{
    const ::polysock_addr *raw = a.get();
    if (raw->length != 0 && a.family() != POLYSOCK_AF_UNIX)
        return "host=" + a.ip() + " port=" + std::to_string(a.port());
    if (raw->length <= name_at)
        return "name=-";
    const std::string name(reinterpret_cast<const char *>(raw->bytes) + name_at, static_cast<std::size_t>(raw->length) - name_at);
    if (name[0] != '\0')
        return "name=" + std::string(name.c_str());
    const bool simple = std::all_of(name.begin() + 1, name.end(), [](char c) {
        return c != '\0' && std::strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-", c) != nullptr;
    });
    return simple ? "name=@" + name.substr(1) : "name=@:" + hex(std::string_view(name).substr(1));
}

polysock::address unix_address(const std::string &word)
{
    sockaddr_un sa{};
    std::string name = word == "-" ? "" : word;
    if (word.rfind("@:", 0) == 0)
        name = '\0' + payload(word.substr(2));
    else if (word[0] == '@')
        name[0] = '\0';
    if (name.size() > sizeof sa.sun_path)
        throw out_of_range{};
    sa.sun_family = AF_UNIX;
    std::memcpy(sa.sun_path, name.data(), name.size());
    polysock::address a;
    const int code = ::polysock_addr_from_sockaddr(a.get(), reinterpret_cast<sockaddr *>(&sa), name_at + name.size());
    if (code < 0)
        throw polysock::error(code);
    return a;
}

// What the words from this one on are: host and port, or one word.
polysock::address address(const words &w, std::size_t first)
{
    if (w.size() == first + 1)
        return unix_address(w[first]);
    const long port = to_number(w[first + 1]);
    if (port < 0 || port > 65535)
        throw out_of_range{};
    return polysock::address(w[first], static_cast<std::uint16_t>(port));
}

int family_of(const std::string &word)
{
    return word == "inet" ? POLYSOCK_AF_INET : word == "inet6" ? POLYSOCK_AF_INET6 : word == "unix" ? POLYSOCK_AF_UNIX : -1;
}

int type_of(const std::string &word)
{
    return word == "stream"      ? POLYSOCK_SOCK_STREAM
           : word == "dgram"     ? POLYSOCK_SOCK_DGRAM
           : word == "seqpacket" ? POLYSOCK_SOCK_SEQPACKET
                                 : -1;
}

// --- what the driver keeps; the lock is never held during a call of the library

struct task {
    std::thread thread;
    pid_t tid = 0;
    std::optional<std::string> answer;
};

std::mutex lock;
std::condition_variable changed;
std::map<std::string, socket_ptr> handles;
std::map<std::string, std::unique_ptr<task>> tasks;
std::set<int> descriptors;
std::vector<int> fillers;
rlimit limit_before;

socket_ptr find(const std::string &name)
{
    const std::lock_guard held(lock);
    const auto found = handles.find(name);
    if (found == handles.end())
        throw malformed{"no such handle"};
    return found->second;
}

void keep(const std::string &name, polysock::socket s)
{
    auto shared = std::make_shared<polysock::socket>(std::move(s));
    const std::lock_guard held(lock);
    handles[name] = std::move(shared);
}

// --- one request

struct request {
    words w; // the command and its arguments
    polysock::timeout timeout;
    int flags = 0;
    bool trunc = false;
    milliseconds join_limit{5000};

    polysock::socket &socket() const
    {
        if (!kept)
            kept = find(w.at(1));
        return *kept;
    }
    std::size_t room() const
    {
        const long n = to_number(w[2]);
        if (n < 0 || static_cast<std::size_t>(n) > limit)
            throw malformed{"count"};
        return static_cast<std::size_t>(n);
    }
    mutable socket_ptr kept; // for as long as the request
};

std::string protocol_name(int code)
{
    const std::string name = ::polysock_err_name(code);
    if (code == POLYSOCK_EALREADY)
        return "INPROGRESS";
    return name[0] == 'E' ? name.substr(1) : name;
}

// The library refused, and says how many bytes had moved.
std::string refused_after(const polysock::error &e, std::size_t done)
{
    return "error " + protocol_name(e.code().value()) + " done=" + std::to_string(done);
}

[[noreturn]] void system_refused() { throw polysock::error(::polysock_from_errno(errno)); }

void release()
{
    for (const int fd : fillers)
        ::close(fd);
    fillers.clear();
    ::setrlimit(RLIMIT_NOFILE, &limit_before);
}

std::string do_exhaust(request &)
{
    rlimit few = limit_before;
    few.rlim_cur = std::min<rlim_t>(few.rlim_cur, most_descriptors);
    fillers.reserve(most_descriptors);
    if (::setrlimit(RLIMIT_NOFILE, &few) < 0)
        system_refused();
    for (int fd; fillers.size() < most_descriptors && (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
        fillers.push_back(fd);
    return "ok n=" + std::to_string(fillers.size());
}

bool ended(task &t, clock_type::time_point until)
{
    std::unique_lock held(lock);
    return changed.wait_until(held, until, [&] { return t.answer.has_value(); });
}

std::string do_reset(request &)
{
    const auto until = clock_type::now() + std::chrono::seconds(2);
    release();
    std::vector<socket_ptr> all;
    {
        const std::lock_guard held(lock);
        for (const auto &handle : handles)
            all.push_back(handle.second);
    }
    for (const auto &s : all)
        ::polysock_close(s->get());
    all.clear();
    for (const int fd : std::exchange(descriptors, {}))
        ::close(fd);
    for (const auto &t : tasks)
        if (!ended(*t.second, until))
            return "error PENDING";
    for (const auto &t : tasks)
        t.second->thread.join();
    tasks.clear();
    handles.clear(); // those accepted meanwhile too
    return "ok";
}

std::string do_server(request &r)
{
    const int family = family_of(r.w[2]);
    polysock::socket s(family);
    s.set_reuseaddr(true);
    s.bind(polysock::address(family == POLYSOCK_AF_INET6 ? "::1" : "127.0.0.1"));
    s.listen(static_cast<int>(to_number(r.w[3])));
    const auto port = s.getsockname().port();
    keep(r.w[1], std::move(s));
    return "ok port=" + std::to_string(port);
}

std::string do_detach(request &r)
{
    const int fd = r.socket().detach();
    const std::lock_guard held(lock);
    descriptors.insert(fd);
    return "ok fd=" + std::to_string(fd);
}

std::string do_open_fd(request &)
{
    const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        system_refused();
    const std::lock_guard held(lock);
    descriptors.insert(fd);
    return "ok fd=" + std::to_string(fd);
}

void forget(int fd)
{
    const std::lock_guard held(lock);
    descriptors.erase(fd);
}

std::string do_sendall(request &r)
{
    const std::string bytes = payload(r.w[2]);
    polysock::socket &s = r.socket();
    try {
        s.send_all(bytes, r.timeout);
    } catch (const polysock::error &e) {
        return refused_after(e, e.done());
    }
    return "ok n=" + std::to_string(bytes.size());
}

std::string do_recvfrom(request &r)
{
    std::vector<char> room(r.room());
    const polysock::received got = r.socket().recvfrom(room.data(), room.size(), r.timeout, r.flags);
    return "ok " + received({room.data(), got.count}) + " " + name_of(got.from) +
           (r.trunc ? " trunc=" + on_off(got.truncated()) : "");
}

std::string do_recv_exact(request &r)
{
    std::vector<char> room(r.room());
    polysock::socket &s = r.socket();
    try {
        s.recv_exact(room.data(), room.size(), r.timeout);
    } catch (const polysock::error &e) {
        return refused_after(e, e.done());
    }
    return "ok " + received({room.data(), room.size()});
}

std::string do_collect(request &r)
{
    std::vector<char> bytes(r.w[2] == "all" ? limit : r.room());
    polysock::socket &s = r.socket();
    std::size_t done = 0;
    try {
        while (done < bytes.size()) {
            const std::size_t n = s.recv(bytes.data() + done, std::min(bytes.size() - done, chunk));
            if (n == 0)
                break;
            done += n;
        }
    } catch (const polysock::error &e) {
        return refused_after(e, done);
    }
    return "ok " + received({bytes.data(), done});
}

std::string do_fill(request &r)
{
    std::size_t done = 0;
    try {
        while (done < 64 << 20)
            done += r.socket().send(pattern(chunk, done).data(), chunk, milliseconds(0));
    } catch (const polysock::error &e) {
        if (e.code().value() != POLYSOCK_EAGAIN)
            throw;
        return "ok n=" + std::to_string(done);
    }
    throw malformed{"never full"};
}

std::string do_state(request &r)
{
    if (const auto state = r.socket().state())
        return "ok state=" + std::string(*state);
    throw polysock::error(r.socket().is_closed() ? POLYSOCK_ECLOSED : POLYSOCK_EUNSUPPORTED);
}

// --- options

const std::map<std::string, std::pair<int, int>> raws = {
    {"SO_REUSEADDR", {SOL_SOCKET, SO_REUSEADDR}},    {"SO_KEEPALIVE", {SOL_SOCKET, SO_KEEPALIVE}},
    {"SO_OOBINLINE", {SOL_SOCKET, SO_OOBINLINE}},    {"SO_SNDBUF", {SOL_SOCKET, SO_SNDBUF}},
    {"SO_RCVBUF", {SOL_SOCKET, SO_RCVBUF}},          {"SO_ERROR", {SOL_SOCKET, SO_ERROR}},
    {"SO_TYPE", {SOL_SOCKET, SO_TYPE}},              {"SO_DOMAIN", {SOL_SOCKET, SO_DOMAIN}},
    {"SO_PROTOCOL", {SOL_SOCKET, SO_PROTOCOL}},      {"SO_ACCEPTCONN", {SOL_SOCKET, SO_ACCEPTCONN}},
    {"SO_LINGER", {SOL_SOCKET, SO_LINGER}},          {"TCP_NODELAY", {IPPROTO_TCP, TCP_NODELAY}},
    {"TCP_KEEPIDLE", {IPPROTO_TCP, TCP_KEEPIDLE}},   {"TCP_KEEPINTVL", {IPPROTO_TCP, TCP_KEEPINTVL}},
    {"TCP_KEEPCNT", {IPPROTO_TCP, TCP_KEEPCNT}},     {"IPV6_V6ONLY", {IPPROTO_IPV6, IPV6_V6ONLY}},
    {"TCP_CORK", {IPPROTO_TCP, TCP_CORK}},
};

std::pair<int, int> raw(const std::string &word)
{
    const auto found = raws.find(word);
    if (found == raws.end())
        throw malformed{"no such option"};
    return found->second;
}

std::string do_setsockopt(request &r)
{
    const auto [level, name] = raw(r.w[2]);
    if (r.w[2] == "SO_LINGER") {
        const std::size_t colon = r.w[3].find(':');
        if (colon == std::string::npos)
            throw malformed{"value"};
        const linger value{static_cast<int>(to_number(r.w[3].substr(0, colon))), static_cast<int>(to_number(r.w[3].substr(colon + 1)))};
        r.socket().setsockopt(level, name, value);
    } else {
        r.socket().setsockopt(level, name, static_cast<int>(to_number(r.w[3])));
    }
    return "ok";
}

std::string do_getsockopt(request &r)
{
    const auto [level, name] = raw(r.w[2]);
    if (r.w[2] == "SO_LINGER") {
        const auto value = r.socket().getsockopt<linger>(level, name);
        return "ok value=" + std::to_string(value.l_onoff) + ":" + std::to_string(value.l_linger);
    }
    return "ok value=" + std::to_string(r.socket().getsockopt<int>(level, name));
}

std::string do_set(request &r)
{
    polysock::socket &s = r.socket();
    const std::string &option = r.w[2], &value = r.w[3];
    if (option == "linger")
        s.set_linger(value == "off" ? std::nullopt : std::optional<milliseconds>(std::chrono::seconds(to_number(value))));
    else if (option == "timeout")
        s.set_timeout(value == "never" ? polysock::infinite : polysock::timeout(milliseconds(to_number(value))));
    else if (option == "sndbuf")
        s.set_sndbuf(static_cast<std::size_t>(to_number(value)));
    else if (option == "rcvbuf")
        s.set_rcvbuf(static_cast<std::size_t>(to_number(value)));
    else if (option == "nodelay")
        s.set_nodelay(to_flag(value));
    else if (option == "keepalive")
        s.set_keepalive(to_flag(value));
    else if (option == "reuseaddr")
        s.set_reuseaddr(to_flag(value));
    else if (option == "oobinline")
        s.set_oobinline(to_flag(value));
    else if (option == "blocking")
        s.set_blocking(to_flag(value));
    else
        throw malformed{"no such option"};
    return "ok";
}

std::string do_get(request &r)
{
    const polysock::socket &s = r.socket();
    const std::string &option = r.w[2];
    if (option == "linger") {
        const auto time = s.linger();
        return "ok value=" + (time ? std::to_string(time->count()) : "off");
    }
    if (option == "timeout") {
        const int ms = s.recv_timeout().ms();
        return "ok value=" + (ms == POLYSOCK_INFINITE ? "never" : std::to_string(ms));
    }
    if (option == "sndbuf")
        return "ok value=" + std::to_string(s.sndbuf());
    if (option == "rcvbuf")
        return "ok value=" + std::to_string(s.rcvbuf());
    if (option == "nodelay")
        return "ok value=" + on_off(s.nodelay());
    if (option == "keepalive")
        return "ok value=" + on_off(s.keepalive());
    if (option == "reuseaddr")
        return "ok value=" + on_off(s.reuseaddr());
    if (option == "oobinline")
        return "ok value=" + on_off(s.oobinline());
    throw malformed{"no such option"};
}

// --- dispatch

struct command {
    std::size_t least, most; // arguments
    std::function<std::string(request &)> run;
};

std::string carry_out(const std::string &line);

std::string do_join(request &r)
{
    const auto began = clock_type::now();
    const auto found = tasks.find(r.w[1]);
    if (found == tasks.end())
        throw malformed{"no such label"};
    if (!ended(*found->second, began + r.join_limit))
        return "error PENDING";
    return *found->second->answer + " join_ms=" + std::to_string(ms_since(began));
}

std::string start(const std::string &label, const std::string &line)
{
    auto &t = tasks[label] = std::make_unique<task>();
    task *one = t.get();
    one->thread = std::thread([one, line] {
        {
            const std::lock_guard held(lock);
            one->tid = static_cast<pid_t>(::syscall(SYS_gettid));
            changed.notify_all();
        }
        std::string answer = carry_out(line);
        const std::lock_guard held(lock);
        one->answer = std::move(answer);
        changed.notify_all();
    });
    std::unique_lock held(lock);
    changed.wait(held, [&] { return one->tid != 0; });
    return "ok tid=" + std::to_string(one->tid);
}

// A command that says nothing but ok.
template <class Call> std::function<std::string(request &)> plain(Call call)
{
    return [call](request &r) {
        call(r);
        return std::string("ok");
    };
}

const std::map<std::string, command> commands = {
    {"hello", {0, 0, [](request &) {
         return std::string("ok lang=cpp version=") + ::polysock_version_string() +
                " caps=abort,close_java,recv_exact,state,done,whole_sendall,linger_range,get_timeout,backlog_range,"
                "datagram,unix,dup,cork";
     }}},
    {"reset", {0, 0, do_reset}},
    {"exhaust", {0, 0, do_exhaust}},
    {"release", {0, 0, plain([](request &) { release(); })}},
    {"join", {1, 1, do_join}},
    {"socket", {2, 3, plain([](request &r) {
         keep(r.w[1], polysock::socket(family_of(r.w[2]), r.w.size() > 3 ? type_of(r.w[3]) : POLYSOCK_SOCK_STREAM));
     })}},
    {"socketpair", {3, 3, plain([](request &r) {
         auto [a, b] = polysock::socket::pair(type_of(r.w[3]));
         keep(r.w[1], std::move(a));
         keep(r.w[2], std::move(b));
     })}},
    {"dup", {2, 2, plain([](request &r) { keep(r.w[2], r.socket().dup()); })}},
    {"bind", {2, 3, plain([](request &r) { r.socket().bind(address(r.w, 2)); })}},
    {"listen", {2, 2, plain([](request &r) { r.socket().listen(static_cast<int>(to_number(r.w[2]))); })}},
    {"server", {3, 3, do_server}},
    {"accept", {2, 2, [](request &r) {
         polysock::address peer;
         keep(r.w[2], r.socket().accept(peer, r.timeout));
         return "ok " + name_of(peer);
     }}},
    {"connect", {2, 3, plain([](request &r) { r.socket().connect(address(r.w, 2), r.timeout); })}},
    {"shutdown", {2, 2, plain([](request &r) {
         r.socket().shutdown(r.w[2] == "rd" ? POLYSOCK_SHUT_RD : r.w[2] == "wr" ? POLYSOCK_SHUT_WR : POLYSOCK_SHUT_RDWR);
     })}},
    {"close", {1, 1, plain([](request &r) { r.socket().close(); })}},
    {"close_java", {1, 1, plain([](request &r) { r.socket().net_close(); })}},
    {"abort", {1, 1, plain([](request &r) { r.socket().abort(); })}},
    {"is_closed", {1, 1, [](request &r) { return "ok closed=" + on_off(r.socket().is_closed()); }}},
    {"fileno", {1, 1, [](request &r) { return "ok fd=" + std::to_string(r.socket().fileno()); }}},
    {"detach", {1, 1, do_detach}},
    {"from_fd", {2, 2, plain([](request &r) {
         const int fd = static_cast<int>(to_number(r.w[2]));
         keep(r.w[1], polysock::socket::from_fd(fd));
         forget(fd);
     })}},
    {"open_fd", {0, 0, do_open_fd}},
    {"close_fd", {1, 1, plain([](request &r) {
         const int fd = static_cast<int>(to_number(r.w[1]));
         forget(fd);
         if (::close(fd) < 0)
             system_refused();
     })}},
    {"send", {2, 2, [](request &r) {
         const std::string bytes = payload(r.w[2]);
         return "ok n=" + std::to_string(r.socket().send(bytes.data(), bytes.size(), r.timeout, r.flags));
     }}},
    {"sendall", {2, 2, do_sendall}},
    {"recv", {2, 2, [](request &r) {
         std::vector<char> room(r.room());
         const std::size_t n = r.socket().recv(room.data(), room.size(), r.timeout, r.flags);
         return "ok " + received({room.data(), n});
     }}},
    {"sendto", {3, 4, [](request &r) {
         const std::string bytes = payload(r.w[2]);
         return "ok n=" + std::to_string(r.socket().sendto(bytes, address(r.w, 3), r.timeout));
     }}},
    {"recvfrom", {2, 2, do_recvfrom}},
    {"recv_exact", {2, 2, do_recv_exact}},
    {"collect", {2, 2, do_collect}},
    {"fill", {1, 1, do_fill}},
    {"getsockname", {1, 1, [](request &r) { return "ok " + name_of(r.socket().getsockname()); }}},
    {"getpeername", {1, 1, [](request &r) { return "ok " + name_of(r.socket().getpeername()); }}},
    {"state", {1, 1, do_state}},
    {"set", {3, 3, do_set}},
    {"get", {2, 2, do_get}},
    {"setsockopt", {3, 3, do_setsockopt}},
    {"getsockopt", {2, 2, do_getsockopt}},
};

request parse(std::istringstream &line)
{
    request r;
    for (std::string word; line >> word;) {
        if (word == "timeout=never")
            r.timeout = polysock::infinite;
        else if (word.rfind("timeout=", 0) == 0)
            r.timeout = milliseconds(to_number(word.substr(8)));
        else if (word.rfind("limit=", 0) == 0)
            r.join_limit = milliseconds(to_number(word.substr(6)));
        else if (word == "peek")
            r.flags |= POLYSOCK_MSG_PEEK;
        else if (word == "oob")
            r.flags |= POLYSOCK_MSG_OOB;
        else if (word == "trunc")
            r.trunc = true;
        else
            r.w.push_back(word);
    }
    return r;
}

std::string dispatch(const std::string &line)
{
    std::istringstream stream(line);
    if (line.rfind("start ", 0) == 0) {
        std::string word, label, rest;
        stream >> word >> label >> std::ws;
        std::getline(stream, rest);
        if (rest.empty())
            throw malformed{"start LABEL COMMAND"};
        return start(label, rest);
    }
    request r = parse(stream);
    const auto found = r.w.empty() ? commands.end() : commands.find(r.w[0]);
    if (found == commands.end())
        throw unsupported{};
    if (r.w.size() < found->second.least + 1 || r.w.size() > found->second.most + 1)
        throw malformed{"arguments"};
    return found->second.run(r);
}

std::string carry_out(const std::string &line)
{
    const auto began = clock_type::now();
    std::string answer;
    try {
        answer = dispatch(line);
    } catch (const polysock::error &e) {
        std::cerr << e.what() << '\n';
        answer = "error " + protocol_name(e.code().value());
    } catch (const malformed &m) {
        answer = std::string("error PROTOCOL ") + m.reason;
    } catch (const out_of_range &) {
        answer = "error INVAL";
    } catch (const unsupported &) {
        answer = "unsupported";
    }
    return answer + " ms=" + std::to_string(ms_since(began));
}

} // namespace

int main()
{
    ::getrlimit(RLIMIT_NOFILE, &limit_before);
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "quit") {
            std::cout << "ok ms=0\n";
            break;
        }
        if (!line.empty())
            std::cout << carry_out(line) << std::endl;
    }
    std::cout.flush();
    ::_exit(0); // a thread left inside a call must not keep the process
}
