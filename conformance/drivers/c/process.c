/* hello, reset, exhaust and release. */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static int fillers[MAX_DESCRIPTORS], filler_count;
static struct rlimit limit_before;

void process_start(void)
{
    getrlimit(RLIMIT_NOFILE, &limit_before);
}

int do_hello(struct request *r)
{
    return answer(r, "ok lang=c version=%s caps=abort,create_connection,close_java,recv_exact,state,done,"
                  "whole_sendall,linger_range,get_timeout,backlog_range,datagram,unix,dup,cork,batch,frames,delivery,"
                  "create_server,mapped,address_text,next_length,serve,message_server",
                  polysock_version_string());
}

int do_exhaust(struct request *r)
{
    struct rlimit limit = limit_before;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > MAX_DESCRIPTORS)
        limit.rlim_cur = MAX_DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return error_of(r, polysock_from_errno(errno));
    while (filler_count < MAX_DESCRIPTORS) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            break;
        fillers[filler_count++] = fd;
    }
    return answer(r, "ok n=%d", filler_count);
}

int do_release(struct request *r)
{
    while (filler_count > 0)
        close(fillers[--filler_count]);
    setrlimit(RLIMIT_NOFILE, &limit_before);
    return answer(r, "ok");
}

int do_reset(struct request *r)
{
    struct timespec until = deadline_in_ms(2000);
    do_release(r);
    stop_servers();
    stop_message_servers();
    close_everything();
    if (!forget_tasks(&until))
        return answer(r, "error PENDING");
    forget_handles(); /* those accepted meanwhile too */
    return answer(r, "ok");
}
