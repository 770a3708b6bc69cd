/* What client and server agree on. A message is a frame: 4 bytes with its length, big-endian, then that many
 * bytes of text. A request is "OPERATION NUMBER NUMBER", an answer "ok NUMBER" or "error TEXT". */
#ifndef CALCULATOR_PROTOCOL_H
#define CALCULATOR_PROTOCOL_H

#include <polysock/polysock.h>
#include <string.h>

enum { LONGEST = 100, TIMEOUT_MS = 5000 };

/* A length in 4 bytes, big-endian, which is the default; what claims to be longer than the limit is refused. */
static const polysock_framing framing = {.limit = LONGEST};

/* Returns the length of the text, POLYSOCK_EEOF when the peer has ended its stream between two messages,
 * POLYSOCK_EMSGSIZE for a message that is too long, or another negative code. `text` gets a NUL at its end. */
static inline ssize_t receive_message(polysock_t *s, char text[LONGEST + 1], int timeout_ms)
{
    ssize_t n = polysock_recv_frame(s, text, LONGEST, NULL, &framing, timeout_ms);
    if (n >= 0)
        text[n] = '\0';
    return n;
}

static inline int send_message(polysock_t *s, const char *text)
{
    return polysock_send_frame(s, text, strlen(text), &framing, TIMEOUT_MS);
}

#endif
