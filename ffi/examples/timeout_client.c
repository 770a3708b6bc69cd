/* Sends hello and waits at most 2 seconds for each step. timeout_client HOST:PORT */
#include <polysock/polysock.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    polysock_t *s = NULL;
    char answer[5];
    size_t came = 0;
    int code;

    if (argc != 2)
        return 2;
    code = polysock_create_connection(&s, argv[1], NULL, 2000);
    if (code == 0)
        code = polysock_sendall(s, "hello", 5, NULL, 2000);
    if (code == 0)
        code = polysock_recv_exact(s, answer, sizeof answer, &came, 2000);

    if (code == 0)
        printf("answer: %.5s\n", answer);
    else if (code == POLYSOCK_ETIMEDOUT)
        printf("no answer in time, %zu bytes of it came\n", came);
    else
        printf("%s\n", polysock_last_detail());
    polysock_free(s);
    return code == 0 ? 0 : 1;
}
