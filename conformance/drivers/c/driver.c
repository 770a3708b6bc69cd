/*
 * Conformance driver for C: one request a line in, one answer a line out. The protocol is in ../../README.md. It uses
 * only polysock.h, libc and POSIX threads.
 */
#include "driver.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int least, most; /* arguments */
    command *run;
} commands[] = {
    {"hello", 0, 0, do_hello},                       {"reset", 0, 0, do_reset},
    {"exhaust", 0, 0, do_exhaust},                   {"release", 0, 0, do_release},
    {"socket", 2, 3, do_socket},                     {"socketpair", 3, 3, do_socketpair},
    {"dup", 2, 2, do_dup},                           {"bind", 2, 3, do_bind},
    {"listen", 2, 2, do_listen},                     {"server", 3, 3, do_server},
    {"accept", 2, 2, do_accept},                     {"connect", 2, 3, do_connect},
    {"create_connection", 2, 2, do_create_connection}, {"create_server", 2, 2, do_create_server},
    {"serve", 1, 1, do_serve},                       {"serving", 1, 1, do_serving},
    {"stop", 1, 1, do_stop},
    {"serve_messages", 1, 1, do_serve_messages},     {"serving_messages", 1, 1, do_serving_messages},
    {"push", 2, 2, do_push},                         {"hang_up", 2, 2, do_hang_up},
    {"resume", 1, 1, do_resume},                     {"close_listener", 1, 1, do_close_listener},
    {"await_stop", 1, 1, do_await_stop},             {"stop_messages", 1, 1, do_stop_messages},
    {"shutdown", 2, 2, do_shutdown},                 {"close", 1, 1, do_close},
    {"close_java", 1, 1, do_close_java},             {"abort", 1, 1, do_abort},
    {"close_graceful", 1, 1, do_close_graceful},     {"wait_acked", 1, 1, do_wait_acked},
    {"send_queue", 1, 1, do_send_queue},             {"peer_closed", 1, 1, do_peer_closed},
    {"is_closed", 1, 1, do_is_closed},               {"fileno", 1, 1, do_fileno},
    {"detach", 1, 1, do_detach},                     {"from_fd", 2, 2, do_from_fd},
    {"open_fd", 0, 0, do_open_fd},                   {"close_fd", 1, 1, do_close_fd},
    {"send", 2, 2, do_send},                         {"sendall", 2, 2, do_sendall},
    {"recv", 2, 2, do_recv},                         {"sendto", 3, 4, do_sendto},
    {"recvfrom", 2, 2, do_recvfrom},                 {"recv_exact", 2, 2, do_recv_exact},
    {"collect", 2, 2, do_collect},                   {"fill", 1, 1, do_fill},
    {"send_frame", 2, 2, do_send_frame},             {"send_frames", 2, 2, do_send_frames},
    {"recv_frame", 1, 1, do_recv_frame},             {"recv_frame_into", 2, 2, do_recv_frame_into},
    {"recv_frames", 2, 2, do_recv_frames},           {"pending", 1, 1, do_pending},
    {"take_buffered", 1, 1, do_take_buffered},
    {"send_batch", 2, 2, do_send_batch},             {"recv_batch", 3, 3, do_recv_batch},
    {"send_segments", 3, 5, do_send_segments},       {"next_length", 2, 2, do_next_length},
    {"getsockname", 1, 1, do_getsockname},           {"getpeername", 1, 1, do_getpeername},
    {"peer_ip", 1, 1, do_peer_ip},                   {"same_peer", 3, 3, do_same_peer},
    {"address_text", 1, 2, do_address_text},         {"read_address", 1, 1, do_read_address},
    {"state", 1, 1, do_state},                       {"set", 3, 3, do_set},
    {"get", 2, 2, do_get},                           {"setsockopt", 3, 3, do_setsockopt},
    {"getsockopt", 2, 2, do_getsockopt},
};

