/* Adler-32, which Python has in its module zlib. */
#ifndef UPLOAD_CHECKSUM_H
#define UPLOAD_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what had the checksum `sum` and of the bytes that follow it; that of nothing is 1. */
static inline uint32_t adler32(uint32_t sum, const void *data, size_t n)
{
    const unsigned char *bytes = data;
    uint32_t a = sum & 0xffff, b = sum >> 16;
    for (size_t i = 0; i < n; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

#endif
