/* A histogram of durations: 64 steps for each power of two, so a quantile is exact to 1.6 %. */

#include <stdint.h>

enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS };

typedef struct {
    uint64_t total;
    uint64_t counts[(64 - STEP_BITS + 1) * STEPS];
} histogram;

static unsigned histogram_slot(uint64_t ns)
{
    if (ns < STEPS)
        return (unsigned)ns;
    unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - STEP_BITS;
    return (shift + 1) * STEPS + (unsigned)((ns >> shift) - STEPS);
}

static void histogram_add(histogram *h, uint64_t ns)
{
    h->counts[histogram_slot(ns)]++;
    h->total++;
}

/* The middle of the slot below which `share` of the durations are, in nanoseconds; 0 when there are none. */
static double histogram_quantile(const histogram *h, double share)
{
    uint64_t below = 0, wanted = (uint64_t)((double)h->total * share);
    for (unsigned slot = 0; slot < sizeof h->counts / sizeof *h->counts; slot++) {
        below += h->counts[slot];
        if (h->counts[slot] != 0 && below > wanted) {
            if (slot < STEPS)
                return slot;
            unsigned shift = slot / STEPS - 1;
            return ((double)(slot % STEPS + STEPS) + 0.5) * (double)(1ull << shift);
        }
    }
    return 0;
}