/* Options out of the arguments. False when one makes no sense. */
static bool take_options(struct request *r, long *join_limit)
{
    int kept = 0;
    for (int i = 0; i < r->count; i++) {
        char *word = r->args[i];
        long value;
        if (strncmp(word, "timeout=", 8) == 0) {
            if (strcmp(word + 8, "never") == 0)
                r->timeout_ms = POLYSOCK_INFINITE;
            else if (parse_number(word + 8, &value))
                r->timeout_ms = (int)value;
            else
                return false;
        } else if (strncmp(word, "limit=", 6) == 0) {
            if (!parse_number(word + 6, join_limit))
                return false;
            r->framing.limit = (size_t)*join_limit;
        } else if (strncmp(word, "framing=", 8) == 0) {
            size_t limit = r->framing.limit;
            if (!parse_framing(word + 8, &r->framing))
                return false;
            r->framing.limit = limit;
        } else if (strncmp(word, "discard=", 8) == 0) {
            if (!parse_number(word + 8, &r->discard))
                return false;
        } else if (strncmp(word, "places=", 7) == 0) {
            if (!parse_number(word + 7, &value))
                return false;
            r->serving.max_connections = r->messages.max_connections = (size_t)value;
        } else if (strncmp(word, "idle=", 5) == 0) {
            if (!parse_number(word + 5, &value))
                return false;
            r->serving.idle_timeout_ms = r->messages.idle_timeout_ms = (int)value;
        } else if (strncmp(word, "handler=", 8) == 0) {
            if (!parse_number(word + 8, &value))
                return false;
            r->serving.handler_timeout_ms = r->messages.handler_timeout_ms = (int)value;
        } else if (strncmp(word, "workers=", 8) == 0) {
            if (!parse_number(word + 8, &value))
                return false;
            r->messages.workers = (size_t)value;
        } else if (strncmp(word, "unsent=", 7) == 0) {
            if (!parse_number(word + 7, &value))
                return false;
            r->messages.max_unsent = (size_t)value;
        } else if (strcmp(word, "raw=on") == 0) {
            r->messages.raw_replies = 1;
        } else if (strncmp(word, "greeting=", 9) == 0) {
            r->greeting = word + 9;
        } else if (strcmp(word, "open=fail") == 0) {
            r->open_fails = true;
        } else if (strcmp(word, "open=hold") == 0) {
            r->open_holds = true;
        } else if (strncmp(word, "times=", 6) == 0) {
            if (!parse_number(word + 6, &r->times) || r->times < 1)
                return false;
        } else if (strcmp(word, "peek") == 0) {
            r->flags |= POLYSOCK_MSG_PEEK;
        } else if (strcmp(word, "trunc") == 0) {
            r->trunc = true;
        } else if (strcmp(word, "oob") == 0) {
            r->flags |= POLYSOCK_MSG_OOB;
        } else {
            r->args[kept++] = word;
        }
    }
    r->count = kept;
    return true;
}

static int dispatch(struct request *r, char *line)
{
    long join_limit = 5000;
    char *rest = NULL;
    if (strncmp(line, "start ", 6) == 0) {
        char *label = strtok_r(line + 6, " ", &rest);
        return label != NULL && *rest != '\0' ? start(r, label, rest) : malformed(r, "start LABEL COMMAND");
    }
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (r->count == MAX_ARGS)
            return malformed(r, "too many arguments");
        r->args[r->count++] = word;
    }
    if (!take_options(r, &join_limit))
        return malformed(r, "option");
    if (r->count == 2 && strcmp(r->args[0], "join") == 0)
        return join(r, r->args[1], join_limit);
    for (size_t i = 0; r->count > 0 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, r->args[0]) == 0)
            return commands[i].least < r->count && r->count <= commands[i].most + 1 ? commands[i].run(r)
                                                                                    : malformed(r, "arguments");
    return answer(r, "unsupported");
}

void execute(char *line, char *out)
{
    struct request r = {.timeout_ms = POLYSOCK_DEFAULT,
                        .times = 1,
                        .discard = POLYSOCK_DISCARD_LIMIT,
                        .serving = POLYSOCK_SERVER_OPTIONS_INITIALIZER,
                        .messages = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER};
    long long began = now_ns();
    dispatch(&r, line);
    if (r.is_joined)
        snprintf(out, MAX_ANSWER, "%s", r.answer);
    else
        snprintf(out, MAX_ANSWER, "%.4050s ms=%lld", r.answer, ms_since(began));
}

int main(void)
{
    char *line = NULL, result[MAX_ANSWER];
    size_t size = 0;
    process_start();
    tasks_init();
    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strcmp(line, "quit") == 0) {
            puts("ok ms=0");
            break;
        }
        if (*line == '\0')
            continue;
        execute(line, result);
        puts(result);
        fflush(stdout);
    }
    fflush(stdout);
    _exit(0); /* a thread left inside a call must not keep the process */
}
