// Conformance driver for C++: one request a line in, one answer a line out. The protocol is in ../../README.md. It uses
// only polysock.hpp, the standard library and what the protocol asks of the system (rlimit, gettid).
#include "driver.hpp"

#include <functional>
#include <iostream>
#include <map>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

namespace {

struct unsupported {};

struct command {
    std::size_t least, most; // arguments
    std::function<std::string(request &)> run;
};

std::string do_server(request &r)
{
    const int family = family_of(r.args[2]);
    polysock::socket s(family);
    s.set_reuseaddr(true);
    s.bind(polysock::address(family == POLYSOCK_AF_INET6 ? "::1" : "127.0.0.1"));
    s.listen(static_cast<int>(to_number(r.args[3])));
    const auto port = s.getsockname().port();
    keep(r.args[1], std::move(s));
    return "ok port=" + std::to_string(port);
}

// No host is every interface, for clients over IPv6 and over IPv4.
std::string do_create_server(request &r)
{
    polysock::socket s = polysock::create_server("", 0, static_cast<int>(to_number(r.args[2])));
    const auto port = s.getsockname().port();
    keep(r.args[1], std::move(s));
    return "ok port=" + std::to_string(port);
}

std::string do_detach(request &r)
{
    const int fd = r.socket().detach();
    keep_descriptor(fd);
    return "ok fd=" + std::to_string(fd);
}

std::string do_open_fd(request &)
{
    const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        throw_errno();
    keep_descriptor(fd);
    return "ok fd=" + std::to_string(fd);
}

std::string do_state(request &r)
{
    if (const auto state = r.socket().state())
        return "ok state=" + std::string(*state);
    throw polysock::error(r.socket().is_closed() ? POLYSOCK_ECLOSED : POLYSOCK_EUNSUPPORTED);
}

// A command that answers only ok.
template <class Call> std::function<std::string(request &)> ok_after(Call call)
{
    return [call](request &r) {
        call(r);
        return std::string("ok");
    };
}

const std::map<std::string, command> commands = {
    {"hello", {0, 0, do_hello}},
    {"reset", {0, 0, do_reset}},
    {"exhaust", {0, 0, do_exhaust}},
    {"release", {0, 0, do_release}},
    {"join", {1, 1, do_join}},
    {"socket", {2, 3, ok_after([](request &r) {
         keep(r.args[1], polysock::socket(family_of(r.args[2]), r.args.size() > 3 ? type_of(r.args[3]) : POLYSOCK_SOCK_STREAM));
     })}},
    {"socketpair", {3, 3, ok_after([](request &r) {
         auto [a, b] = polysock::socket::pair(type_of(r.args[3]));
         keep(r.args[1], std::move(a));
         keep(r.args[2], std::move(b));
     })}},
    {"dup", {2, 2, ok_after([](request &r) { keep(r.args[2], r.socket().dup()); })}},
    {"bind", {2, 3, ok_after([](request &r) { r.socket().bind(address(r.args, 2)); })}},
    {"listen", {2, 2, ok_after([](request &r) { r.socket().listen(static_cast<int>(to_number(r.args[2]))); })}},
    {"server", {3, 3, do_server}},
    {"accept", {2, 2, [](request &r) {
         polysock::address peer;
         keep(r.args[2], r.socket().accept(peer, r.timeout));
         return "ok " + address_text(peer);
     }}},
    {"connect", {2, 3, ok_after([](request &r) { r.socket().connect(address(r.args, 2), r.timeout); })}},
    // The empty host is this one, over IPv6 and over IPv4.
    {"create_connection", {2, 2, ok_after([](request &r) {
         keep(r.args[1], polysock::create_connection("", r.args[2], r.timeout));
     })}},
    {"create_server", {2, 2, do_create_server}},
    {"serve", {1, 1, do_serve}},
    {"serving", {1, 1, do_serving}},
    {"stop", {1, 1, do_stop}},
    {"serve_messages", {1, 1, do_serve_messages}},
    {"serving_messages", {1, 1, do_serving_messages}},
    {"push", {2, 2, do_push}},
    {"hang_up", {2, 2, do_hang_up}},
    {"resume", {1, 1, do_resume}},
    {"close_listener", {1, 1, do_close_listener}},
    {"await_stop", {1, 1, do_await_stop}},
    {"stop_messages", {1, 1, do_stop_messages}},
    {"shutdown", {2, 2, ok_after([](request &r) {
         r.socket().shutdown(r.args[2] == "rd" ? POLYSOCK_SHUT_RD : r.args[2] == "wr" ? POLYSOCK_SHUT_WR : POLYSOCK_SHUT_RDWR);
     })}},
    {"close", {1, 1, ok_after([](request &r) { r.socket().close(); })}},
    {"close_java", {1, 1, ok_after([](request &r) { r.socket().net_close(); })}},
    {"abort", {1, 1, ok_after([](request &r) { r.socket().abort(); })}},
    {"close_graceful", {1, 1, do_close_graceful}},
    {"wait_acked", {1, 1, do_wait_acked}},
    {"send_queue", {1, 1, do_send_queue}},
    {"peer_closed", {1, 1, do_peer_closed}},
    {"is_closed", {1, 1, [](request &r) { return "ok closed=" + on_off(r.socket().is_closed()); }}},
    {"fileno", {1, 1, [](request &r) { return "ok fd=" + std::to_string(r.socket().fileno()); }}},
    {"detach", {1, 1, do_detach}},
    {"from_fd", {2, 2, ok_after([](request &r) {
         const int fd = static_cast<int>(to_number(r.args[2]));
         keep(r.args[1], polysock::socket::from_fd(fd));
         forget_descriptor(fd);
     })}},
    {"open_fd", {0, 0, do_open_fd}},
    {"close_fd", {1, 1, ok_after([](request &r) {
         const int fd = static_cast<int>(to_number(r.args[1]));
         forget_descriptor(fd);
         if (::close(fd) < 0)
             throw_errno();
     })}},
    {"send", {2, 2, do_send}},
    {"sendall", {2, 2, do_sendall}},
    {"recv", {2, 2, do_recv}},
    {"sendto", {3, 4, do_sendto}},
    {"recvfrom", {2, 2, do_recvfrom}},
    {"next_length", {2, 2, do_next_length}},
    {"send_batch", {2, 2, do_send_batch}},
    {"recv_batch", {3, 3, do_recv_batch}},
    {"send_segments", {3, 5, do_send_segments}},
    {"recv_exact", {2, 2, do_recv_exact}},
    {"collect", {2, 2, do_collect}},
    {"fill", {1, 1, do_fill}},
    {"send_frame", {2, 2, do_send_frame}},
    {"send_frames", {2, 2, do_send_frames}},
    {"recv_frame", {1, 1, do_recv_frame}},
    {"recv_frame_into", {2, 2, do_recv_frame_into}},
    {"recv_frames", {2, 2, do_recv_frames}},
    {"pending", {1, 1, do_pending}},
    {"take_buffered", {1, 1, do_take_buffered}},
    {"getsockname", {1, 1, [](request &r) { return "ok " + address_text(r.socket().getsockname()); }}},
    {"getpeername", {1, 1, [](request &r) { return "ok " + address_text(r.socket().getpeername()); }}},
    {"peer_ip", {1, 1, [](request &r) { return "ok ip=" + r.socket().getpeername().ip(); }}},
    {"same_peer", {3, 3, [](request &r) {
         return "ok same=" + on_off(r.socket().getpeername() == address(r.args, 2));
     }}},
    {"address_text", {1, 2, do_address_text}},
    {"read_address", {1, 1, do_read_address}},
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
            r.join_limit = milliseconds(to_number(word.substr(6))), r.limit = static_cast<std::size_t>(r.join_limit.count());
        else if (word.rfind("framing=", 0) == 0)
            r.framing_given = to_framing(word.substr(8)), r.has_framing = true;
        else if (word.rfind("discard=", 0) == 0)
            r.discard = to_number(word.substr(8));
        else if (word.rfind("places=", 0) == 0)
            r.serving.max_connections = r.messages.max_connections = static_cast<std::size_t>(to_number(word.substr(7)));
        else if (word.rfind("idle=", 0) == 0)
            r.serving.idle_timeout = r.messages.idle_timeout = milliseconds(to_number(word.substr(5)));
        else if (word.rfind("handler=", 0) == 0)
            r.serving.handler_timeout = r.messages.handler_timeout = milliseconds(to_number(word.substr(8)));
        else if (word.rfind("workers=", 0) == 0)
            r.messages.workers = static_cast<std::size_t>(to_number(word.substr(8)));
        else if (word.rfind("unsent=", 0) == 0)
            r.messages.max_unsent = static_cast<std::size_t>(to_number(word.substr(7)));
        else if (word == "raw=on")
            r.messages.raw_replies = true;
        else if (word.rfind("greeting=", 0) == 0)
            r.greeting = word.substr(9);
        else if (word == "open=fail")
            r.open_fails = true;
        else if (word == "open=hold")
            r.open_holds = true;
        else if (word == "close=fail")
            r.close_fails = true;
        else if (word.rfind("times=", 0) == 0)
            r.times = to_number(word.substr(6));
        else if (word == "peek")
            r.flags |= POLYSOCK_MSG_PEEK;
        else if (word == "oob")
            r.flags |= POLYSOCK_MSG_OOB;
        else if (word == "trunc")
            r.trunc = true;
        else
            r.args.push_back(word);
    }
    return r;
}

