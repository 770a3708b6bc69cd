// polysock for C++17: the C library with owning classes, exceptions and std::chrono. Header-only, adds no behaviour.
//
//     polysock::socket s = polysock::create_connection("localhost", 8080, std::chrono::seconds(5));
//     s.send_all("hello");
//     char buf[512];
//     std::size_t n = s.recv(buf, std::chrono::seconds(1));
//
// Sends take polysock::bytes: text, or a container of bytes. Receives take a polysock::buffer: an array or a container.
// Both know their length. Write a pointer and its length as bytes(p, n) or buffer(p, n), so that no other number is taken
// for a length.
//
// Every call that can wait takes a timeout: a std::chrono duration, polysock::infinite, or none for the socket's own (set by
// set_timeout; forever unless set). Durations are rounded up to milliseconds; zero tries once.
// A failure throws polysock::error, a std::system_error whose code() compares with std::errc if errno has such a number.

#ifndef POLYSOCK_POLYSOCK_HPP
#define POLYSOCK_POLYSOCK_HPP

#include <polysock/address.hpp>
#include <polysock/connection.hpp>
#include <polysock/datagram.hpp>
#include <polysock/delivery.hpp>
#include <polysock/error.hpp>
#include <polysock/framing.hpp>
#include <polysock/memory.hpp>
#include <polysock/message.hpp>
#include <polysock/message_server.hpp>
#include <polysock/poller.hpp>
#include <polysock/reader.hpp>
#include <polysock/server.hpp>
#include <polysock/socket.hpp>
#include <polysock/timeout.hpp>
#include <polysock/trace.hpp>

#endif // POLYSOCK_POLYSOCK_HPP
