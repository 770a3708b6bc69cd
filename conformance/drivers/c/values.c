/* Numbers, payloads and what was received. */
#include "driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERIOD = 64256 };

void *allocate(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (memory == NULL)
        abort();
    return memory;
}

bool parse_number(const char *text, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

unsigned char *pattern(size_t count, size_t offset)
{
    unsigned char *bytes = allocate(count);
    for (size_t i = 0; i < count; i++) {
        size_t at = (offset + i) % PERIOD;
        bytes[i] = (unsigned char)(at + at / 251);
    }
    return bytes;
}

/* Memory of exactly the payload's size, so that a read beyond it is found. */
unsigned char *payload(const char *text, size_t *count)
{
    size_t length = strlen(text);
    if (strcmp(text, "-") == 0) {
        *count = 0;
        return allocate(0);
    }
    if (strncmp(text, "pattern:", 8) == 0) {
        char *at;
        size_t offset = 0;
        *count = strtoul(text + 8, &at, 10);
        if (*at == '@')
            offset = strtoul(at + 1, &at, 10);
        return *at == '\0' && *count <= MAX_PAYLOAD ? pattern(*count, offset) : NULL;
    }
    if (length % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != length)
        return NULL;
    *count = length / 2;
    unsigned char *bytes = allocate(*count);
    for (size_t i = 0; i < *count; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return bytes;
}

static unsigned adler32(const unsigned char *bytes, size_t count)
{
    unsigned a = 1, b = 0;
    for (size_t i = 0; i < count; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

void append_hex(struct request *r, const char *before, const unsigned char *bytes, size_t count)
{
    size_t end = strlen(r->answer);
    end += (size_t)snprintf(r->answer + end, sizeof r->answer - end, "%s%s", before, count == 0 ? "-" : "");
    for (size_t i = 0; i < count && end + 3 < sizeof r->answer; i++, end += 2)
        snprintf(r->answer + end, 3, "%02x", bytes[i]);
}

int received(struct request *r, const unsigned char *bytes, size_t count)
{
    if (count > 64)
        return answer(r, "ok n=%zu hash=%08x", count, adler32(bytes, count));
    answer(r, "ok n=%zu", count);
    append_hex(r, " data=", bytes, count);
    return 0;
}

static bool parse_delimiter(const char *text, polysock_framing *f)
{
    size_t count;
    unsigned char *bytes = payload(text, &count);
    if (bytes == NULL)
        return false;
    f->kind = POLYSOCK_FRAMING_DELIMITER;
    f->delimiter_len = (int)count;
    memcpy(f->delimiter, bytes, count < sizeof f->delimiter ? count : sizeof f->delimiter);
    free(bytes);
    return true;
}

bool parse_framing(const char *text, polysock_framing *f)
{
    static const struct { const char *name; int kind, bits, order; } names[] = {
        {"u8", POLYSOCK_FRAMING_LENGTH, 8, POLYSOCK_BIG_ENDIAN},      {"u16be", POLYSOCK_FRAMING_LENGTH, 16, POLYSOCK_BIG_ENDIAN},
        {"u16le", POLYSOCK_FRAMING_LENGTH, 16, POLYSOCK_LITTLE_ENDIAN}, {"u32be", POLYSOCK_FRAMING_LENGTH, 32, POLYSOCK_BIG_ENDIAN},
        {"u32le", POLYSOCK_FRAMING_LENGTH, 32, POLYSOCK_LITTLE_ENDIAN}, {"u64be", POLYSOCK_FRAMING_LENGTH, 64, POLYSOCK_BIG_ENDIAN},
        {"u64le", POLYSOCK_FRAMING_LENGTH, 64, POLYSOCK_LITTLE_ENDIAN}, {"varint", POLYSOCK_FRAMING_VARINT, 0, 0},
        {"lines", POLYSOCK_FRAMING_LINES, 0, 0},
    };
    long size;
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i].name) == 0) {
            f->kind = names[i].kind;
            f->bits = names[i].bits;
            f->byte_order = names[i].order;
            return true;
        }
    if (strncmp(text, "delim:", 6) == 0)
        return parse_delimiter(text + 6, f);
    f->kind = POLYSOCK_FRAMING_FIXED;
    if (strncmp(text, "fixed:", 6) != 0 || !parse_number(text + 6, &size))
        return false;
    f->fixed_size = (size_t)size;
    return true;
}
