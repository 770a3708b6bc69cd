// The sockets by their names in the scenario, and the descriptors it received.
#include "driver.hpp"

#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <unistd.h>

namespace {
std::mutex lock; // never held during a call of the library
std::map<std::string, socket_ptr> handles;
std::set<int> descriptors;
} // namespace

socket_ptr find(const std::string &name)
{
    const std::lock_guard held(lock);
    const auto found = handles.find(name);
    if (found == handles.end())
        throw malformed{"no such handle"};
    return found->second;
}

polysock::socket &request::socket() const
{
    if (!kept)
        kept = find(args.at(1));
    return *kept;
}

void keep(const std::string &name, polysock::socket s)
{
    auto shared = std::make_shared<polysock::socket>(std::move(s));
    const std::lock_guard held(lock);
    handles[name] = std::move(shared);
}

void keep_descriptor(int fd)
{
    const std::lock_guard held(lock);
    descriptors.insert(fd);
}

void forget_descriptor(int fd)
{
    const std::lock_guard held(lock);
    descriptors.erase(fd);
}

void close_everything()
{
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
}

void forget_handles() { handles.clear(); }