std::string dispatch(const std::string &line, bool &is_joined)
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
    const auto found = r.args.empty() ? commands.end() : commands.find(r.args[0]);
    if (found == commands.end())
        throw unsupported{};
    if (r.args.size() < found->second.least + 1 || r.args.size() > found->second.most + 1)
        throw malformed{"arguments"};
    std::string answer = found->second.run(r);
    is_joined = r.is_joined;
    return answer;
}

} // namespace

std::string execute(const std::string &line)
{
    const auto began = clock_type::now();
    std::string answer;
    bool is_joined = false; // the answer is that of another command, with its own ms=
    try {
        answer = dispatch(line, is_joined);
    } catch (const polysock::error &e) {
        std::cerr << e.what() << '\n';
        answer = error_of(e);
    } catch (const malformed &m) {
        answer = std::string("error PROTOCOL ") + m.reason;
    } catch (const out_of_range &) {
        answer = "error INVAL";
    } catch (const unsupported &) {
        answer = "unsupported";
    }
    return is_joined ? answer : answer + " ms=" + std::to_string(ms_since(began));
}

int main()
{
    process_start();
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "quit") {
            std::cout << "ok ms=0\n";
            break;
        }
        if (!line.empty())
            std::cout << execute(line) << std::endl;
    }
    std::cout.flush();
    ::_exit(0); // a thread left inside a call must not keep the process
}
