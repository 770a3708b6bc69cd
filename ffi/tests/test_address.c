/* Addresses: text, bytes, parts. */
#include "harness.h"
#include <netinet/in.h>
#include <sys/un.h>

static const polysock_addr untouched = {.length = 77, .bytes = {1, 2, 3}};

static void round_trip(const char *text, uint16_t port, const char *expected, int family)
{
    polysock_addr a;
    char buf[POLYSOCK_ADDR_TEXT_SIZE];
    if (!CHECK_IS(polysock_addr_parse(&a, text, port), 0))
        return;
    CHECK_IS(polysock_addr_format(&a, buf, sizeof buf), (int)strlen(expected));
    CHECK_TEXT(buf, expected);
    CHECK_IS(polysock_addr_family(&a), family);
}

TEST(text)
{
    round_trip("1.2.3.4:80", 0, "1.2.3.4:80", AF_INET);
    round_trip("1.2.3.4", 7, "1.2.3.4:7", AF_INET);
    round_trip("[::1]:80", 0, "[::1]:80", AF_INET6);
    round_trip("::1", 9, "[::1]:9", AF_INET6);
    round_trip("[::1]", 9, "[::1]:9", AF_INET6);
    round_trip("[fe80::1%2]:80", 0, "[fe80::1%2]:80", AF_INET6);
    round_trip("unix:/tmp/x", 0, "unix:/tmp/x", AF_UNIX);
    round_trip("unix:@hidden", 0, "unix:@hidden", AF_UNIX);
    static const char *wrong[] = {"", "localhost", "1.2.3", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "[::1", "::1:zz",
                                  "1.2.3.4:80 ", " 1.2.3.4", "[1.2.3.4]:80", "\xff", "unix:/\xff\xfe"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        polysock_addr a = untouched;
        if (!CHECK_IS(polysock_addr_parse(&a, wrong[i], 1), POLYSOCK_EINVAL))
            fprintf(stderr, "    %s\n", wrong[i]);
        CHECK(memcmp(&a, &untouched, sizeof a) == 0);
    }
    char path[120] = "unix:/";
    memset(path + 6, 'x', 113); /* a path of 114 bytes; there is room for 108 */
    polysock_addr a;
    CHECK_IS(polysock_addr_parse(&a, path, 0), POLYSOCK_EINVAL);
    path[5 + 108] = '\0';
    round_trip(path, 0, path, AF_UNIX);
}

TEST(what_is_wrong)
{
    polysock_addr a;
    CHECK_IS(polysock_addr_parse(&a, "localhost", 1), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "addr_parse: text must be a numeric address, such as 1.2.3.4:80, [::1]:80 or unix:/path");
    CHECK_IS(polysock_addr_parse(&a, "1.2.3.4:65536", 1), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "addr_parse: text must end with a port from 0 to 65535");
    CHECK_IS(polysock_addr_parse(&a, "[fe80::1%nosuch]:1", 1), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "addr_parse: text must name an interface of this machine after the %");
}

TEST(buffers_too_small)
{
    polysock_addr a;
    char buf[16] = "unwritten";
    MUST(polysock_addr_parse(&a, "1.2.3.4:80", 0));
    CHECK_IS(polysock_addr_format(&a, NULL, 0), 10);
    CHECK_IS(polysock_addr_format(&a, buf, 0), POLYSOCK_ENOSPC);
    CHECK_IS(polysock_addr_format(&a, buf, 10), POLYSOCK_ENOSPC);
    CHECK_TEXT(buf, "unwritten");
    CHECK_IS(polysock_addr_format(&a, buf, 11), 10);
    CHECK_TEXT(buf, "1.2.3.4:80");
    CHECK_IS(polysock_addr_format(&a, NULL, 20), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_ip(&a, NULL, 0), 7);
    CHECK_IS(polysock_addr_ip(&a, buf, 7), POLYSOCK_ENOSPC);
    CHECK_IS(polysock_addr_ip(&a, buf, 8), 7);
    CHECK_TEXT(buf, "1.2.3.4");
}

