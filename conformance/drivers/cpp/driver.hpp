// What the files of the driver share. Each file is named like its counterpart in ../rust/src.
#pragma once

#include <polysock/polysock.hpp>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using clock_type = std::chrono::steady_clock;
using socket_ptr = std::shared_ptr<polysock::socket>;
using arguments = std::vector<std::string>;
using std::chrono::milliseconds;

constexpr std::size_t max_payload = 16 << 20, max_descriptors = 256;

// The request is invalid.
struct malformed {
    const char *reason;
};
// An argument outside the range of the library's type.
struct out_of_range {};

// One request.
struct request {
    arguments args; // the command and its arguments
    polysock::timeout timeout;
    int flags = 0;
    bool trunc = false;
    long times = 1;
    long discard = -1; // the limit of close_graceful, unless below zero
    milliseconds join_limit{5000};
    bool is_joined = false; // the answer is that of another command
    polysock::framing framing_given;
    std::size_t limit = 0; // of messages; 0 is the library's
    polysock::server_options serving;
    polysock::message_server_options messages;
    bool has_framing = false;
    std::string greeting; // what on_open sends, as a payload
    bool open_fails = false, open_holds = false, close_fails = false;

    polysock::framing framing() const { return framing_given.with_limit(limit); }

    // The socket that the first argument names, for as long as the request.
    polysock::socket &socket() const;

private:
    mutable socket_ptr kept;
};

// Carries out a line and returns the answer.
std::string execute(const std::string &line);

// answer.cpp
long long ms_since(clock_type::time_point began);
std::string protocol_name(int code);
std::string error_of(const polysock::error &e);
std::string error_after(const polysock::error &e, std::size_t done); // with the number of bytes transferred
[[noreturn]] void throw_errno();

// values.cpp
long to_number(const std::string &text);
bool to_flag(const std::string &text);
std::string on_off(bool on);
std::string pattern(std::size_t count, std::size_t offset);
std::string payload(const std::string &text);
std::string hex(std::string_view bytes);
std::string received(std::string_view bytes);

// addresses.cpp
std::string address_text(const polysock::address &a);
std::string do_address_text(request &r);
std::string do_read_address(request &r);
polysock::address address(const arguments &w, std::size_t first);
int family_of(const std::string &word);
int type_of(const std::string &word);

// handles.cpp
socket_ptr find(const std::string &name);
void keep(const std::string &name, polysock::socket s);
void keep_descriptor(int fd);
void forget_descriptor(int fd);
void close_everything();
void forget_handles();

// serving.cpp
void stop_servers();
std::string do_serve(request &r);
std::string do_serving(request &r);
std::string do_stop(request &r);

// message_server.cpp
void stop_message_servers();
std::string do_serve_messages(request &r);
std::string do_serving_messages(request &r);
std::string do_push(request &r);
std::string do_hang_up(request &r);
std::string do_resume(request &r);
std::string do_close_listener(request &r);
std::string do_await_stop(request &r);
std::string do_stop_messages(request &r);

// tasks.cpp
std::string start(const std::string &label, const std::string &line);
bool forget_tasks(clock_type::time_point until); // false when one has not ended by then
std::string do_join(request &r);

// process.cpp
void process_start();
std::string do_hello(request &r);
std::string do_reset(request &r);
std::string do_exhaust(request &r);
std::string do_release(request &r);

// data.cpp
std::string do_send(request &r);
std::string do_sendall(request &r);
std::string do_recv(request &r);
std::string do_sendto(request &r);
std::string do_recvfrom(request &r);
std::string do_next_length(request &r);
std::string do_recv_exact(request &r);
std::string do_collect(request &r);
std::string do_fill(request &r);

// delivery.cpp
std::string do_send_queue(request &r);
std::string do_wait_acked(request &r);
std::string do_peer_closed(request &r);
std::string do_close_graceful(request &r);

// batch.cpp
std::string do_send_batch(request &r);
std::string do_recv_batch(request &r);
std::string do_send_segments(request &r);

// frames.cpp
polysock::framing to_framing(const std::string &text);
std::string do_send_frame(request &r);
std::string do_send_frames(request &r);
std::string do_recv_frame(request &r);
std::string do_recv_frame_into(request &r);
std::string do_recv_frames(request &r);
std::string do_pending(request &r);
std::string do_take_buffered(request &r);

// options.cpp
std::string do_set(request &r);
std::string do_get(request &r);
std::string do_setsockopt(request &r);
std::string do_getsockopt(request &r);
