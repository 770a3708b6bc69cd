// Answers, and what refusals are called in the protocol.
#include "driver.hpp"

long long ms_since(clock_type::time_point began)
{
    return std::chrono::duration_cast<milliseconds>(clock_type::now() - began).count();
}

std::string protocol_name(int code)
{
    const std::string name = ::polysock_err_name(code);
    if (code == POLYSOCK_EALREADY)
        return "INPROGRESS";
    return name[0] == 'E' ? name.substr(1) : name;
}

// With the call that its words begin with.
std::string refused(const polysock::error &e)
{
    const std::string words = e.what();
    return "error " + protocol_name(e.code().value()) + " call=" + words.substr(0, words.find_first_of(" :"));
}

std::string refused_after(const polysock::error &e, std::size_t done)
{
    return refused(e) + " done=" + std::to_string(done);
}

void system_refused() { throw polysock::error(::polysock_from_errno(errno)); }
