/* A race on purpose: helgrind must find it, or what it does not find elsewhere proves nothing. Run by run.sh only. */
#include "harness.h"

static int shared;

static void add(void *argument)
{
    (void)argument;
    for (int i = 0; i < 1000; i++)
        shared++;
}

int main(void)
{
    struct worker one, other;
    start(&one, add, NULL);
    start(&other, add, NULL);
    join(&one);
    join(&other);
    printf("%d passed, 0 failed\n", shared > 0);
    return 0;
}
