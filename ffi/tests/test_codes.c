/* Codes, their names and texts, and the words of the last failure. */
#include "harness.h"

TEST(numbers_are_pinned)
{
    CHECK_IS(POLYSOCK_EAGAIN, -11);
    CHECK_IS(POLYSOCK_EINVAL, -22);
    CHECK_IS(POLYSOCK_EPIPE, -32);
    CHECK_IS(POLYSOCK_ETIMEDOUT, -110);
    CHECK_IS(POLYSOCK_ECONNREFUSED, -111);
    CHECK_IS(POLYSOCK_ECLOSED, -1000);
    CHECK_IS(POLYSOCK_EEOF, -1001);
    CHECK_IS(POLYSOCK_ETRUNCATED, -1002);
    CHECK_IS(POLYSOCK_EPANIC, -1003);
    CHECK_IS(POLYSOCK_EUNSUPPORTED, -1004);
    CHECK_IS(POLYSOCK_EAI_NONAME, -2002);
    CHECK_IS(POLYSOCK_INFINITE, -1);
    CHECK_IS(POLYSOCK_DEFAULT, -2);
    CHECK_IS(POLYSOCK_LINGER_OFF, -1);
}

/* Every line of codes.txt: "NAME NUMBER". */
TEST(names_of_all)
{
    char name[64], reversed[64];
    int code, seen = 0;
    FILE *file = fopen(CODES, "r");
    if (!CHECK(file != NULL))
        return;
    while (fscanf(file, "%63s %d", name, &code) == 2) {
        CHECK_TEXT(polysock_err_name(code), name);
        CHECK(strlen(polysock_strerror(code)) > 4);
        CHECK(strcmp(polysock_strerror(code), "unknown error") != 0);
        if (code > -1000) {
            snprintf(reversed, sizeof reversed, "%s", polysock_err_name(polysock_from_errno(polysock_errno_of(code))));
            CHECK_TEXT(reversed, name);
            /* On Linux the numbers are errno's own, and so are the texts. */
            CHECK_IS(polysock_errno_of(code), -code);
            CHECK_TEXT(polysock_strerror(code), strerror(-code));
        }
        seen++;
    }
    fclose(file);
    CHECK(seen > 140);
}

TEST(numbers_that_are_no_codes)
{
    CHECK_TEXT(polysock_err_name(0), "OK");
    CHECK_TEXT(polysock_err_name(17), "OK");
    CHECK_TEXT(polysock_err_name(-999), "UNKNOWN");
    CHECK_TEXT(polysock_err_name(-2147483647 - 1), "UNKNOWN");
    CHECK_TEXT(polysock_strerror(-99999), "unknown error");
    CHECK_IS(polysock_errno_of(-99999), 0);
    CHECK_IS(polysock_errno_of(POLYSOCK_EEOF), 0);
    CHECK_IS(polysock_errno_of(POLYSOCK_EAI_NONAME), 0);
    CHECK_IS(polysock_errno_of(POLYSOCK_ECLOSED), EBADF);
    CHECK_IS(polysock_errno_of(POLYSOCK_EUNSUPPORTED), EOPNOTSUPP);
    CHECK_IS(polysock_from_errno(0), 0);
    CHECK_IS(polysock_from_errno(EWOULDBLOCK), POLYSOCK_EAGAIN);
    CHECK_IS(polysock_from_errno(524), -524); /* ENOTSUPP: the kernel's own, leaked at times */
    CHECK_IS(polysock_from_errno(100000), POLYSOCK_EOTHER);
    CHECK_IS(polysock_from_errno(-5), POLYSOCK_EINVAL);
}

TEST(version)
{
    char text[32];
    unsigned version = polysock_version();
    snprintf(text, sizeof text, "%u.%u.%u", version >> 16, version >> 8 & 255, version & 255);
    CHECK_TEXT(polysock_version_string(), text);
    CHECK_IS(version, POLYSOCK_VERSION);
}

static void look_at_detail(void *argument)
{
    *(bool *)argument = *polysock_last_detail() == '\0';
}

TEST(detail_says_what_where_and_belongs_to_its_thread)
{
    polysock_addr a;
    polysock_t *s, *listener = make_listener("127.0.0.1", &a);
    char text[POLYSOCK_ADDR_TEXT_SIZE], expected[POLYSOCK_ADDR_TEXT_SIZE + 64];
    CHECK(polysock_addr_format(&a, text, sizeof text) > 0);
    polysock_free(listener);

    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_connect(s, &a, 10000), POLYSOCK_ECONNREFUSED);
    snprintf(expected, sizeof expected, "connect %s: Connection refused (os error 111)", text);
    CHECK_TEXT(polysock_last_detail(), expected);
    const char *first = polysock_last_detail();
    CHECK(first == polysock_last_detail());

    struct worker worker;
    bool empty = false;
    start(&worker, look_at_detail, &empty);
    join(&worker);
    CHECK(empty);
    CHECK_TEXT(polysock_last_detail(), expected);

    CHECK_IS(polysock_recv(s, text, 1, 0, -3), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "recv: timeout_ms is below POLYSOCK_DEFAULT (-2)");
    CHECK_IS(polysock_set_timeout(s, -1, -9), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "set_timeout: send_ms is below POLYSOCK_DEFAULT (-2)");
    CHECK_IS(polysock_set_keepalive(s, true, 40000, 0, 0), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "set_keepalive: setsockopt: invalid keepalive idle");
    CHECK_IS(polysock_close(NULL), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "close: s is NULL");
    polysock_free(s);

    CHECK_IS(polysock_create_connection(&s, "127.0.0.1", expected + 18, 1000) < 0, 1);
    snprintf(text, sizeof text, "%u", polysock_addr_port(&a));
    CHECK_IS(polysock_create_connection(&s, "127.0.0.1", text, 1000), POLYSOCK_ECONNREFUSED);
    CHECK(strstr(polysock_last_detail(), "1 address tried") != NULL);
}

int main(void)
{
    RUN(numbers_are_pinned);
    RUN(names_of_all);
    RUN(numbers_that_are_no_codes);
    RUN(version);
    RUN(detail_says_what_where_and_belongs_to_its_thread);
    return report();
}
