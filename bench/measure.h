/* What the C benchmarks share. Each includes it after <polysock/polysock.h>. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void must(long code)
{
    if (code < 0) {
        perror("bench");
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Says that a round is over, at once, so that program.py can show how far it is. */
static __attribute__((unused)) void end_round(void)
{
    puts("round over");
    fflush(stdout);
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Measures the rows whose names arrive on standard input, one a line, and answers each with its nanoseconds: that is how
 * bench/quick.py takes turns between two builds of the library. */
static __attribute__((unused)) int measure_on_request(double (*measure)(const char *row))
{
    char row[100];
    while (fgets(row, sizeof row, stdin)) {
        row[strcspn(row, "\n")] = '\0';
        printf("%.2f\n", measure(row));
        fflush(stdout);
    }
    return 0;
}
