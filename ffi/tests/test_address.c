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
    CHECK_IS(polysock_getaddrinfo("::1", "80", AF_INET, SOCK_STREAM, 4 /* AI_NUMERICHOST */, found, 4),
             POLYSOCK_EAI_ADDRFAMILY);
    CHECK_IS(polysock_getaddrinfo("no number", "80", AF_INET, SOCK_STREAM, 4, found, 4), POLYSOCK_EAI_NONAME);
    CHECK(strstr(polysock_last_detail(), "no number") != NULL);
    CHECK_IS(polysock_getaddrinfo(NULL, NULL, AF_INET, SOCK_STREAM, 0, found, 4), POLYSOCK_EINVAL);
    CHECK_IS(polysock_getaddrinfo("::1", "80", AF_INET6, SOCK_STREAM, 0, NULL, 4), POLYSOCK_EINVAL);
    /* No port is taken for another one. */
    CHECK_IS(polysock_getaddrinfo("127.0.0.1", "65616", AF_INET, SOCK_STREAM, 0, found, 4), POLYSOCK_EAI_SERVICE);
    CHECK_IS(polysock_addr_parse(&expected, "127.0.0.1", 65616), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_parse(&expected, "127.0.0.1", -1), POLYSOCK_EINVAL);
    CHECK_IS(polysock_addr_parse(&expected, "127.0.0.1:65616", 0), POLYSOCK_EINVAL);
    CHECK_IS(polysock_getaddrinfo("::1", "80", AF_INET6, 77, 0, found, 4), POLYSOCK_EAI_SOCKTYPE);
    CHECK_IS(polysock_getaddrinfo("::1", "80", AF_INET6, SOCK_STREAM, -1, found, 4), POLYSOCK_EAI_BADFLAGS);
}

int main(void)
{
    RUN(text);
    RUN(buffers_too_small);
    RUN(parts);
    RUN(sockaddr_there_and_back);
    RUN(foreign_families_pass_through);
    RUN(broken_values_are_refused);
    RUN(look_ups);
    return report();
}
