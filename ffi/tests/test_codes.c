/* Codes, their names and texts, and the description of the last failure. */
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
    CHECK_IS(POLYSOCK_ECONNTIMEDOUT, -1006);
    CHECK_IS(POLYSOCK_EAI_NONAME, -2002);
    CHECK_IS(POLYSOCK_INFINITE, -1);
    CHECK_IS(POLYSOCK_DEFAULT, -2);
    CHECK_IS(POLYSOCK_LINGER_OFF, -1);
}

/* Every line of codes.txt: "NAME NUMBER". */
TEST(every_code_has_a_name_and_text)
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
            /* On Linux the numbers are errno's own. The texts are glibc's, but for that of our time limits. */
            CHECK_IS(polysock_errno_of(code), -code);
#ifdef __GLIBC__
            if (code != POLYSOCK_ETIMEDOUT)
                CHECK_TEXT(polysock_strerror(code), strerror(-code));
#endif
        }
        seen++;
    }
    fclose(file);
    CHECK(seen > 140);
}

TEST(numbers_without_a_code)
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
    CHECK_IS(polysock_errno_of(POLYSOCK_ECONNTIMEDOUT), ETIMEDOUT);
    CHECK_TEXT(polysock_strerror(POLYSOCK_ECONNTIMEDOUT), "Connection timed out");
    CHECK_IS(polysock_from_errno(0), 0);
    CHECK_IS(polysock_from_errno(EWOULDBLOCK), POLYSOCK_EAGAIN);
    /* Numbers without a name, such as ENOTSUPP, which the kernel returns by mistake at times, come back unchanged. */
    CHECK_IS(polysock_from_errno(524), -524);
    CHECK_IS(polysock_errno_of(-524), 524);
    CHECK_IS(polysock_errno_of(polysock_from_errno(41)), 41);
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

TEST(a_description_names_call_and_address_and_belongs_to_its_thread)
{
    polysock_addr a;
    polysock_t *s, *listener = make_listener("127.0.0.1", &a);
    char text[POLYSOCK_ADDR_TEXT_SIZE], expected[POLYSOCK_ADDR_TEXT_SIZE + 64];
    CHECK(polysock_addr_format(&a, text, sizeof text) > 0);
    polysock_free(listener);

    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_connect(s, &a, 10000), POLYSOCK_ECONNREFUSED);
    snprintf(expected, sizeof expected, "connect %s: Connection refused", text);
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
    CHECK_TEXT(polysock_last_detail(), "set_keepalive: keepalive idle must be 1 to 32767 s, not 40000");
    CHECK_IS(polysock_close(NULL), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "close: s is NULL");
    polysock_free(s);

    CHECK_IS(polysock_create_connection(&s, "127.0.0.1", expected + 18, 1000) < 0, 1);
    snprintf(text, sizeof text, "%u", polysock_addr_port(&a));
    CHECK_IS(polysock_create_connection(&s, "127.0.0.1", text, 1000), POLYSOCK_ECONNREFUSED);
    snprintf(expected, sizeof expected, "create_connection 127.0.0.1:%s: Connection refused", text);
    CHECK_TEXT(polysock_last_detail(), expected);
}

