/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/counter/main.c - counters that read wrong values as their errata describe: the
 * corrected value is between the counter's true values before and after.  With a single read it
 * is not.
 */
#include <counter.h>
#include <lib/types.h>
#include <stdio.h>

static u64 truth, step, wrong_reads, row_of_wrong;
static u32 noise;

static u32 next_noise(void)
{
	noise = noise * 1664525 + 1013904223;
	return noise >> 8;
}

static u64 passes(void)
{
	truth += step ? next_noise() % (step + 1) : 0;
	return truth;
}

static u64 wrong(u64 value)
{
	wrong_reads++;
	row_of_wrong++;
	return value;
}

static u64 right(u64 value)
{
	row_of_wrong = 0;
	return value;
}

/* During a carry into bit 32: the upper half of after, the lower one of before. */
static u64 read_carry(void)
{
	u64 before = truth, now = passes();

	if (before >> 32 == now >> 32 || next_noise() % 2)
		return right(now);
	return wrong((now & ~0xfffffffful) | (u32)before);
}

/* Any value while the counter changes: never twice the same. */
static u64 read_twice(void)
{
	u64 before = truth, now = passes();

	return now != before && next_noise() % 2
		       ? wrong(now ^ (1ul << next_noise() % 40) ^ wrong_reads << 41)
		       : right(now);
}

/* Far off in either direction, at most twice in a row. */
static u64 read_near(void)
{
	u64 now = passes();

	if (row_of_wrong == 2 || next_noise() % 4)
		return right(now);
	return wrong(next_noise() % 2 ? now + (64 + wrong_reads % 1000 * 64)
				      : now - (64 + wrong_reads % 1000 * 64));
}

/* Around a carry out of bit 9 all bits below are zeroes or ones, those above of before or after. */
static u64 read_low_bits(void)
{
	u64 now = passes(), at = now & 0x3ff;

	if (at != 0x3ff && at != 0)
		return right(now);
	return wrong(next_noise() % 2 ? (now | 0xfff) : (now & ~0xffful));
}

static const struct {
	const char *name;
	u32 row;
	u64 (*read)(void);
	u64 begin, step;
} rows[] = {
	{ "counter-carry", COUNTER_CARRY, read_carry, 0x4ffffff00, 2 },
	{ "counter-twice", COUNTER_TWICE, read_twice, 1000000, 1 },
	{ "counter-near", COUNTER_NEAR, read_near, 1000000, 3 },
	{ "counter-low-bits", COUNTER_LOW_BITS, read_low_bits, 0x77c0, 1 },
};

static u64 once(u32 row, u64 (*read)(void))
{
	(void)row;
	return read();
}

/* How many of the reads are wrong. */
static unsigned count(unsigned i, u64 (*how)(u32, u64 (*)(void)))
{
	unsigned outside = 0;

	truth = rows[i].begin;
	step = rows[i].step;
	wrong_reads = row_of_wrong = 0;
	for (unsigned n = 0; n < 100000; n++) {
		u64 before = truth, v;

		if (n % 500 == 0)
			truth = rows[i].begin; /* the carry again */
		before = truth;
		v = how(rows[i].row, rows[i].read);
		outside += v < before || v > truth;
	}
	return outside;
}

/* No read is ever right: the loop must end nevertheless. */
static u64 reads;

static u64 read_never_right(void)
{
	return ++reads << 41; /* far apart, low bits alike */
}

int main(void)
{
	unsigned failed = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned by_row = count(i, counter_mend), by_one = count(i, once);

		printf("%s: %u of 100000 wrong, %u with one read\n", rows[i].name, by_row, by_one);
		failed += by_row != 0 || by_one == 0;
		reads = 0;
		counter_mend(rows[i].row, read_never_right);
		failed += reads > 201;
	}
	printf("counter: %u not so\n", failed);
	return failed != 0;
}
