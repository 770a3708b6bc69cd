/* Messages in a stream. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MESSAGES = 256 };

int do_send_frame(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    size_t count;
    if (s == NULL)
        return 0;
    unsigned char *bytes = payload(r->args[2], &count);
    if (bytes == NULL)
        return malformed(r, "payload");
    int code = polysock_send_frame(s, bytes, count, &r->framing, r->timeout_ms);
    free(bytes);
    return ok_or_error(r, code);
}

int do_send_frames(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_frame frames[MOST_MESSAGES];
    unsigned char *bytes[MOST_MESSAGES];
    size_t count = 0, done = 0;
    char *rest;
    bool right = true;
    if (s == NULL)
        return 0;
    for (char *word = strtok_r(r->args[2], ",", &rest); word != NULL && right; word = strtok_r(NULL, ",", &rest)) {
        right = count < MOST_MESSAGES && (bytes[count] = payload(word, &frames[count].len)) != NULL;
        if (right) {
            frames[count].data = bytes[count];
            count++;
        }
    }
    if (!right)
        malformed(r, "payloads");
    int code = right ? polysock_send_frames(s, frames, count, &done, &r->framing, r->timeout_ms) : 0;
    while (count > 0)
        free(bytes[--count]);
    if (!right)
        return 0;
    return code < 0 ? error_after(r, code, done) : answer(r, "ok");
}

/* The answer after a receive of messages that has failed. */
static int frame_error(struct request *r, ssize_t code, size_t needed)
{
    if (code == POLYSOCK_EEOF)
        return answer(r, "ok end=on");
    size_t missing = polysock_last_missing();
    error_of(r, code);
    size_t end = strlen(r->answer);
    if (missing > 0)
        snprintf(r->answer + end, sizeof r->answer - end, " missing=%zu", missing);
    if (needed > 0)
        snprintf(r->answer + end, sizeof r->answer - end, " needed=%zu", needed);
    return 0;
}

static int recv_frame(struct request *r, long size)
{
    polysock_t *s = find(r, r->args[1]);
    size_t needed;
    if (s == NULL)
        return 0;
    unsigned char *bytes = allocate((size_t)size);
    ssize_t n = polysock_recv_frame(s, bytes, (size_t)size, &needed, &r->framing, r->timeout_ms);
    if (n < 0)
        frame_error(r, n, needed);
    else
        received(r, bytes, (size_t)n);
    free(bytes);
    return 0;
}

int do_recv_frame(struct request *r)
{
    return recv_frame(r, MAX_PAYLOAD);
}

int do_recv_frame_into(struct request *r)
{
    long size;
    if (!parse_number(r->args[2], &size) || size < 0 || size > MAX_PAYLOAD)
        return malformed(r, "size");
    return recv_frame(r, size);
}

int do_recv_frames(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_frame frames[MOST_MESSAGES];
    size_t needed;
    long most;
    if (s == NULL)
        return 0;
    if (!parse_number(r->args[2], &most) || most < 0 || most > MOST_MESSAGES)
        return malformed(r, "number");
    unsigned char *bytes = allocate(MAX_PAYLOAD);
    ssize_t n = polysock_recv_frames(s, bytes, MAX_PAYLOAD, &needed, frames, (size_t)most, &r->framing, r->timeout_ms);
    if (n == POLYSOCK_EEOF)
        answer(r, "ok count=0");
    else if (n < 0)
        frame_error(r, n, needed);
    else
        answer(r, "ok count=%zd", n);
    for (ssize_t i = 0; i < n; i++)
        append_hex(r, i == 0 ? " data=" : ",", frames[i].data, frames[i].len);
    free(bytes);
    return 0;
}

int do_pending(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    if (s == NULL)
        return 0;
    ssize_t n = polysock_pending(s);
    return n < 0 ? error_of(r, n) : answer(r, "ok n=%zd", n);
}

int do_take_buffered(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    if (s == NULL)
        return 0;
    unsigned char *bytes = allocate(MAX_PAYLOAD);
    ssize_t n = polysock_take_buffered(s, bytes, MAX_PAYLOAD);
    if (n < 0)
        error_of(r, n);
    else
        received(r, bytes, (size_t)n);
    free(bytes);
    return 0;
}
