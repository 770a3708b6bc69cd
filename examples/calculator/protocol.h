/* What client and server agree on. A message is a frame: 4 bytes with its length, big-endian, then that many
 * bytes of text. A request is "OPERATION NUMBER NUMBER", an answer "ok NUMBER" or "error TEXT". */
#ifndef CALCULATOR_PROTOCOL_H
#define CALCULATOR_PROTOCOL_H

#include <polysock/polysock.h>
#include <string.h>

enum { LONGEST = 100, TIMEOUT_MS = 5000 };

/* Returns the length of the text, POLYSOCK_EEOF when the peer has ended its stream between two messages,
 * POLYSOCK_EMSGSIZE for a message that is too long, or another negative code. `text` gets a NUL at its end. */
static inline ssize_t receive_message(polysock_t *s, char text[LONGEST + 1], int timeout_ms)
{
    unsigned char head[4];
    int code = polysock_recv_exact(s, head, sizeof head, NULL, timeout_ms);
    if (code < 0)
        return code;
    size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (n > LONGEST) /* never trust a length that came over the network */
        return POLYSOCK_EMSGSIZE;
    code = polysock_recv_exact(s, text, n, NULL, timeout_ms);
    if (code < 0)
        return code == POLYSOCK_EEOF ? POLYSOCK_ETRUNCATED : code;
    text[n] = '\0';
    return (ssize_t)n;
}

static inline int send_message(polysock_t *s, const char *text)
{
    unsigned char frame[4 + LONGEST];
    size_t n = strlen(text);
    if (n > LONGEST)
        return POLYSOCK_EMSGSIZE;
    frame[0] = 0, frame[1] = 0, frame[2] = 0, frame[3] = (unsigned char)n;
    memcpy(frame + 4, text, n);
    return polysock_sendall(s, frame, 4 + n, NULL, TIMEOUT_MS); /* in one piece: two pieces would wait for each other */
}

#endif
