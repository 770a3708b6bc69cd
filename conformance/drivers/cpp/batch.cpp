// Batches of datagrams.
#include "driver.hpp"

#include <deque>
#include <sstream>

namespace {

constexpr long most_datagrams = 4096;

// The parts of a text between separators.
arguments split(const std::string &text, char separator)
{
    arguments parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);)
        parts.push_back(part);
    return parts;
}

void append(std::string &list, const std::string &item) { list += (list.empty() ? "" : ",") + item; }

std::string or_none(const std::string &list) { return list.empty() ? "-" : list; }

// `HOST~PORT` or a name.
std::string sender(const polysock::address &a)
{
    std::string text;
    for (const std::string &word : split(address_text(a), ' '))
        text += (text.empty() ? "" : "~") + word.substr(word.find('=') + 1);
    return text;
}

// Hex digits, `-`, or of more than 64 bytes `#` and their hash.
std::string shown(std::string_view data)
{
    const std::string text = received(data), value = text.substr(text.rfind('=') + 1);
    return (data.size() > 64 ? "#" : "") + value;
}

} // namespace

std::string do_send_batch(request &r)
{
    std::deque<std::string> contents;
    std::deque<polysock::address> addresses;
    std::vector<polysock::dgram> datagrams;
    // Each is `PAYLOAD`, `PAYLOAD~NAME` or `PAYLOAD~HOST~PORT`.
    for (const std::string &item : split(r.args[2], ',')) {
        const arguments parts = split(item, '~');
        contents.push_back(payload(parts.at(0)));
        if (parts.size() == 1) {
            datagrams.push_back(polysock::dgram::to_send(contents.back()));
        } else {
            addresses.push_back(address(parts, 1));
            datagrams.push_back(polysock::dgram::to_send(contents.back(), addresses.back()));
        }
    }
    const std::size_t items = datagrams.size();
    for (long i = 1; i < r.times; i++)
        for (std::size_t k = 0; k < items; k++)
            datagrams.push_back(polysock::dgram(datagrams[k]));
    const std::size_t sent = r.socket().send_batch(datagrams, r.timeout);
    std::string refused;
    for (std::size_t i = 0; i < datagrams.size(); i++) {
        const int code = datagrams[i].code();
        const bool not_reached = code == POLYSOCK_ETIMEDOUT || code == POLYSOCK_EAGAIN || code == POLYSOCK_ECLOSED;
        if (code != 0 && !not_reached)
            append(refused, std::to_string(i) + ":" + protocol_name(code));
    }
    return "ok n=" + std::to_string(sent) + " refused=" + or_none(refused);
}

std::string do_recv_batch(request &r)
{
    const long most = to_number(r.args[2]), size = to_number(r.args[3]);
    if (most < 0 || most > most_datagrams || size < 0 || static_cast<std::size_t>(most * size) > max_payload)
        throw malformed{"count"};
    std::vector<std::vector<char>> memory(static_cast<std::size_t>(most), std::vector<char>(static_cast<std::size_t>(size)));
    std::vector<polysock::address> from(memory.size());
    std::vector<polysock::dgram> datagrams;
    for (std::size_t i = 0; i < memory.size(); i++)
        datagrams.push_back(polysock::dgram::room(memory[i], from[i]));
    const std::size_t count = r.socket().recv_batch(datagrams, r.timeout);
    std::string lengths, data, senders, trunc;
    std::size_t all = 0;
    for (std::size_t i = 0; i < count; i++)
        datagrams[i].split([&](std::string_view piece) {
            append(lengths, std::to_string(piece.size()));
            append(data, shown(piece));
            append(senders, sender(from[i]));
            append(trunc, on_off(datagrams[i].truncated()));
            all++;
        });
    return "ok n=" + std::to_string(all) + " len=" + or_none(lengths) + " data=" + or_none(data) + " from=" + or_none(senders) +
           " trunc=" + or_none(trunc);
}

std::string do_send_segments(request &r)
{
    const std::string bytes = payload(r.args[2]);
    const auto size = static_cast<std::size_t>(to_number(r.args[3]));
    const std::size_t n = r.args.size() > 4 ? r.socket().send_segments(bytes, size, address(r.args, 4), r.timeout)
                                            : r.socket().send_segments(bytes, size, r.timeout);
    return "ok n=" + std::to_string(n);
}
