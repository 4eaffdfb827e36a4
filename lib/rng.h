/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/rng.h - a small seeded generator (splitmix64): the same seed gives the same run. */
#pragma once
#include <lib/types.h>

struct rng {
	u64 state;
};

static inline u64 rng_next(struct rng *r)
{
	u64 z = (r->state += 0x9e3779b97f4a7c15ul);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
	return z ^ (z >> 31);
}

/* Uniform enough for tests; n > 0. */
static inline u64 rng_below(struct rng *r, u64 n)
{
	return rng_next(r) % n;
}
