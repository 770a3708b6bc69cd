/* A line that shows how a transfer goes: rewritten in a terminal, printed once at the end otherwise. */
#ifndef UPLOAD_PROGRESS_H
#define UPLOAD_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct progress {
    const char *name;
    double size, done, start, shown;
    int timeouts;
    bool terminal;
};

static inline double progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline struct progress progress_begin(const char *name, double size)
{
    double now = progress_clock();
    return (struct progress){.name = name, .size = size, .start = now, .shown = now, .terminal = isatty(1)};
}

static inline void progress_show(struct progress *p, const char *remark)
{
    enum { WIDTH = 30 };
    double seconds = progress_clock() - p->start, part = p->size > 0 ? p->done / p->size : 1;
    p->shown = p->start + seconds;
    printf("\r%s ", p->name);
    for (int i = 0; i < WIDTH; i++)
        fputs(i < part * WIDTH ? "━" : "─", stdout);
    printf(" %3.0f %%  %.1f of %.1f MB  %.1f MB/s%s\033[K", part * 100, p->done / 1e6, p->size / 1e6, p->done / 1e6 / seconds,
           remark);
    fflush(stdout);
}

static inline void progress_add(struct progress *p, size_t bytes)
{
    p->done += (double)bytes;
    if (p->terminal && progress_clock() - p->shown >= 0.1) /* ten times a second is as fast as anyone reads */
        progress_show(p, "");
}

static inline void progress_timeout(struct progress *p)
{
    p->timeouts++;
    if (p->terminal)
        progress_show(p, "  waiting for the server");
}

static inline void progress_end(const struct progress *p)
{
    double seconds = progress_clock() - p->start;
    printf("%s%s: %.1f MB in %.1f s, %.1f MB/s", p->terminal ? "\r\033[K" : "", p->name, p->done / 1e6, seconds,
           p->done / 1e6 / seconds);
    if (p->timeouts > 0)
        printf(", resumed after %d timeout%s", p->timeouts, p->timeouts > 1 ? "s" : "");
    printf("\n");
}

#endif
