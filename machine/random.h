/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/random.h - makes every choice of the machine, so that a seed replays it.
 * xorshift64* (Marsaglia 2003, Vigna 2016).
 */
#pragma once
#include <lib/types.h>

extern u64 random_state; /* never 0 */

static inline u64 random_u64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dul;
}

/* 0 to n - 1; n is at least 1 and below 2^32 */
static inline u64 random_below(u64 n)
{
	return (random_u64() >> 32) * n >> 32;
}

static inline bool one_in(u64 n)
{
	return random_below(n) == 0;
}

static inline void random_seed(u64 seed)
{
	random_state = (seed + 1) * 0x9e3779b97f4a7c15ul;
	if (!random_state)
		random_state = 1;
	for (int i = 0; i < 8; i++)
		random_u64();
}
