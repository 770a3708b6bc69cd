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

int received(struct request *r, const unsigned char *bytes, size_t count)
{
    char hex[129] = "-";
    if (count > 64)
        return answer(r, "ok n=%zu hash=%08x", count, adler32(bytes, count));
    for (size_t i = 0; i < count; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return answer(r, "ok n=%zu data=%s", count, hex);
}
