/* Addresses are plain values: parsed from text, written as text, looked up by name. */
#include <polysock/polysock.h>
#include <stdio.h>

int main(void)
{
    static const char *const texts[] = {"127.0.0.1:80", "[::1]:80", "127.0.0.1", "unix:/run/x", "localhost"};
    polysock_addr a, found[8];
    char text[POLYSOCK_ADDR_TEXT_SIZE];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (polysock_addr_parse(&a, texts[i], 8080) == 0 && polysock_addr_format(&a, text, sizeof text) > 0)
            printf("%s is %s, port %u\n", texts[i], text, polysock_addr_port(&a));
        else
            printf("%s: %s\n", texts[i], polysock_last_detail()); /* names are not looked up here */
    }

    int n = polysock_getaddrinfo("localhost", "80", POLYSOCK_AF_UNSPEC, POLYSOCK_SOCK_STREAM, 0, found, 8);
    for (int i = 0; i < n && i < 8; i++)
        if (polysock_addr_format(&found[i], text, sizeof text) > 0)
            printf("localhost is %s\n", text);
    return n > 0 ? 0 : 1;
}
