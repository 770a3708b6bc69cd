// hello, reset, exhaust and release.
#include "driver.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {
std::vector<int> fillers;
rlimit limit_before;
} // namespace

void process_start() { ::getrlimit(RLIMIT_NOFILE, &limit_before); }

std::string do_hello(request &)
{
    return std::string("ok lang=cpp version=") + ::polysock_version_string() +
           " caps=abort,create_connection,close_java,recv_exact,state,done,whole_sendall,linger_range,get_timeout,backlog_range,"
           "datagram,unix,dup,cork,batch,frames,delivery,create_server,mapped,address_text,next_length,serve,message_server,"
           "close_fails";
}

std::string do_exhaust(request &)
{
    rlimit few = limit_before;
    few.rlim_cur = std::min<rlim_t>(few.rlim_cur, max_descriptors);
    fillers.reserve(max_descriptors);
    if (::setrlimit(RLIMIT_NOFILE, &few) < 0)
        throw_errno();
    for (int fd; fillers.size() < max_descriptors && (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
        fillers.push_back(fd);
    return "ok n=" + std::to_string(fillers.size());
}

std::string do_release(request &)
{
    for (const int fd : fillers)
        ::close(fd);
    fillers.clear();
    ::setrlimit(RLIMIT_NOFILE, &limit_before);
    return "ok";
}

std::string do_reset(request &r)
{
    const auto until = clock_type::now() + std::chrono::seconds(2);
    do_release(r);
    stop_servers();
    stop_message_servers();
    close_everything();
    if (!forget_tasks(until))
        return "error PENDING";
    forget_handles(); // those accepted meanwhile too
    return "ok";
}