TEST(parts)
{
    polysock_addr a, b;
    char buf[64];
    MUST(polysock_addr_parse(&a, "[2001:db8::1]:4242", 0));
    CHECK_IS(polysock_addr_port(&a), 4242);
    CHECK_IS(polysock_addr_ip(&a, buf, sizeof buf), 11);
    CHECK_TEXT(buf, "2001:db8::1");
    MUST(polysock_addr_parse(&b, "[2001:db8::1]:4243", 0));
    CHECK(!polysock_addr_equal(&a, &b));
    CHECK(polysock_addr_equal(&a, &a));
    CHECK(!polysock_addr_equal(&a, NULL) && !polysock_addr_equal(NULL, NULL));
    MUST(polysock_addr_parse(&a, "unix:/x", 0));
    CHECK_IS(polysock_addr_port(&a), 0);
    CHECK_IS(polysock_addr_ip(&a, buf, sizeof buf), POLYSOCK_EAFNOSUPPORT);
}

TEST(scopes)
{
    polysock_addr a, b;
    char buf[64];
    MUST(polysock_addr_parse(&a, "[fe80::1%lo]:80", 0));
    CHECK_IS(polysock_addr_scope(&a), 1);
    CHECK_IS(polysock_addr_ip(&a, buf, sizeof buf), 9);
    CHECK_TEXT(buf, "fe80::1%1");
    MUST(polysock_addr_parse(&b, buf, 80)); /* what it writes it reads */
    CHECK(polysock_addr_equal(&a, &b));
    MUST(polysock_addr_format(&a, buf, sizeof buf));
    CHECK_TEXT(buf, "[fe80::1%1]:80");
    MUST(polysock_addr_parse(&b, "[fe80::1%2]:80", 0));
    CHECK(!polysock_addr_equal(&a, &b));
    MUST(polysock_addr_parse(&b, "1.2.3.4", 0));
    CHECK(polysock_addr_scope(&b) == 0 && polysock_addr_scope(NULL) == 0);

    /* A group is joined on the interface of its scope. */
    polysock_t *s;
    char line[256], found = 0;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET6, POLYSOCK_SOCK_DGRAM, 0));
    MUST(polysock_addr_parse(&a, "[ff02::4242%lo]:80", 0));
    CHECK_IS(polysock_mcast_join(s, &a, NULL, NULL), 0);
    FILE *groups = fopen("/proc/net/igmp6", "r");
    while (groups != NULL && fgets(line, sizeof line, groups) != NULL)
        found += strstr(line, "ff020000000000000000000000004242") != NULL && strstr(line, " lo ") != NULL;
    CHECK_IS(found, 1);
    if (groups != NULL)
        fclose(groups);
    CHECK_IS(polysock_mcast_join(s, &a, "lo", NULL), POLYSOCK_EADDRINUSE);
    CHECK_IS(polysock_mcast_leave(s, &a, NULL, NULL), 0);
    MUST(polysock_addr_parse(&a, "[ff02::4242%77777]:80", 0));
    CHECK_IS(polysock_mcast_join(s, &a, "lo", NULL), POLYSOCK_EINVAL);
    CHECK(strstr(polysock_last_detail(), "interface must be that of the group's scope") != NULL);
    polysock_free(s);
}

