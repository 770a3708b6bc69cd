/* What a process uses, processor time and memory; and how busy processors are. */

#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* The seconds that a process, all its threads together, has run on a processor; 0 without a process. */
static double processor_seconds(pid_t process)
{
    clockid_t clock;
    struct timespec ran;
    if (process == 0 || clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &ran) != 0)
        return 0;
    return (double)ran.tv_sec + (double)ran.tv_nsec / 1e9;
}

/* The seconds that a processor has been busy, with all processes but those of lower priority than usual, or was lent to
 * another virtual machine; in steps of a clock tick. 0 where that is not known. */
static double busy_seconds(int processor)
{
    char line[512], name[32];
    double busy = 0;
    int length = snprintf(name, sizeof name, "cpu%d ", processor);
    FILE *facts = fopen("/proc/stat", "r");
    if (facts == NULL)
        return 0;
    while (fgets(line, sizeof line, facts) != NULL) {
        unsigned long long user, nice, kernel, idle, waits, hard, soft, stolen;
        if (strncmp(line, name, (size_t)length) != 0)
            continue;
        if (sscanf(line + length, "%llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &kernel, &idle, &waits, &hard, &soft, &stolen) == 8)
            busy = (double)(user + kernel + hard + soft + stolen) / (double)sysconf(_SC_CLK_TCK);
        break;
    }
    fclose(facts);
    return busy;
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
