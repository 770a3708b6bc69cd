/* Messages as other programs put them on the wire (conformance/vectors/frames.txt): the same bytes out, the same messages in. */
#include "harness.h"

enum { MOST_MESSAGES = 16, ROOM = 1 << 18 };

struct vector {
    char name[64];
    polysock_framing framing;
    polysock_frame messages[MOST_MESSAGES];
    size_t count;
    unsigned char wire[ROOM];
    size_t wire_len;
    unsigned char memory[ROOM]; /* of the messages */
};

static unsigned char hex_digit(char digit)
{
    return (unsigned char)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Writes what a word stands for, and returns how many bytes that is. */
static size_t expand(const char *word, unsigned char *to)
{
    if (strcmp(word, "-") == 0)
        return 0;
    if (strncmp(word, "pattern:", 8) == 0) {
        size_t length = strtoul(word + 8, NULL, 10);
        for (size_t i = 0; i < length; i++)
            to[i] = (unsigned char)(i + i / 251);
        return length;
    }
    for (size_t i = 0; word[2 * i] != '\0'; i++)
        to[i] = (unsigned char)(hex_digit(word[2 * i]) << 4 | hex_digit(word[2 * i + 1]));
    return strlen(word) / 2;
}

static void set_framing(polysock_framing *f, const char *word)
{
    memset(f, 0, sizeof *f);
    if (word[0] == 'u') {
        f->bits = atoi(word + 1);
        f->byte_order = strstr(word, "le") == NULL ? POLYSOCK_BIG_ENDIAN : POLYSOCK_LITTLE_ENDIAN;
    } else if (strcmp(word, "varint") == 0) {
        f->kind = POLYSOCK_FRAMING_VARINT;
    } else if (strcmp(word, "lines") == 0) {
        f->kind = POLYSOCK_FRAMING_LINES;
    } else if (strncmp(word, "fixed:", 6) == 0) {
        f->kind = POLYSOCK_FRAMING_FIXED;
        f->fixed_size = strtoul(word + 6, NULL, 10);
    } else if (strncmp(word, "delim:", 6) == 0) {
        f->kind = POLYSOCK_FRAMING_DELIMITER;
        f->delimiter_len = (int)expand(word + 6, f->delimiter);
    } else {
        fail(__FILE__, __LINE__, word);
    }
}

static void read_vector(struct vector *v, char *line)
{
    unsigned char *memory = v->memory;
    bool in_wire = false;
    char *rest, *word = strtok_r(line, " \n", &rest);
    snprintf(v->name, sizeof v->name, "%s", word);
    set_framing(&v->framing, strtok_r(NULL, " \n", &rest));
    v->count = v->wire_len = 0;
    while ((word = strtok_r(NULL, " \n", &rest)) != NULL) {
        if (strcmp(word, "=") == 0) {
            in_wire = true;
        } else if (in_wire) {
            v->wire_len += expand(word, v->wire + v->wire_len);
        } else {
            v->messages[v->count] = (polysock_frame){memory, expand(word, memory)};
            memory += v->messages[v->count++].len;
        }
    }
}

struct sending {
    polysock_t *s;
    const struct vector *vector;
};

static void send_messages(void *argument)
{
    struct sending *sending = argument;
    const struct vector *v = sending->vector;
    CHECK_IS(polysock_send_frames(sending->s, v->messages, v->count, NULL, &v->framing, 20000), 0);
    polysock_close(sending->s);
}

static void send_wire(void *argument)
{
    struct sending *sending = argument;
    CHECK_IS(polysock_sendall(sending->s, sending->vector->wire, sending->vector->wire_len, NULL, 20000), 0);
    polysock_close(sending->s);
}

static void check_sent(polysock_t *s, const struct vector *v)
{
    static unsigned char sent[ROOM];
    CHECK_IS(polysock_recv_exact(s, sent, v->wire_len, NULL, 20000), 0);
    if (memcmp(sent, v->wire, v->wire_len) != 0)
        fail(__FILE__, __LINE__, v->name);
    CHECK_IS(polysock_recv(s, sent, 1, 0, 20000), 0);
}

static void check_received(polysock_t *s, const struct vector *v)
{
    polysock_reader *reader;
    polysock_frame frames[4];
    size_t at = 0;
    ssize_t n;
    MUST(polysock_reader_new(&reader, s, &v->framing));
    while ((n = polysock_reader_frames(reader, frames, 4, 20000)) > 0)
        for (ssize_t i = 0; i < n; i++, at++)
            if (at >= v->count || frames[i].len != v->messages[at].len ||
                memcmp(frames[i].data, v->messages[at].data, frames[i].len) != 0)
                fail(__FILE__, __LINE__, v->name);
    CHECK_IS(n, POLYSOCK_EEOF);
    CHECK_IS(at, v->count);
    polysock_reader_free(reader);
}

static int for_each_vector(void (*send)(void *), void (*check)(polysock_t *, const struct vector *))
{
    static struct vector v;
    char line[8192];
    int count = 0;
    FILE *file = fopen(VECTORS, "r");
    if (!CHECK(file != NULL))
        return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        polysock_t *a, *b;
        struct worker worker;
        if (line[0] == '#' || line[0] == '\n')
            continue;
        read_vector(&v, line);
        MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
        struct sending sending = {a, &v};
        start(&worker, send, &sending);
        check(b, &v);
        join(&worker);
        polysock_free(a);
        polysock_free(b);
        count++;
    }
    fclose(file);
    return count;
}

TEST(sends_the_bytes_that_other_programs_send) { CHECK(for_each_vector(send_messages, check_sent) > 20); }
TEST(receives_the_messages_that_other_programs_send) { CHECK(for_each_vector(send_wire, check_received) > 20); }

int main(void)
{
    RUN(sends_the_bytes_that_other_programs_send);
    RUN(receives_the_messages_that_other_programs_send);
    return report();
}
