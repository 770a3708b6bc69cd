/* Messages to and from Java's own DataInputStream and DataOutputStream, where there is a JDK (conformance/vectors/Frames.java). */
#include "harness.h"

static bool has_jdk(void)
{
    return system("command -v java >/dev/null && command -v javac >/dev/null") == 0;
}

static pid_t start_java(int port)
{
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    pid_t child = fork();
    if (child == 0) {
        execlp("java", "java", "-XX:TieredStopAtLevel=1", FRAMES_JAVA, "echo", text, (char *)NULL);
        _exit(127);
    }
    return child;
}

TEST(java_sends_every_message_back)
{
    enum { LONG = 1 << 20 };
    polysock_addr a;
    polysock_t *listener, *s;
    polysock_reader *reader;
    char *large;
    const void *frame;
    if (!has_jdk()) {
        skip("messages to and from Java's DataInputStream and DataOutputStream", "a JDK");
        return;
    }
    listener = make_listener("127.0.0.1", &a);
    large = malloc(LONG);
    for (size_t i = 0; i < LONG; i++)
        large[i] = (char)(i + i / 251);
    const polysock_frame messages[] = {{"hello", 5}, {"", 0}, {"\0\377\r\n", 4}, {large, LONG}, {"last", 4}};
    pid_t java = start_java(polysock_addr_port(&a));
    MUST(polysock_accept(listener, &s, NULL, 60000));
    MUST(polysock_reader_new(&reader, s, NULL));
    for (size_t round = 0; round < 2; round++) {
        CHECK_IS(polysock_send_frames(s, messages, 5, NULL, NULL, 20000), 0);
        for (size_t i = 0; i < 5; i++)
            if (CHECK_IS(polysock_reader_frame(reader, &frame, 20000), messages[i].len))
                CHECK(memcmp(frame, messages[i].data, messages[i].len) == 0);
    }
    CHECK_IS(polysock_shutdown(s, POLYSOCK_SHUT_WR), 0);
    CHECK_IS(polysock_reader_frame(reader, &frame, 20000), POLYSOCK_EEOF);
    CHECK_IS(wait_child(java), 0);
    polysock_reader_free(reader);
    polysock_free(s);
    polysock_free(listener);
    free(large);
}

int main(void)
{
    RUN(java_sends_every_message_back);
    return report();
}
