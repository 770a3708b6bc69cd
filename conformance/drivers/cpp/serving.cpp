// The callback server, which sends back what it receives, on a loopback port.
#include "driver.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace {

using server_ptr = std::shared_ptr<polysock::server>;

std::mutex lock; // never held during a call of the library
std::map<std::string, server_ptr> servers;

void echo(polysock::socket &connection)
{
    std::vector<char> bytes(4096);
    while (const std::size_t n = connection.recv(bytes))
        connection.send_all(std::string_view(bytes.data(), n));
}

server_ptr find_server(const request &r)
{
    const std::lock_guard held(lock);
    const auto found = servers.find(r.args[1]);
    if (found == servers.end())
        throw malformed{"no such server"};
    return found->second;
}

} // namespace

std::string do_serve(request &r)
{
    auto server = std::make_shared<polysock::server>(polysock::create_server("127.0.0.1", 0), echo, r.serving);
    const auto port = server->local_address().port();
    const std::lock_guard held(lock);
    servers[r.args[1]] = std::move(server);
    return "ok port=" + std::to_string(port);
}

std::string do_serving(request &r)
{
    const server_ptr server = find_server(r);
    const polysock::server_stats stats = server->stats();
    return "ok connections=" + std::to_string(server->connections()) + " handled=" + std::to_string(stats.handled) +
           " resets=" + std::to_string(stats.resets) + " idle=" + std::to_string(stats.idle_timeouts) +
           " overdue=" + std::to_string(stats.handler_timeouts);
}

std::string do_stop(request &r) { return "ok running=" + std::to_string(find_server(r)->stop(r.timeout)); }

void stop_servers()
{
    std::map<std::string, server_ptr> all;
    {
        const std::lock_guard held(lock);
        std::swap(all, servers);
    }
}
