/*
 * draw.c - see draw.h. splitmix64 over the seed and the purpose; Box and Muller for the
 * bell, its exponential for durations: they are skewed to the slow side and never below
 * zero. Nothing can fail.
 */
#include "forecast/draw.h"

#include <math.h>

#define Z_95      1.6448536 /* standard normal quantiles */
#define Z_999     3.0902323
#define SIGMA_MAX 2.0
#define TAU       6.283185307179586

static uint64_t mixed(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double draw_even(uint64_t seed, int target, int index, enum draw_purpose purpose)
{
    uint64_t about = (uint64_t)(unsigned)target << 24 | (uint64_t)(unsigned)index << 8 |
                     (uint64_t)purpose;
    return (double)(mixed(mixed(seed) ^ mixed(about)) >> 11) * 0x1.0p-53;
}

double draw_sigma(int64_t typical_ms, int64_t slow_ms, int samples)
{
    if (typical_ms <= 0 || slow_ms <= typical_ms)
        return 0;
    double sigma =
        log((double)slow_ms / (double)typical_ms) / (samples > 0 ? Z_95 : Z_999);
    return sigma < SIGMA_MAX ? sigma : SIGMA_MAX;
}

int64_t draw_time(uint64_t seed, int target, int index, int64_t typical_ms, double sigma,
                  int64_t most_ms)
{
    double drawn = (double)typical_ms;
    if (sigma > 0) {
        double u = draw_even(seed, target, index, DRAW_TIME);
        double v = draw_even(seed, target, index, DRAW_TIME_TOO);
        drawn *= exp(sigma * sqrt(-2 * log(1 - u)) * cos(TAU * v));
    }
    return drawn < (double)most_ms ? (int64_t)drawn : most_ms;
}
