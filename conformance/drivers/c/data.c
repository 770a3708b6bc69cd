/* Sending and receiving. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

int do_send(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    size_t count;
    if (s == NULL)
        return 0;
    unsigned char *bytes = payload(r->args[2], &count);
    if (bytes == NULL)
        return malformed(r, "payload");
    ssize_t n = polysock_send(s, bytes, count, r->flags, r->timeout_ms);
    free(bytes);
    return n < 0 ? error_of(r, n) : answer(r, "ok n=%zd", n);
}

int do_sendall(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    size_t count, done = 0;
    if (s == NULL)
        return 0;
    unsigned char *bytes = payload(r->args[2], &count);
    if (bytes == NULL)
        return malformed(r, "payload");
    int code = polysock_sendall(s, bytes, count, &done, r->timeout_ms);
    free(bytes);
    return code < 0 ? error_after(r, code, done) : answer(r, "ok n=%zu", done);
}

static bool parse_count(struct request *r, const char *text, long *count)
{
    if (parse_number(text, count) && *count >= 0 && *count <= MAX_PAYLOAD)
        return true;
    malformed(r, "count");
    return false;
}

int do_recv(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    long count;
    if (s == NULL || !parse_count(r, r->args[2], &count))
        return 0;
    unsigned char *bytes = allocate((size_t)count);
    ssize_t n = polysock_recv(s, bytes, (size_t)count, r->flags, r->timeout_ms);
    if (n < 0)
        error_of(r, n);
    else
        received(r, bytes, (size_t)n);
    free(bytes);
    return 0;
}

int do_sendto(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_addr to;
    size_t count;
    if (s == NULL || !address(r, 3, &to))
        return 0;
    unsigned char *bytes = payload(r->args[2], &count);
    if (bytes == NULL)
        return malformed(r, "payload");
    ssize_t n = polysock_sendto(s, bytes, count, r->flags, &to, r->timeout_ms);
    free(bytes);
    return n < 0 ? error_of(r, n) : answer(r, "ok n=%zd", n);
}

int do_recvfrom(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_addr from;
    char data[256];
    int flags;
    long count;
    if (s == NULL || !parse_count(r, r->args[2], &count))
        return 0;
    unsigned char *bytes = allocate((size_t)count);
    ssize_t n = polysock_recvfrom(s, bytes, (size_t)count, r->flags, &from, &flags, r->timeout_ms);
    if (n < 0) {
        error_of(r, n);
    } else {
        received(r, bytes, (size_t)n);
        snprintf(data, sizeof data, "%.200s", r->answer + 3);
        answer_address(r, &from);
        size_t end = strlen(r->answer);
        snprintf(r->answer + end, sizeof r->answer - end, " %s%s", data,
                 !r->trunc ? "" : flags & POLYSOCK_MSG_TRUNC ? " trunc=on" : " trunc=off");
    }
    free(bytes);
    return 0;
}

int do_next_length(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    const int peek = POLYSOCK_MSG_PEEK | POLYSOCK_MSG_TRUNC;
    unsigned char byte;
    ssize_t n;
    if (s == NULL)
        return 0;
    if (strcmp(r->args[2], "recvfrom") == 0)
        n = polysock_recvfrom(s, &byte, 1, peek, NULL, NULL, r->timeout_ms);
    else
        n = polysock_recv(s, &byte, 1, peek, r->timeout_ms);
    return n < 0 ? error_of(r, n) : answer(r, "ok n=%zd", n);
}

int do_recv_exact(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    size_t done = 0;
    long count;
    if (s == NULL || !parse_count(r, r->args[2], &count))
        return 0;
    unsigned char *bytes = allocate((size_t)count);
    int code = polysock_recv_exact(s, bytes, (size_t)count, &done, r->timeout_ms);
    if (code < 0)
        error_after(r, code, done);
    else
        received(r, bytes, done);
    free(bytes);
    return 0;
}

int do_collect(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    long limit = MAX_PAYLOAD;
    if (s == NULL || (strcmp(r->args[2], "all") != 0 && !parse_count(r, r->args[2], &limit)))
        return 0;
    unsigned char *bytes = allocate((size_t)limit);
    size_t done = 0;
    ssize_t n = 1;
    while (done < (size_t)limit && n > 0) {
        size_t left = (size_t)limit - done;
        n = polysock_recv(s, bytes + done, left < CHUNK ? left : CHUNK, 0, POLYSOCK_DEFAULT);
        if (n > 0)
            done += (size_t)n;
    }
    if (n < 0)
        error_after(r, n, done);
    else
        received(r, bytes, done);
    free(bytes);
    return 0;
}

int do_fill(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    size_t done = 0;
    if (s == NULL)
        return 0;
    while (done < 64 << 20) {
        unsigned char *bytes = pattern(CHUNK, done);
        ssize_t n = polysock_send(s, bytes, CHUNK, 0, 0);
        free(bytes);
        if (n == POLYSOCK_EAGAIN)
            return answer(r, "ok n=%zu", done);
        if (n < 0)
            return error_of(r, n);
        done += (size_t)n;
    }
    return malformed(r, "never full");
}
