/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/counter/main.c - counters that read wrong values as their errata describe: the
 * corrected value is between the counter's true values before and after the call.  A single read is
 * not.
 */
#include <counter.h>
#include <lib/types.h>
#include <stdio.h>
#include <sysreg.h>

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

/* During a carry into bit 32: the upper half is the new one, the lower half the old one. */
static u64 read_carry(void)
{
	u64 before = truth, now = passes();

	if (before >> 32 == now >> 32 || next_noise() % 2)
		return right(now);
	return wrong((now & ~0xfffffffful) | (u32)before);
}

/* Any value while the counter changes, never the same one twice. */
static u64 read_twice(void)
{
	u64 before = truth, now = passes();

	return now != before && next_noise() % 2
		       ? wrong(now ^ (1ul << next_noise() % 40) ^ wrong_reads << 41)
		       : right(now);
}

/* Off by 32 or more in either direction, at most twice in a row. */
static u64 read_near(void)
{
	u64 now = passes();

	if (row_of_wrong == 2 || next_noise() % 4)
		return right(now);
	return wrong(next_noise() % 2 ? now + (32 + wrong_reads % 1000 * 32)
				      : now - (32 + wrong_reads % 1000 * 32));
}

/* Around a carry out of bit 9 all bits below are zeroes or ones; those above are the old or the new
 * ones. */
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

/* The number of wrong reads. */
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

/*
 * All reads are wrong: the loop ends after as many repetitions as in Linux (Kconfig and
 * arm_arch_timer.c): 200 comparisons of neighbours, 50 of pairs, 150 more reads.
 */
static u64 reads;

static u64 read_never_right(void)
{
	return ++reads << 41; /* far apart, with equal low bits */
}

static const unsigned most_reads[ARRAY_SIZE(rows)] = { 2, 1 + 200, 2 * 50, 1 + 150 };

/*
 * The exact values that are accepted: two equal consecutive reads; the second of a pair if it is
 * less than 32 ahead; bits 8:0 that are neither all zeros nor all ones; the first of two reads with
 * a carry into bit 32 between them.
 */
static const struct {
	u32 row;
	u64 read[5];
	u64 taken;
	unsigned reads;
} edges[] = {
	{ COUNTER_TWICE, { 7, 7 }, 7, 2 },
	{ COUNTER_TWICE, { 7, 8, 8 }, 8, 3 },
	{ COUNTER_TWICE, { 7, 8, 7, 7 }, 7, 4 },
	{ COUNTER_NEAR, { 100, 100 }, 100, 2 },
	{ COUNTER_NEAR, { 100, 131 }, 131, 2 },
	{ COUNTER_NEAR, { 100, 132, 140, 141 }, 141, 4 },
	{ COUNTER_NEAR, { 100, 99, 140, 141 }, 141, 4 },
	{ COUNTER_LOW_BITS, { 0x201 }, 0x201, 1 },
	{ COUNTER_LOW_BITS, { 0x1fe }, 0x1fe, 1 },
	{ COUNTER_LOW_BITS, { 0x200, 0x202 }, 0x202, 2 },
	{ COUNTER_LOW_BITS, { 0x1ff, 0x3ff, 0x401 }, 0x401, 3 },
	{ COUNTER_CARRY, { 0xfffffff0, 0xfffffff4 }, 0xfffffff4, 2 },
	{ COUNTER_CARRY, { 0xfffffff0, 0x1fffffff4 }, 0xfffffff0, 2 },
	{ COUNTER_CARRY, { 0x100000000, 0x100000001 }, 0x100000001, 2 },
};
static unsigned edge;

static u64 read_edge(void)
{
	return reads < ARRAY_SIZE(edges[edge].read) ? edges[edge].read[reads++] : 0;
}

static unsigned count_edges(void)
{
	unsigned bad = 0;

	for (edge = 0; edge < ARRAY_SIZE(edges); edge++) {
		u64 taken;

		reads = 0;
		taken = counter_mend(edges[edge].row, read_edge);
		if (taken == edges[edge].taken && reads == edges[edge].reads)
			continue;
		printf("# FAIL edge %u: %lx after %lu reads\n", edge, taken, reads);
		bad++;
	}
	return bad;
}

extern u32 arm_counter_rows;
u64 arm_counter_mended(void);

/* The register itself is read after an ISB, as often as the row requires. */
unsigned fake_reads, fake_isbs;
bool fake_early;

u64 fake_read(void)
{
	fake_early |= !fake_isbs;
	return ++fake_reads;
}

static unsigned count_early(void)
{
	arm_counter_rows = COUNTER_CARRY;
	return arm_counter_mended() != 2 || fake_reads != 2 || fake_early;
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
		failed += reads != most_reads[i];
	}
	failed += count_edges() + count_early();
	printf("counter: %u not so\n", failed);
	return failed != 0;
}