/* No word of ours twice, the range with its unit, the time that passed, and of a caller's text only so much. */
TEST(details_are_whole_and_safe_to_print)
{
    static char host[70000];
    polysock_t *s, *pair[2];
    polysock_control *control;
    polysock_iovec part = {host, 1};
    polysock_msg m = POLYSOCK_MSG_INITIALIZER;
    int fds[254], i;
    char byte;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    CHECK_IS(polysock_set_ttl(s, 256), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "set_ttl: ttl must be 1 to 255, not 256");
    CHECK_IS(polysock_set_linger(s, 65536), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "set_linger: linger must be 0 to 65535 s, not 65536");
    CHECK_IS(polysock_listen(s, -1), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "listen: backlog must be 0 to 2147483647, not -1");
    polysock_free(s);
    CHECK_IS(polysock_create_server(&s, "127.0.0.1", "0", -1), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "create_server: backlog must be 0 to 2147483647, not -1");
    CHECK_IS(polysock_create_connection(&s, "127.0.0.1", "65536", 1000), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(),
               "create_connection: getaddrinfo 65536: service must be a name or a number from 0 to 65535");

    MUST(polysock_create_server(&s, "127.0.0.1", "0", 5));
    CHECK_IS(polysock_accept(s, &pair[0], NULL, 20), POLYSOCK_ETIMEDOUT);
    CHECK_TEXT(polysock_last_detail(), "accept: timed out after 20 ms");
    MUST(polysock_set_timeout(s, 15, POLYSOCK_INFINITE));
    CHECK_IS(polysock_accept(s, &pair[0], NULL, POLYSOCK_DEFAULT), POLYSOCK_ETIMEDOUT);
    CHECK_TEXT(polysock_last_detail(), "accept: timed out after 15 ms");
    polysock_free(s);

    MUST(polysock_socketpair(&pair[0], &pair[1], POLYSOCK_SOCK_STREAM));
    CHECK_IS(polysock_recv_exact(pair[0], &byte, 1, NULL, 10), POLYSOCK_ETIMEDOUT);
    CHECK_TEXT(polysock_last_detail(), "recv_exact: timed out after 10 ms");
    MUST(polysock_net_set_so_timeout(pair[0], 12));
    CHECK_IS(polysock_net_read(pair[0], &byte, 1), POLYSOCK_ETIMEDOUT);
    CHECK_TEXT(polysock_last_detail(), "net_read: timed out after 12 ms");
    MUST(polysock_control_new(&control, 0));
    for (i = 0; i < 254; i++)
        fds[i] = 0;
    MUST(polysock_control_add_fds(control, fds, 254));
    m.iov = &part, m.iov_count = 1, m.control = control;
    CHECK_IS(polysock_sendmsg(pair[0], &m, 0, 1000), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "sendmsg 254 descriptors: Invalid argument: a message takes at most 253 descriptors");
    polysock_control_free(control);
    polysock_free(pair[0]);
    polysock_free(pair[1]);

    memset(host, 'x', sizeof host - 1);
    CHECK(polysock_create_connection(&s, host, "80", 1000) < 0);
    CHECK(strlen(polysock_last_detail()) < 1000 && strstr(polysock_last_detail(), "xxx...") != NULL);
    CHECK(polysock_create_connection(&s, "\x1b[2J\r\nLOG: all is well", "80", 10000) < 0);
    for (const char *c = polysock_last_detail(); *c != '\0'; c++)
        CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
    CHECK(strstr(polysock_last_detail(), "\\x1b[2J\\x0d\\x0aLOG") != NULL);
    CHECK_IS(polysock_create_connection(&s, host, host, 1000), POLYSOCK_EAI_SERVICE);
    CHECK(strlen(polysock_last_detail()) < 1000);
    CHECK_IS(polysock_create_connection(&s, host, NULL, 1000), POLYSOCK_EINVAL);
    CHECK(strlen(polysock_last_detail()) < 1000);
}

static pthread_key_t late;
static char late_detail[256];

/* Runs when the thread's own destructors have run, the library's among them. */
static void fail_late(void *round)
{
    if (round < (void *)3) {
        pthread_setspecific(late, (char *)round + 1);
        return;
    }
    polysock_close(NULL);
    snprintf(late_detail, sizeof late_detail, "%s", polysock_last_detail());
}

static void leave_late(void *unused UNUSED)
{
    polysock_shutdown(NULL, 0);
    pthread_setspecific(late, (void *)1);
}

TEST(a_description_exists_even_when_the_thread_ends)
{
    struct worker worker;
    MUST(-pthread_key_create(&late, fail_late));
    start(&worker, leave_late, NULL);
    join(&worker);
    pthread_key_delete(late);
    CHECK_TEXT(late_detail, "close: s is NULL");
}

int main(void)
{
    RUN(numbers_are_pinned);
    RUN(every_code_has_a_name_and_text);
    RUN(numbers_without_a_code);
    RUN(version);
    RUN(a_description_names_call_and_address_and_belongs_to_its_thread);
    RUN(details_are_whole_and_safe_to_print);
    RUN(a_description_exists_even_when_the_thread_ends);
    return report();
}
