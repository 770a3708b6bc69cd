// Answers, and the names of errors in the protocol.
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
    if (code == POLYSOCK_EUNSUPPORTED)
        return "OPNOTSUPP";
    return name[0] == 'E' ? name.substr(1) : name;
}

// With the call that its text names first.
std::string error_of(const polysock::error &e)
{
    const std::string text = e.what();
    return "error " + protocol_name(e.code().value()) + " call=" + text.substr(0, text.find_first_of(" :"));
}

std::string error_after(const polysock::error &e, std::size_t done)
{
    return error_of(e) + " done=" + std::to_string(done);
}

void throw_errno() { throw polysock::error(::polysock_from_errno(errno)); }
