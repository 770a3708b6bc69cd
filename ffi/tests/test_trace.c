/* Recording, switched from C. What is recorded is tested in core/tests/trace/. */
#include "harness.h"

static char folder[] = "/tmp/polysock-trace-XXXXXX";

/* The text of the only file in the folder, which is then removed. */
static char *recorded(void)
{
    static char text[1 << 17];
    char path[PATH_MAX] = "";
    struct dirent *entry;
    DIR *listing = opendir(folder);
    FILE *file;
    size_t length;
    if (!CHECK(listing != NULL))
        return text;
    while ((entry = readdir(listing)) != NULL)
        if (strstr(entry->d_name, ".jsonl")) {
            CHECK_TEXT(path, "");
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        }
    closedir(listing);
    file = fopen(path, "r");
    if (!CHECK(file != NULL))
        return text;
    length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    unlink(path);
    return text;
}

static void talk(void)
{
    polysock_t *a, *b;
    char room[8];
    MUST(polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM));
    CHECK_IS(polysock_sendall(a, "recorded", 8, NULL, 10000), 0);
    CHECK_IS(polysock_recv(b, room, 8, 0, 10000), 8);
    polysock_free(a);
    polysock_free(b);
}

TEST(calls_are_recorded_between_start_and_stop)
{
    char *text;
    talk();
    MUST(polysock_trace_start(folder, 3));
    CHECK_IS(polysock_trace_start(folder, 3), POLYSOCK_EBUSY);
    talk();
    CHECK_IS(polysock_trace_stop(), 0);
    talk();
    CHECK_IS(polysock_trace_stop(), 0);
    text = recorded();
    CHECK(strstr(text, "\"language\":\"c\"") != NULL);
    CHECK(strstr(text, "\"how\":\"socketpair\"") != NULL);
    CHECK(strstr(text, "\"call\":\"sendall\"") != NULL);
    CHECK(strstr(text, "\"data\":\"rec\"") != NULL);
    /* Where its calls come from: `show` finds the lines. */
    CHECK(strstr(text, "\"event\":\"module\",\"module\":1,\"path\":\"/") != NULL);
    CHECK(strstr(text, "\"event\":\"place\",\"place\":1,\"frames\":\"1+") != NULL);
    CHECK(strstr(text, "\"event\":\"thread\",\"name\":\"") != NULL);
    text = strstr(text, "\"call\":\"sendall\"");
    CHECK(text && strstr(text + 1, "\"call\":\"sendall\"") == NULL);

    MUST(polysock_trace_start(folder, -1));
    talk();
    CHECK_IS(polysock_trace_stop(), 0);
    CHECK(strstr(recorded(), "\"data\":\"recorded\"") != NULL);

    MUST(polysock_trace_start(folder, 0));
    talk();
    CHECK_IS(polysock_trace_stop(), 0);
    text = recorded();
    CHECK(strstr(text, "\"bytes\":8") != NULL);
    CHECK(strstr(text, "\"data\":\"") == NULL);
}

TEST(what_is_refused)
{
    REFUSED(polysock_trace_start(NULL, 0), "folder");
    CHECK_IS(polysock_trace_start("/dev/null/folder", 0), -20 /* ENOTDIR */);
    CHECK(strstr(polysock_last_detail(), "/dev/null/folder") != NULL);
    CHECK_IS(polysock_trace_start("/nonexistent/folder", 0), POLYSOCK_ENOENT);
}

int main(void)
{
    int failed;
    if (!mkdtemp(folder))
        return 1;
    RUN(calls_are_recorded_between_start_and_stop);
    RUN(what_is_refused);
    failed = report();
    rmdir(folder);
    return failed;
}
