/* A way to make the calls that c_socket.c times: raw system calls, polysock, or another library. Each has a file here; a
 * library that is not installed is left out (Makefile). Failures end the program. */

#include <netinet/in.h>
#include <stddef.h>

struct way {
    const char *name;
    /* A TCP socket connected to an address, whose calls have a time limit; -1: none. */
    void *(*connected)(const struct sockaddr_in *to, int timeout_ms);
    /* A TCP socket made elsewhere. */
    void *(*adopted)(int fd, int timeout_ms);
    /* A UDP socket bound to a port of the loopback interface, which is stored. */
    void *(*datagrams)(struct sockaddr_in *me, int timeout_ms);
    /* An address in the form that `sendto` takes. */
    void *(*address)(const struct sockaddr_in *to);
    void (*send)(void *s, const void *buf, size_t n);
    void (*sendall)(void *s, const void *buf, size_t n);
    /* Receives exactly `n` bytes, which arrive together. */
    void (*recv)(void *s, void *buf, size_t n);
    void (*sendto)(void *s, const void *buf, size_t n, const void *to);
    void (*recvfrom)(void *s, void *buf, size_t n);
    void (*close)(void *s);
};

extern const struct way raw, raw_with_limit, with_polysock, with_apr, with_nspr, with_gio;

/* Raw descriptors, for libraries that adopt them too. */
int raw_connected(const struct sockaddr_in *to);
int raw_datagrams(struct sockaddr_in *me);

/* Ends the program, unless the condition holds. */
void sure(int holds, const char *what);
