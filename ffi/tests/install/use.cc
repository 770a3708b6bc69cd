// The same in C++.
#include <iostream>
#include <polysock/polysock.hpp>

int main()
{
    auto listener = polysock::create_server("127.0.0.1", 0);
    auto client = polysock::create_connection(listener.getsockname().str(), std::chrono::seconds(5));
    auto server = listener.accept(std::chrono::seconds(5));
    char back[6] = "";
    client.send_all("hello");
    server.recv_exact(polysock::buffer(back, 5), std::chrono::seconds(5));
    std::cout << back << " from polysock " << polysock_version_string() << "\n";
    return std::string(back) != "hello";
}
