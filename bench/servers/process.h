/* What a process uses: processor time and memory. */

#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* The seconds that a process, all its threads together, has run on a processor; 0 without a process. */
static double processor_seconds(pid_t process)
{
    clockid_t clock;
    struct timespec ran;
    if (process == 0 || clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &ran) != 0)
        return 0;
    return (double)ran.tv_sec + (double)ran.tv_nsec / 1e9;
}

/* A number of a file like /proc/PID/status, which has a line `FIELD: NUMBER`; -1 when it is not there. */
static long process_fact(pid_t process, const char *file, const char *field)
{
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)process, file);
    FILE *facts = fopen(path, "r");
    if (facts == NULL)
        return -1;
    size_t length = strlen(field);
    while (value < 0 && fgets(line, sizeof line, facts) != NULL)
        if (strncmp(line, field, length) == 0 && line[length] == ':')
            sscanf(line + length + 1, "%ld", &value);
    fclose(facts);
    return value;
}