TEST(an_ipv4_peer_is_one_address)
{
    polysock_addr peer, own, plain;
    polysock_t *listener, *client, *server;
    char buf[64], port[8];
    MUST(polysock_create_server(&listener, NULL, "0", 5));
    MUST(polysock_getsockname(listener, &own));
    snprintf(port, sizeof port, "%u", polysock_addr_port(&own));
    MUST(polysock_create_connection(&client, "127.0.0.1", port, 10000));
    MUST(polysock_accept(listener, &server, &peer, 10000));
    MUST(polysock_getsockname(client, &own));
    CHECK(polysock_addr_equal(&peer, &own));
    MUST(polysock_addr_ip(&peer, buf, sizeof buf));
    CHECK_TEXT(buf, "127.0.0.1");
    CHECK_IS(polysock_addr_unmap(&plain, &peer), 0);
    CHECK_IS(polysock_addr_family(&plain), AF_INET);
    CHECK_IS(polysock_addr_unmap(&peer, &peer), 0);
    CHECK(memcmp(&peer, &own, sizeof peer) == 0);
    CHECK_IS(polysock_addr_unmap(&peer, NULL), POLYSOCK_EINVAL);
    polysock_free(client);
    polysock_free(server);
    polysock_free(listener);
    CHECK_IS(polysock_create_server(&listener, NULL, NULL, 5), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "create_server: getaddrinfo: service must follow the host, as in host:80");
}

/* Whatever bytes a name has, its text is read as the same name. */
TEST(unix_names_as_text)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    polysock_addr a, b;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    memset(un.sun_path, 0xff, sizeof un.sun_path);
    for (int i = 0; i < 2; i++) {
        MUST(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&un, sizeof un));
        CHECK(polysock_addr_format(&a, text, sizeof text) > 0);
        CHECK_IS(polysock_addr_parse(&b, text, 0), 0);
        CHECK(memcmp(&a, &b, sizeof a) == 0);
        un.sun_path[0] = 0, un.sun_path[50] = 0, un.sun_path[107] = 0;
    }
    MUST(polysock_addr_parse(&a, "unix:@a%00b%1b", 0));
    CHECK(a.length == 2 + 5 && memcmp(a.bytes + 2, "\0a\0b\x1b", 5) == 0);
}

static void talk(const char *name)
{
    polysock_t *listener, *client, *server;
    polysock_credentials who = {0, 0, 0};
    char byte = 0;
    MUST(polysock_create_server(&listener, name, NULL, 5));
    CHECK_IS(polysock_create_server(&client, name, NULL, 5), POLYSOCK_EADDRINUSE);
    CHECK(strstr(polysock_last_detail(), name) != NULL);
    MUST(polysock_create_connection(&client, name, NULL, 10000));
    MUST(polysock_accept(listener, &server, NULL, 10000));
    MUST(polysock_sendall(client, "x", 1, NULL, 10000));
    MUST(polysock_recv_exact(server, &byte, 1, NULL, 10000));
    CHECK_IS(polysock_get_peercred(server, &who), 0);
    CHECK(who.pid == getpid() && who.uid == getuid() && who.gid == getgid());
    polysock_free(client);
    polysock_free(server);
    polysock_free(listener);
    CHECK_IS(polysock_create_connection(&client, name, "80", 10000), POLYSOCK_EINVAL);
    CHECK(strstr(polysock_last_detail(), "port must be 0") != NULL);
}

TEST(unix_addresses_by_name)
{
    char path[] = "/tmp/polysock-XXXXXX", name[64];
    polysock_t *s;
    MUST(mkdtemp(path) == NULL ? -1 : 0);
    snprintf(name, sizeof name, "unix:%s/socket", path);
    talk(name);
    CHECK_IS(polysock_create_connection(&s, name, NULL, 10000), POLYSOCK_ECONNREFUSED);
    unlink(name + 5);
    CHECK_IS(polysock_create_connection(&s, name, NULL, 10000), POLYSOCK_ENOENT);
    CHECK(strstr(polysock_last_detail(), name) != NULL);
    rmdir(path);
    snprintf(name, sizeof name, "unix:@%s", path + 1); /* random: process numbers repeat where a network is shared */
    talk(name);
    CHECK_IS(polysock_create_server(&s, "unix:/a%00b", NULL, 5), POLYSOCK_EINVAL);
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    polysock_credentials who;
    CHECK_IS(polysock_get_peercred(s, &who), POLYSOCK_EUNSUPPORTED);
    polysock_free(s);
    MUST(polysock_socket(&s, POLYSOCK_AF_UNIX, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_get_peercred(s, &who), POLYSOCK_ENOTCONN);
    polysock_free(s);
}

TEST(disconnect)
{
    polysock_t *s, *one;
    polysock_addr a, b, back;
    char byte;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0));
    MUST(polysock_socket(&one, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0));
    MUST(polysock_addr_parse(&back, "127.0.0.1:0", 0));
    MUST(polysock_bind(s, &back));
    MUST(polysock_bind(one, &back));
    MUST(polysock_getsockname(s, &back));
    MUST(polysock_getsockname(one, &a));
    MUST(polysock_connect(s, &a, 1000));
    MUST(polysock_getpeername(s, &b));
    CHECK_IS(polysock_disconnect(s), 0);
    CHECK_IS(polysock_getpeername(s, &b), POLYSOCK_ENOTCONN);
    CHECK_IS(polysock_sendto(s, "x", 1, 0, &a, 1000), 1);
    CHECK_IS(polysock_recvfrom(one, &byte, 1, 0, &b, NULL, 10000), 1);
    polysock_free(one);
    polysock_free(s);
    CHECK_IS(polysock_disconnect(NULL), POLYSOCK_EINVAL);
}

