/* SPDX-License-Identifier: BSD-2-Clause */
/* count.c - each event adds to the totals that pt_tap.h names, and to no other, on each CPU. */
#include "taps.h"
#include <mm/pt/pt_fmt.h>
#include <pthread.h>

enum { EMPTY, LEAF, TABLE, NR };  /* the low bits of the entries of this format */
#define AT_LEVEL(kind) (kind + 4) /* such an entry has this kind at level 2 only */

static enum pt_kind kind_of(pte_t val, unsigned level)
{
	static const enum pt_kind kinds[NR] = { PT_EMPTY, PT_LEAF, PT_TABLE };

	if (val >= AT_LEVEL(EMPTY))
		return level == 2 ? kinds[val - AT_LEVEL(EMPTY)] : PT_EMPTY;
	return kinds[val];
}

static const struct pt_fmt fmt = { .kind = kind_of };
static const struct pt tree = { .fmt = &fmt };

static bool equal(const struct pt_counts *is, const struct pt_counts *wanted)
{
	return !memcmp(is, wanted, sizeof(*is));
}

static struct pt_counts totals(void)
{
	struct pt_counts c;

	memset(&c, 0xa5, sizeof(c));
	pt_count_read(&c);
	return c;
}

/* One event on each of three CPUs; it adds `each`. */
static void add_up(struct pt_event *e, const struct pt_counts *each)
{
	static const unsigned on[] = { 0, 5, PT_TAP_CPUS - 1 };
	struct pt_counts sum = { 0 }, is;

	WANT(!pt_tap_enable("count", true)); /* resets */
	is = totals();
	WANT(equal(&is, &sum));
	for (unsigned i = 0; i < ARRAY_SIZE(on); i++) {
		taps_cpu = on[i];
		WANT(taps_event(e));
		for (unsigned w = 0; w < sizeof(sum) / sizeof(u64); w++)
			((u64 *)&sum)[w] += ((const u64 *)each)[w];
		is = totals();
		WANT(equal(&is, &sum));
	}
	pt_count_reset();
	is = totals();
	WANT(equal(&is, &(struct pt_counts) { 0 }));
}

static void stores(void)
{
	for (unsigned old = 0; old < NR; old++)
		for (unsigned new = 0; new < NR; new ++)
			for (unsigned at = 0; at < 2; at++) {
				struct pt_event e = { .kind = PT_EV_SET,
						      .level = 2,
						      .n = 7,
						      .ops = 11,
						      .walk = true,
						      .provenance = PAGE_TABLE,
						      .pt = &tree };
				struct pt_counts c = { .runs = 1, .cells = 7 };

				e.old = at ? AT_LEVEL(old) : old;
				e.new = at ? AT_LEVEL(new) : new;
				c.events[PT_EV_SET] = 1;
				c.leaves_cleared = old == LEAF ? 7 : 0;
				c.tables_cleared = old == TABLE ? 7 : 0;
				c.leaves_set = new == LEAF ? 7 : 0;
				c.tables_set = new == TABLE ? 7 : 0;
				add_up(&e, &c);
			}
}

/* The same words in each: what an event has no use for adds nothing. */
static void others(void)
{
	static const enum pt_provenance of[] = { PAGE_TABLE, PAGE_BUDDY };

	for (unsigned kind = 0; kind < PT_EV_KINDS; kind++)
		for (unsigned i = 0; i < ARRAY_SIZE(of) * 2; i++) {
			struct pt_event e = { .kind = (u8)kind,
					      .level = 2,
					      .n = 7,
					      .ops = 11,
					      .walk = i & 1,
					      .provenance = (u8)of[i / 2],
					      .old = LEAF,
					      .new = TABLE };
			bool table = of[i / 2] == PAGE_TABLE;
			struct pt_counts c = { 0 };

			if (kind == PT_EV_SET)
				continue;
			c.events[kind] = 1;
			c.tlbi_ops = kind == PT_EV_TLBI ? 11 : 0;
			c.tlbi_walk = kind == PT_EV_TLBI ? i & 1 : 0;
			c.waits = kind == PT_EV_WAIT;
			c.tables_alloc = kind == PT_EV_PAGE_ALLOC && table ? 7 : 0;
			c.tables_free = kind == PT_EV_PAGE_FREE && table ? 7 : 0;
			add_up(&e, &c);
		}
}

#define OFTEN 100000

static void *adds(void *unused)
{
	for (unsigned i = 0; i < OFTEN; i++)
		taps_event(&(struct pt_event) { .kind = PT_EV_WAIT });
	return unused;
}

/* Two that count as the same CPU, like a CPU and its interrupts, lose nothing. */
static void interrupted(void)
{
	pthread_t other;

	WANT(!pt_tap_enable("count", true));
	taps_cpu = 1;
	WANT(!pthread_create(&other, NULL, adds, NULL));
	adds(NULL);
	WANT(!pthread_join(other, NULL));
	WANT(totals().waits == 2 * OFTEN && totals().events[PT_EV_WAIT] == 2 * OFTEN);
}

void check_count(void)
{
	stores();
	others();
	interrupted();
	WANT(!pt_tap_enable("count", false));
	taps_event(&(struct pt_event) { .kind = PT_EV_WAIT });
	WANT(totals().waits == 2 * OFTEN);
}
