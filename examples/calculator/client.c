/* Uses the calculator, and tests its limits:  client HOST PORT */
#include "protocol.h"

#include <stdio.h>
#include <stdlib.h>

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static void show_answer(polysock_t *s, const char *request)
{
    char answer[LONGEST + 1];
    must((int)receive_message(s, answer, TIMEOUT_MS));
    printf("%s: %s\n", request, answer);
}

static void ask(polysock_t *s, const char *request)
{
    must(send_message(s, request));
    show_answer(s, request);
}

int main(int argc, char **argv)
{
    static const char *const requests[] = {
        "add 1 2", "subtract 5 8", "multiply 6 7", "divide 7 2", "divide -7 2", "divide 1 0",
        "add 9223372036854775807 1", "add one two", "cube 3 3"};
    static const unsigned char too_long[4] = {0, 15, 66, 64}; /* "a million bytes follow" */
    polysock_t *first, *second, *third;
    char answer[LONGEST + 1];

    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }
    must(polysock_create_connection(&first, argv[1], argv[2], TIMEOUT_MS));
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        ask(first, requests[i]);

    puts("a second client");
    must(polysock_create_connection(&second, argv[1], argv[2], TIMEOUT_MS));
    ask(second, "add 20 22");

    puts("a third client: the server has two at once");
    must(polysock_create_connection(&third, argv[1], argv[2], TIMEOUT_MS)); /* the kernel accepts it */
    must(send_message(third, "add 30 33"));                                  /* and keeps what we send, up to a limit */
    if (receive_message(third, answer, 300) == POLYSOCK_ETIMEDOUT)
        puts("no answer");
    polysock_free(first);
    puts("the first client leaves");
    show_answer(third, "add 30 33");

    must(polysock_sendall(second, too_long, sizeof too_long, NULL, TIMEOUT_MS));
    show_answer(second, "a million bytes");
    if (receive_message(second, answer, TIMEOUT_MS) == POLYSOCK_EEOF)
        puts("the second client: the end of the stream");
    polysock_free(second);

    ask(third, "stop");
    polysock_free(third);
}