TEST(sockaddr_there_and_back)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(81), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/path"};
    struct sockaddr_storage big = {.ss_family = AF_INET};
    polysock_addr a, b;
    size_t len = 0;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&in, sizeof in), 0);
    MUST(polysock_addr_parse(&b, "127.0.0.1:80", 0));
    CHECK(polysock_addr_equal(&a, &b));
    const struct sockaddr *lent = polysock_addr_sockaddr(&a, &len);
    CHECK(lent == (const void *)a.bytes && len == sizeof in && memcmp(lent, &in, len) == 0);
    CHECK((uintptr_t)lent % 8 == 0);
    CHECK(polysock_addr_sockaddr(&a, NULL) == lent);
    CHECK(polysock_addr_sockaddr(NULL, &len) == NULL);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6), 0);
    CHECK_IS(polysock_addr_port(&a), 81);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&un, sizeof un), 0);
    /* Truncated and oversized ones leave the target alone. */
    a = untouched;
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&in, sizeof in - 1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6 - 1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&un, 1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&un, 0), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&big, 129), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&big, SIZE_MAX), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_from_sockaddr(&a, NULL, 16), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_from_sockaddr(NULL, (struct sockaddr *)&in, sizeof in), POLYSOCK_EINVAL);
    CHECK(memcmp(&a, &untouched, sizeof a) == 0);
    CHECK_IS(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&big, sizeof big), 0);
}

TEST(foreign_families_pass_through)
{
    struct sockaddr_storage foreign = {.ss_family = 99};
    char *bytes = (char *)&foreign, text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_addr a;
    size_t len;
    for (int i = 2; i < 12; i++)
        bytes[i] = (char)(0xf0 + i);
    MUST(polysock_addr_from_sockaddr(&a, (struct sockaddr *)&foreign, 12));
    CHECK_IS(polysock_addr_family(&a), 99);
    CHECK_IS(polysock_addr_port(&a), 0);
    const struct sockaddr *back = polysock_addr_sockaddr(&a, &len);
    CHECK(len == 12 && memcmp(back, &foreign, 12) == 0);
    CHECK(polysock_addr_format(&a, text, sizeof text) > 0);
    CHECK_TEXT(text, "family99:f2f3f4f5f6f7f8f9fafb");
}

TEST(broken_values_are_refused)
{
    polysock_addr a = untouched, none = {.length = 0};
    polysock_t *s;
    char buf[64];
    a.length = 129;
    CHECK_IS(polysock_addr_format(&a, buf, sizeof buf), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_family(&a), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_port(&a), 0);
    CHECK(!polysock_addr_equal(&a, &a));
    a.length = UINT64_MAX;
    CHECK_IS(polysock_addr_ip(&a, buf, sizeof buf), POLYSOCK_EINVAL);
    CHECK(polysock_addr_sockaddr(&a, NULL) == NULL);
    CHECK_IS(polysock_addr_family(&none), POLYSOCK_AF_UNSPEC);
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_bind(s, &a), POLYSOCK_EINVAL);
    CHECK_IS(polysock_connect(s, &a, 1000), POLYSOCK_EINVAL);
    CHECK_IS(polysock_bind(s, &none), POLYSOCK_EINVAL);
    CHECK_IS(polysock_connect(s, &none, 1000), POLYSOCK_EINVAL);
    polysock_free(s);
}

