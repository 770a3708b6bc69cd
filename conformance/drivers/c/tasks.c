/* start and join: commands in separate threads. */
#include "driver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct task {
    char *label, *line;
    pthread_t thread;
    pid_t tid;
    bool started, ended;
    char answer[MAX_ANSWER];
    struct task *next;
};

/* Only the thread that reads the lines makes and forgets tasks; the lock guards the state of the tasks. */
static struct task *tasks;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed; /* on the monotonic clock */

void tasks_init(void)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);
}

/* Waits until the task has ended; false when the time is up. */
static bool ended(struct task *task, const struct timespec *until)
{
    pthread_mutex_lock(&lock);
    while (!task->ended && pthread_cond_timedwait(&changed, &lock, until) != ETIMEDOUT)
        ;
    bool result = task->ended;
    pthread_mutex_unlock(&lock);
    return result;
}

static void *run_task(void *argument)
{
    struct task *task = argument;
    char result[MAX_ANSWER];
    pthread_mutex_lock(&lock);
    task->tid = (pid_t)syscall(SYS_gettid);
    task->started = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    execute(task->line, result);
    pthread_mutex_lock(&lock);
    memcpy(task->answer, result, sizeof result);
    task->ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* The line of the command stands behind the label. */
int start(struct request *r, const char *label, const char *line)
{
    struct task *task = allocate(sizeof *task);
    *task = (struct task){.label = strdup(label), .line = strdup(line), .next = tasks};
    if (pthread_create(&task->thread, NULL, run_task, task) != 0)
        return malformed(r, "no thread");
    tasks = task;
    pthread_mutex_lock(&lock);
    while (!task->started)
        pthread_cond_wait(&changed, &lock);
    pid_t tid = task->tid;
    pthread_mutex_unlock(&lock);
    return answer(r, "ok tid=%d", (int)tid);
}

int join(struct request *r, const char *label, long limit)
{
    long long began = now_ns();
    struct timespec until = deadline_in_ms(limit);
    for (struct task *task = tasks; task != NULL; task = task->next) {
        if (strcmp(task->label, label) != 0)
            continue;
        if (!ended(task, &until))
            return answer(r, "error PENDING");
        r->is_joined = true;
        return answer(r, "%.4000s join_ms=%lld", task->answer, ms_since(began));
    }
    return malformed(r, "no such label");
}

bool forget_tasks(const struct timespec *until)
{
    for (struct task *task = tasks; task != NULL; task = task->next)
        if (!ended(task, until))
            return false;
    while (tasks != NULL) {
        struct task *task = tasks;
        tasks = task->next;
        pthread_join(task->thread, NULL);
        free(task->label);
        free(task->line);
        free(task);
    }
    return true;
}
