/* The Netscape Portable Runtime. */
#include <arpa/inet.h>
#include <nspr.h>
#include <private/pprio.h>
#include <stdlib.h>

#include "way.h"

struct theirs {
    PRFileDesc *s;
    PRIntervalTime timeout;
};

static void *theirs(PRFileDesc *s, int timeout_ms)
{
    struct theirs *made = malloc(sizeof *made);
    sure(made && s, "NSPR");
    made->s = s;
    made->timeout = timeout_ms < 0 ? PR_INTERVAL_NO_TIMEOUT : PR_MillisecondsToInterval((PRUint32)timeout_ms);
    return made;
}

static void *adopted(int fd, int timeout_ms) { return theirs(PR_ImportTCPSocket(fd), timeout_ms); }

static void *connected(const struct sockaddr_in *to, int timeout_ms)
{
    return adopted(raw_connected(to), timeout_ms);
}

static void *datagrams(struct sockaddr_in *me, int timeout_ms)
{
    return theirs(PR_ImportUDPSocket(raw_datagrams(me)), timeout_ms);
}

static void *address(const struct sockaddr_in *to)
{
    PRNetAddr *made = calloc(1, sizeof *made);
    sure(made && PR_InitializeNetAddr(PR_IpAddrLoopback, ntohs(to->sin_port), made) == PR_SUCCESS, "address");
    return made;
}

static void send_all(void *s, const void *buf, size_t n)
{
    struct theirs *t = s;
    sure(PR_Send(t->s, buf, (PRInt32)n, 0, t->timeout) == (PRInt32)n, "PR_Send");
}

static void receive(void *s, void *buf, size_t n)
{
    struct theirs *t = s;
    sure(PR_Recv(t->s, buf, (PRInt32)n, 0, t->timeout) == (PRInt32)n, "PR_Recv");
}

static void send_to(void *s, const void *buf, size_t n, const void *to)
{
    struct theirs *t = s;
    sure(PR_SendTo(t->s, buf, (PRInt32)n, 0, to, t->timeout) == (PRInt32)n, "PR_SendTo");
}

static void receive_from(void *s, void *buf, size_t n)
{
    struct theirs *t = s;
    PRNetAddr from;
    sure(PR_RecvFrom(t->s, buf, (PRInt32)n, 0, &from, t->timeout) == (PRInt32)n, "PR_RecvFrom");
}

static void end(void *s)
{
    PR_Close(((struct theirs *)s)->s);
    free(s);
}

const struct way with_nspr = {"NSPR", connected, adopted, datagrams, address, send_all, send_all, receive, send_to,
                              receive_from, end};
