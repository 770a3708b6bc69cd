/* What the files of the driver share. Each file is named like its counterpart in ../rust/src. */
#pragma once

#define _GNU_SOURCE /* the first header that every file includes */
#include <polysock/polysock.h>

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { MAX_ARGS = 32, MAX_ANSWER = 4096, MAX_PAYLOAD = 16 << 20, MAX_DESCRIPTORS = 256 };

/* One request, and the answer that grows. */
struct request {
    char *args[MAX_ARGS]; /* the first is the command */
    int count;
    int timeout_ms; /* POLYSOCK_DEFAULT when none was given */
    int flags;
    bool trunc;
    long times; /* 1 unless given */
    polysock_framing framing;
    long discard; /* the limit of close_graceful */
    polysock_server_options serving;
    polysock_message_server_options messages;
    const char *greeting; /* what on_open sends, or NULL */
    bool open_fails, open_holds;
    bool is_joined; /* the answer is that of another command, with its own ms= */
    char answer[MAX_ANSWER];
};

/* Carries out a line and writes the answer, of at most MAX_ANSWER bytes. */
void execute(char *line, char *out);

/* Every command returns 0 once it has answered. */
typedef int command(struct request *r);

command do_hello, do_reset, do_exhaust, do_release;
command do_socket, do_socketpair, do_dup, do_bind, do_listen, do_server, do_accept, do_connect, do_create_connection,
    do_create_server, do_shutdown;
command do_close, do_close_java, do_abort, do_is_closed, do_fileno, do_detach, do_from_fd, do_open_fd, do_close_fd;
command do_close_graceful, do_wait_acked, do_send_queue, do_peer_closed;
command do_send, do_sendall, do_recv, do_sendto, do_recvfrom, do_next_length, do_recv_exact, do_collect, do_fill;
command do_send_batch, do_recv_batch, do_send_segments;
command do_send_frame, do_send_frames, do_recv_frame, do_recv_frame_into, do_recv_frames, do_pending, do_take_buffered;
command do_getsockname, do_getpeername, do_peer_ip, do_same_peer, do_state;
command do_address_text, do_read_address;
command do_serve, do_serving, do_stop;
command do_serve_messages, do_serving_messages, do_push, do_hang_up, do_resume, do_close_listener, do_await_stop, do_stop_messages;
command do_set, do_get, do_setsockopt, do_getsockopt;

/* answer.c: those with a request return 0 */
int answer(struct request *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
int error_of(struct request *r, long code);
int error_after(struct request *r, long code, size_t done);
int ok_or_error(struct request *r, int code); /* the error, or only ok */
int malformed(struct request *r, const char *reason);
const char *protocol_name(int code);
const char *on_off(bool on);

/* values.c */
void *allocate(size_t size); /* or ends the process */
bool parse_number(const char *text, long *out);
unsigned char *pattern(size_t count, size_t offset);
unsigned char *payload(const char *text, size_t *count); /* NULL if the text is invalid */
int received(struct request *r, const unsigned char *bytes, size_t count);
void append_hex(struct request *r, const char *before, const unsigned char *bytes, size_t count); /* - for none */
bool parse_framing(const char *text, polysock_framing *f);

/* addresses.c */
int answer_address(struct request *r, const polysock_addr *a);
bool address(struct request *r, int first, polysock_addr *out); /* false once it has answered */
bool address_of(struct request *r, const char *host, const char *port, polysock_addr *out);
int family_of(const char *word);
int type_of(const char *word);

/* handles.c */
polysock_t *find(struct request *r, const char *name); /* NULL once it has answered */
void keep(const char *name, polysock_t *socket);
void keep_descriptor(int fd);
void forget_descriptor(int fd);
void close_everything(void);
void forget_handles(void);

/* serving.c */
void stop_servers(void);

/* message_server.c */
void stop_message_servers(void);

/* tasks.c */
void tasks_init(void);
int start(struct request *r, const char *label, const char *line);
int join(struct request *r, const char *label, long limit);
bool forget_tasks(const struct timespec *until); /* false when one has not ended by then */

/* process.c */
void process_start(void);

/* clock.c: the monotonic one */
long long now_ns(void);
long long ms_since(long long began_ns);
struct timespec deadline_in_ms(long ms);
