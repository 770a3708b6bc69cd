// Messages in a stream.
#include "driver.hpp"

#include <algorithm>

namespace {

// A failed receive of messages.
std::string frame_error(const polysock::error &e)
{
    std::string answer = error_of(e);
    if (e.missing() > 0)
        answer += " missing=" + std::to_string(e.missing());
    if (e.needed() > 0)
        answer += " needed=" + std::to_string(e.needed());
    return answer;
}

template <class Call> std::string or_frame_error(Call call)
{
    try {
        return call();
    } catch (const polysock::error &e) {
        return frame_error(e);
    }
}

} // namespace

polysock::framing to_framing(const std::string &text)
{
    using polysock::byte_order;
    using polysock::framing;
    const bool little = text.size() > 2 && text.substr(text.size() - 2) == "le";
    if (text == "varint")
        return framing::varint();
    if (text == "lines")
        return framing::lines();
    if (text.rfind("delim:", 0) == 0)
        return framing::delimiter(payload(text.substr(6)));
    if (text.rfind("fixed:", 0) == 0)
        return framing::fixed(static_cast<std::size_t>(to_number(text.substr(6))));
    if (text == "u8")
        return framing::length_prefix(8);
    for (const int bits : {16, 32, 64})
        if (text == "u" + std::to_string(bits) + (little ? "le" : "be"))
            return framing::length_prefix(bits, little ? byte_order::little : byte_order::big);
    throw malformed{"framing"};
}

std::string do_send_frame(request &r)
{
    r.socket().send_frame(payload(r.args[2]), r.framing(), r.timeout);
    return "ok";
}

std::string do_send_frames(request &r)
{
    std::vector<std::string> payloads;
    std::size_t at = 0;
    while (at <= r.args[2].size()) {
        const std::size_t end = std::min(r.args[2].find(',', at), r.args[2].size());
        payloads.push_back(payload(r.args[2].substr(at, end - at)));
        at = end + 1;
    }
    const std::vector<polysock::frame> messages(payloads.begin(), payloads.end());
    polysock::socket &s = r.socket();
    try {
        s.send_frames(messages, r.framing(), r.timeout);
    } catch (const polysock::error &e) {
        return error_after(e, e.done());
    }
    return "ok";
}

std::string do_recv_frame(request &r)
{
    return or_frame_error([&] {
        const auto message = r.socket().recv_frame(r.framing(), r.timeout);
        return message ? "ok " + received(*message) : "ok end=on";
    });
}

std::string do_recv_frame_into(request &r)
{
    std::vector<char> bytes(static_cast<std::size_t>(to_number(r.args[2])));
    return or_frame_error([&] {
        const auto length = r.socket().recv_frame(bytes, r.framing(), r.timeout);
        return length ? "ok " + received({bytes.data(), *length}) : "ok end=on";
    });
}

std::string do_recv_frames(request &r)
{
    return or_frame_error([&] {
        const auto messages = r.socket().recv_frames(static_cast<std::size_t>(to_number(r.args[2])), r.framing(), r.timeout);
        std::string answer = "ok count=" + std::to_string(messages.size());
        for (std::size_t i = 0; i < messages.size(); i++)
            answer += (i == 0 ? " data=" : ",") + (messages[i].empty() ? "-" : hex(messages[i]));
        return answer;
    });
}

std::string do_pending(request &r) { return "ok n=" + std::to_string(r.socket().pending()); }

std::string do_take_buffered(request &r) { return "ok " + received(r.socket().take_buffered()); }
