/* Programs that start others, in all ways and with all environments: `execs WAY`. */
#define _GNU_SOURCE
#include "sockets.h"
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

static char *arguments[] = {"child", "child", NULL};
static char *own[] = {"OWN=1", "PATH=/usr/bin:/bin", NULL};
static char *none[] = {NULL};

static void with_path(void) {
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", words[0]);
    *strrchr(folder, '/') = 0;
    setenv("PATH", folder, 1);
}

static const char *name(void) {
    return strrchr(words[0], '/') + 1;
}

static void with_execl(void) { execl(words[0], "child", "child", (char *)NULL); }
static void with_execlp(void) { with_path(), execlp(name(), "child", "child", (char *)NULL); }
static void with_execle(void) { execle(words[0], "child", "child", (char *)NULL, none); }
static void with_execv(void) { execv(words[0], arguments); }
static void with_execvp(void) { with_path(), execvp(name(), arguments); }
static void with_execve(void) { execve(words[0], arguments, own); }
static void with_no_environment(void) { execve(words[0], arguments, NULL); }
static void with_clearenv(void) { clearenv(), execv(words[0], arguments); }
static void with_execvpe(void) { execvpe(words[0], arguments, own); }
static void with_fexecve(void) { fexecve(open(words[0], O_RDONLY | O_CLOEXEC), arguments, environ); }
static void with_execveat(void) { syscall(SYS_execveat, AT_FDCWD, words[0], arguments, own, 0); }

static void of_nothing(void) {
    execl("/nonexistent/program", "x", (char *)NULL);
    if (errno == ENOENT)
        execl(words[0], "child", "child", (char *)NULL);
}

static void with_vfork(void) {
    int status;
    pid_t child = vfork();
    if (child == 0) {
        execv(words[0], arguments);
        _exit(1);
    }
    waitpid(child, &status, 0);
    _exit(WEXITSTATUS(status));
}

static void with_posix_spawnp(void) {
    int status;
    pid_t child;
    with_path();
    posix_spawnp(&child, name(), NULL, NULL, arguments, own);
    waitpid(child, &status, 0);
    _exit(WEXITSTATUS(status));
}

static void with_system(void) {
    char command[5000];
    snprintf(command, sizeof command, "exec '%s' child", words[0]);
    _exit(system(command) / 256);
}

/* With the socket as descriptor 50, from a parent that has sent and received. */
static void child(void) {
    char room[16];
    if (read(50, room, sizeof room) != 4 || write(50, "child", 5) != 5)
        exit(3);
    exit(close(50) ? 4 : 9);
}

static const struct way ways[] = {
    {"execl", with_execl},
    {"execlp", with_execlp},
    {"execle", with_execle},
    {"execv", with_execv},
    {"execvp", with_execvp},
    {"execve", with_execve},
    {"no-environment", with_no_environment},
    {"clearenv", with_clearenv},
    {"execvpe", with_execvpe},
    {"fexecve", with_fexecve},
    {"execveat", with_execveat},
    {"of-nothing", of_nothing},
    {"vfork", with_vfork},
    {"posix_spawnp", with_posix_spawnp},
    {"system", with_system},
    {"child", child},
    {NULL, NULL},
};

int main(int count, char **all) {
    if (count > 1 && strcmp(all[1], "child") == 0)
        return run_way(ways, count, all);
    words = all;
    for (const struct way *way = ways; way->run != child; way++) {
        int pair[2], status;
        char room[16] = "";
        pair_over_tcp(pair);
        write(pair[0], "from", 4);
        fflush(stdout);
        if (fork() == 0) {
            dup2(pair[1], 50);
            close(pair[0]);
            way->run();
            _exit(1);
        }
        close(pair[1]);
        ssize_t length = recv(pair[0], room, sizeof room, MSG_WAITALL);
        wait(&status);
        printf("%s: %zd %s, exit %d\n", way->name, length, room, WEXITSTATUS(status));
        close(pair[0]);
    }
    return 0;
}