TEST(look_ups)
{
    polysock_addr found[4], expected;
    found[0] = untouched;
    CHECK_IS(polysock_getaddrinfo("127.0.0.1", "80", AF_UNSPEC, SOCK_STREAM, 0, NULL, 0), 1);
    CHECK_IS(polysock_getaddrinfo("127.0.0.1", "80", AF_UNSPEC, SOCK_STREAM, 0, found, 4), 1);
    MUST(polysock_addr_parse(&expected, "127.0.0.1:80", 0));
    CHECK(polysock_addr_equal(&found[0], &expected));
    CHECK_IS(polysock_getaddrinfo(NULL, "80", AF_INET6, SOCK_STREAM, 0, found, 4), 1);
    MUST(polysock_addr_parse(&expected, "[::1]:80", 0));
    CHECK(polysock_addr_equal(&found[0], &expected));
    /* One a type, and no more are written than there is room for. */
    found[1] = untouched;
    CHECK(polysock_getaddrinfo("127.0.0.1", NULL, AF_INET, 0, 0, found, 1) >= 2);
    CHECK(memcmp(&found[1], &untouched, sizeof untouched) == 0);
    /* musl's resolver has fewer codes. */
#ifdef __GLIBC__
    const int other_family = POLYSOCK_EAI_ADDRFAMILY, unknown_type = POLYSOCK_EAI_SOCKTYPE;
#else
    const int other_family = POLYSOCK_EAI_NONAME, unknown_type = POLYSOCK_EAI_SERVICE;
#endif
    CHECK_IS(polysock_getaddrinfo("::1", "80", AF_INET, SOCK_STREAM, 4 /* AI_NUMERICHOST */, found, 4), other_family);
    CHECK_IS(polysock_getaddrinfo("no number", "80", AF_INET, SOCK_STREAM, 4, found, 4), POLYSOCK_EAI_NONAME);
    CHECK(strstr(polysock_last_detail(), "no number") != NULL);
    CHECK_IS(polysock_getaddrinfo(NULL, NULL, AF_INET, SOCK_STREAM, 0, found, 4), POLYSOCK_EINVAL);
    CHECK_IS(polysock_getaddrinfo("::1", "80", AF_INET6, SOCK_STREAM, 0, NULL, 4), POLYSOCK_EINVAL);
    /* No port is taken for another one. */
    CHECK_IS(polysock_getaddrinfo("127.0.0.1", "65616", AF_INET, SOCK_STREAM, 0, found, 4), POLYSOCK_EAI_SERVICE);
    CHECK_IS(polysock_addr_parse(&expected, "127.0.0.1", 65616), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_parse(&expected, "127.0.0.1", -1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_parse(&expected, "127.0.0.1:65616", 0), POLYSOCK_EINVAL);
    CHECK_IS(polysock_getaddrinfo("::1", "80", AF_INET6, 77, 0, found, 4), unknown_type);
    CHECK_IS(polysock_getaddrinfo("::1", "80", AF_INET6, SOCK_STREAM, -1, found, 4), POLYSOCK_EAI_BADFLAGS);
}

int main(void)
{
    RUN(text);
    RUN(buffers_too_small);
    RUN(parts);
    RUN(scopes);
    RUN(an_ipv4_peer_is_one_address);
    RUN(unix_names_as_text);
    RUN(unix_addresses_by_name);
    RUN(disconnect);
    RUN(sockaddr_there_and_back);
    RUN(foreign_families_pass_through);
    RUN(broken_values_are_refused);
    RUN(look_ups);
    return report();
}
