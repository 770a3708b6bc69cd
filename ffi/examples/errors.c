/* What a failure reports: a code, its name, its text, and a description for people. */
#include <polysock/polysock.h>
#include <stdio.h>

int main(void)
{
    polysock_t *s;
    int code = polysock_create_connection(&s, "127.0.0.1", "70000", 1000);

    printf("polysock %s\n", polysock_version_string());
    printf("code     %d\n", code);
    printf("name     %s\n", polysock_err_name(code));
    printf("text     %s\n", polysock_strerror(code));
    printf("detail   %s\n", polysock_last_detail());
    printf("errno    %d\n", polysock_errno_of(code));
    return code == POLYSOCK_EINVAL ? 0 : 1;
}
