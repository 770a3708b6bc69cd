/* One sender, two receivers on the same port: joining a group, and leaving it. */
#define _POSIX_C_SOURCE 200809L /* getpid */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TIMEOUT_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static polysock_t *receiver(const polysock_addr *group, const polysock_addr *address)
{
    polysock_t *s;
    must(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0));
    must(polysock_set_reuseaddr(s, true));  /* so that both receivers can have the port */
    must(polysock_set_mcast_all(s, false)); /* only groups that this socket has joined itself */
    must(polysock_bind(s, address));
    must(polysock_mcast_join(s, group, "lo", NULL)); /* on the loopback interface, from any sender */
    return s;
}

static void show(const char *name, polysock_t *s, int timeout_ms)
{
    char text[100];
    ssize_t n = polysock_recv(s, text, sizeof text, 0, timeout_ms);
    if (n == POLYSOCK_ETIMEDOUT)
        printf("the %s receiver: nothing\n", name);
    else if (n >= 0)
        printf("the %s receiver: %.*s\n", name, (int)n, text);
    else
        must((int)n);
}

int main(void)
{
    polysock_t *first, *second, *sender;
    polysock_addr group, address;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    int ttl;

    /* A group that only this process uses, so that runs don't disturb each other. 239.x.y.z is for private use. */
    unsigned id = (unsigned)getpid();
    snprintf(text, sizeof text, "239.255.%u.%u", id >> 8 & 255, id & 255);
    must(polysock_addr_parse(&group, text, 0));

    must(polysock_addr_parse(&address, "0.0.0.0", 0));
    first = receiver(&group, &address);
    must(polysock_getsockname(first, &address));
    second = receiver(&group, &address);
    must(polysock_addr_parse(&group, text, polysock_addr_port(&address)));

    must(polysock_socket(&sender, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0));
    must(polysock_set_mcast_if(sender, "lo"));
    must(polysock_get_mcast_ttl(sender, &ttl));
    printf("the sender has not joined; its datagrams pass %d routers\n", ttl - 1);

    must((int)polysock_sendto(sender, "hello, both", 11, 0, &group, TIMEOUT_MS));
    show("first", first, TIMEOUT_MS);
    show("second", second, TIMEOUT_MS);

    must(polysock_mcast_leave(second, &group, "lo", NULL));
    puts("the second receiver leaves");
    must((int)polysock_sendto(sender, "hello, first", 12, 0, &group, TIMEOUT_MS));
    show("first", first, TIMEOUT_MS);
    show("second", second, 200);

    polysock_free(sender);
    polysock_free(first);
    polysock_free(second);
}
