// Tells callgrind where the calls of a row begin and end: see python_instructions.py.
#include <valgrind/callgrind.h>

void start(void)
{
    CALLGRIND_ZERO_STATS;
}

void stop(const char *name)
{
    CALLGRIND_DUMP_STATS_AT(name);
}
