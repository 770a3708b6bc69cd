/* Batches of datagrams. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

/* Appends to a list with commas. */
static void append(char *list, size_t size, const char *item)
{
    size_t end = strlen(list);
    snprintf(list + end, size - end, "%s%s", end == 0 ? "" : ",", item);
}

static const char *or_none(const char *list)
{
    return *list == '\0' ? "-" : list;
}

/* `PAYLOAD`, `PAYLOAD~NAME` or `PAYLOAD~HOST~PORT`. False once it has answered. */
static bool parse_item(struct request *r, char *text, polysock_dgram *d)
{
    char *rest = NULL, *bytes = strtok_r(text, "~", &rest);
    char *first = strtok_r(NULL, "~", &rest), *port = strtok_r(NULL, "~", &rest);
    d->buf = bytes == NULL ? NULL : payload(bytes, &d->len);
    if (d->buf == NULL) {
        malformed(r, "payload");
        return false;
    }
    if (first == NULL)
        return true;
    d->addr = allocate(sizeof *d->addr);
    return address_of(r, first, port, d->addr);
}

static void free_items(polysock_dgram *d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(d[i].buf);
        free(d[i].addr);
    }
    free(d);
}

int do_send_batch(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    char *rest = NULL, refused[MAX_ANSWER / 2] = "";
    size_t items = 0;
    if (s == NULL)
        return 0;
    polysock_dgram *d = calloc(MOST, sizeof *d);
    for (char *text = strtok_r(r->args[2], ",", &rest); text != NULL && items < MOST; text = strtok_r(NULL, ",", &rest))
        if (!parse_item(r, text, &d[items++])) {
            free_items(d, items);
            return 0;
        }
    size_t count = items * (size_t)r->times;
    if (count > MOST) {
        free_items(d, items);
        return malformed(r, "times");
    }
    for (size_t i = items; i < count; i++)
        d[i] = d[i - items];
    int sent = polysock_send_batch(s, d, count, r->timeout_ms);
    if (sent < 0) {
        error_of(r, sent);
    } else {
        for (size_t i = 0; i < count; i++) {
            char item[64];
            int code = d[i].result < 0 ? (int)d[i].result : 0;
            if (code == 0 || code == POLYSOCK_ETIMEDOUT || code == POLYSOCK_EAGAIN || code == POLYSOCK_ECLOSED)
                continue; /* sent, or not reached */
            snprintf(item, sizeof item, "%zu:%s", i, protocol_name(code));
            append(refused, sizeof refused, item);
        }
        answer(r, "ok n=%d refused=%s", sent, or_none(refused));
    }
    free_items(d, items);
    return 0;
}

/* `HOST~PORT` or a name, out of `ok host=HOST port=PORT` or `ok name=NAME`. */
static void append_sender(struct request *r, char *list, size_t size, const polysock_addr *from)
{
    char text[512] = "", *rest = NULL;
    answer_address(r, from);
    strtok_r(r->answer, "=", &rest);
    for (char *word = strtok_r(NULL, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        size_t end = strlen(text);
        snprintf(text + end, sizeof text - end, "%s%s", end == 0 ? "" : "~", value == NULL ? word : value + 1);
    }
    append(list, size, text);
}

int do_recv_batch(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    char lengths[1024] = "", data[1024] = "", from[1024] = "", trunc[512] = "";
    long most, size;
    size_t all = 0;
    if (s == NULL)
        return 0;
    if (!parse_number(r->args[2], &most) || !parse_number(r->args[3], &size) || most < 0 || most > MOST || size < 0 ||
        most * size > MAX_PAYLOAD)
        return malformed(r, "count");
    unsigned char *memory = allocate((size_t)most * (size_t)size);
    polysock_addr *addresses = calloc((size_t)most + 1, sizeof *addresses);
    polysock_dgram *d = calloc((size_t)most + 1, sizeof *d);
    for (long i = 0; i < most; i++) {
        d[i].buf = memory + i * size;
        d[i].len = (size_t)size;
        d[i].addr = &addresses[i];
    }
    int count = polysock_recv_batch(s, d, (size_t)most, r->timeout_ms);
    for (int i = 0; i < count; i++) {
        const unsigned char *bytes = d[i].buf;
        size_t left = (size_t)d[i].result, piece;
        do {
            char item[160];
            piece = d[i].segment_size != 0 && d[i].segment_size < left ? d[i].segment_size : left;
            snprintf(item, sizeof item, "%zu", piece);
            append(lengths, sizeof lengths, item);
            received(r, bytes, piece);
            const char *hash = strstr(r->answer, "hash=");
            snprintf(item, sizeof item, "%s%s", hash != NULL ? "#" : "", strrchr(r->answer, '=') + 1);
            append(data, sizeof data, item);
            append_sender(r, from, sizeof from, &addresses[i]);
            append(trunc, sizeof trunc, on_off(d[i].flags & POLYSOCK_MSG_TRUNC));
            bytes += piece;
            left -= piece;
            all++;
        } while (left > 0);
    }
    if (count < 0)
        error_of(r, count);
    else
        answer(r, "ok n=%zu len=%s data=%s from=%s trunc=%s", all, or_none(lengths), or_none(data), or_none(from),
               or_none(trunc));
    free(memory);
    free(addresses);
    free(d);
    return 0;
}

int do_send_segments(struct request *r)
{
    polysock_t *s = find(r, r->args[1]);
    polysock_addr to;
    long size;
    size_t count;
    bool has_address = r->count > 4;
    if (s == NULL || (has_address && !address(r, 4, &to)))
        return 0;
    if (!parse_number(r->args[3], &size))
        return malformed(r, "size");
    unsigned char *bytes = payload(r->args[2], &count);
    if (bytes == NULL)
        return malformed(r, "payload");
    ssize_t n = polysock_send_segments(s, bytes, count, (size_t)size, has_address ? &to : NULL, r->timeout_ms);
    free(bytes);
    return n < 0 ? error_of(r, n) : answer(r, "ok n=%zd", n);
}
