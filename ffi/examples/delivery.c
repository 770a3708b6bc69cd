/* Did they get it? What is on the way, what the peer's system has, and a close that reports it. */
#include <polysock/polysock.h>
#include <stdio.h>

static const char *const verdicts[] = {"?", "the peer finished", "acknowledged", "timed out", "reset", "too much input"};

static int close_and_report(polysock_t *s, int timeout_ms)
{
    polysock_close_report report;
    int code = polysock_close_graceful(s, POLYSOCK_DISCARD_LIMIT, &report, sizeof report, timeout_ms);
    if (code == 0)
        printf("%s: %llu bytes not acknowledged, %llu thrown away\n", verdicts[report.verdict],
               (unsigned long long)(report.unsent + report.unacked), (unsigned long long)report.discarded);
    return code;
}

int main(void)
{
    polysock_t *listener, *client, *server;
    polysock_addr address;
    char order[64];

    if (polysock_create_server(&listener, "127.0.0.1", "0", 16) < 0 || polysock_getsockname(listener, &address) < 0)
        return 1;

    for (int answers = 0; answers < 2; answers++) {
        uint64_t unsent, unacked;
        if (polysock_socket(&client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0) < 0
            || polysock_connect(client, &address, 5000) < 0 || polysock_accept(listener, &server, NULL, 5000) < 0)
            return 1;
        polysock_sendall(client, "order", 5, NULL, 5000);
        if (polysock_wait_acked(client, 5000) == 0 && polysock_send_queue(client, &unsent, &unacked) == 0)
            printf("on the way: %llu\n", (unsigned long long)(unsent + unacked));
        if (answers) { /* only this proves that the program has read it */
            polysock_recv_exact(server, order, 5, NULL, 5000);
            polysock_sendall(server, "thanks", 6, NULL, 5000);
            polysock_shutdown(server, POLYSOCK_SHUT_WR);
        }
        close_and_report(client, answers ? 5000 : 100);
        polysock_free(server);
        polysock_free(client);
    }
    polysock_free(listener);
    return 0;
}
