/* Gives up every system call but a few, as sshd does: `restricted prctl`, `restricted syscall`. Any other one kills it. */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int restrict_calls(const char *how) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_socketcall /* how C libraries for 32 bits send and receive */
        ALLOW(socketcall),
#endif
        ALLOW(read), ALLOW(write), ALLOW(sendto), ALLOW(recvfrom), ALLOW(close), ALLOW(exit), ALLOW(exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    if (strcmp(how, "prctl") == 0)
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
    /* First asks, as libseccomp does, whether there is such a call. */
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

int main(int count, char **arguments) {
    int pair[2], pipes[2], status = -1;
    char room[8];
    if (count != 2 || pipe(pipes) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    send(pair[0], "before", 6, 0);
    recv(pair[1], room, sizeof room, 0);
    pid_t child = fork();
    if (child == 0) {
        send(pair[0], "child", 5, 0);
        if (restrict_calls(arguments[1]) != 0)
            return 2;
        send(pair[0], "after", 5, 0);
        recv(pair[1], room, 5, 0); /* "child" */
        write(pipes[1], "x", 1);
        if (read(pipes[0], room, 1) != 1)
            return 3;
        write(pair[0], "after", 5);
        close(pair[0]);
        return 7;
    }
    close(pair[0]);
    waitpid(child, &status, 0);
    recv(pair[1], room, 5, 0);
    recv(pair[1], room, 5, 0);
    write(1, room, 5);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}
