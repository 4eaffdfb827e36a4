/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare_vmalloc.c - the cost for vmalloc of each scheme of vmalloc=: areas on 1 to
 * 8 CPUs, idle and while a block is added and removed; how long it holds its lock, and the tables
 * that it keeps.
 */
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <shell/compare/compare.h>
#include <shell/target.h>
#include <tests/bench/vmalloc_meter.h>

#define BLOCKS 8            /* added and removed once, to count the tables that stay */
#define BUDGET 20000000ul   /* of cost_now(), idle */
#define REMOVAL 100000000ul /* ... while blocks are added and removed, which takes part of it */

static struct vmalloc_place place;

/* In the order of the columns. */
enum { IDLE_1, IDLE_2, IDLE_4, IDLE_8, BUSY_2, BUSY_4, BUSY_8, HELD, REMOVAL_HELD, LEFT, LINES };

static const struct compare_column columns[] = {
	[IDLE_1] = { "idle_1", "1 CPU", 5, COMPARE_HUNDRED, NULL },
	[IDLE_2] = { "idle_2", "2", 5, COMPARE_HUNDRED, NULL },
	[IDLE_4] = { "idle_4", "4", 5, COMPARE_HUNDRED, NULL },
	[IDLE_8] = { "idle_8", "8", 5, COMPARE_HUNDRED, NULL },
	[BUSY_2] = { "removal_2", "rm 2", 5, COMPARE_HUNDRED, NULL },
	[BUSY_4] = { "removal_4", "rm 4", 5, COMPARE_HUNDRED, NULL },
	[BUSY_8] = { "removal_8", "rm 8", 5, COMPARE_HUNDRED, NULL },
	[HELD] = { "held", NULL, 6, COMPARE_COST, NULL },
	[REMOVAL_HELD] = { "held_by_removal", "by rm", 6, COMPARE_COST, NULL },
	[LEFT] = { "tables_left", "left", 4, COMPARE_COUNT, NULL },
	[LINES] = { "lines", "loc", 4, COMPARE_COUNT, NULL },
	{ 0 },
};

static int place_begin(const struct command_line *line, char *subject, size_t size, struct why *why)
{
	struct vmalloc_meter cold;
	u64 len;
	int err;

	(void)line;
	if (!addable_blocks(BLOCKS * layout.block_bytes, &place.pa, &len, &place.node))
		return refuse(why, ENOENT, "no whole block is withheld and absent");
	place.blocks = len / layout.block_bytes;
	if ((err = vmalloc_meter_run(vmalloc_selected(), 1, NULL, BUDGET, &cold, why)))
		return err; /* the first run after boot is the slowest of all */
	snprintf(subject, size, " in a %s",
		 strcmp(cost_unit(), "ns") ? "million instructions" : "millisecond");
	return 0;
}

/* The value stays COMPARE_NONE if there are fewer CPUs. */
static int rate(const struct vmalloc_scheme *s, unsigned cpus, bool busy, u64 value[],
		unsigned column, struct why *why)
{
	struct vmalloc_meter m;
	int err;

	if (cpus > cpus_online_nr())
		return 0;
	err = vmalloc_meter_run(s, cpus, busy ? &place : NULL, busy ? REMOVAL : BUDGET, &m, why);
	if (err)
		return err;
	value[column] = m.cost ? m.areas * 100000000 / m.cost : COMPARE_NONE;
	if (s->enter && cpus > 1)
		value[HELD] = value[HELD] == COMPARE_NONE ? m.held : max_u64(value[HELD], m.held);
	if (m.held_by_removal)
		value[REMOVAL_HELD] = m.held_by_removal;
	return 0;
}

static void note_lines(const struct scheme *scheme, u64 *lines)
{
	for (const struct code_lines *c = vmalloc_code_lines; c->scheme; c++)
		if (!strcmp(c->scheme, scheme->name))
			*lines = c->lines;
}

static int vmalloc_measure(const struct axis *a, const struct scheme *scheme,
			   u64 value[COMPARE_COLUMNS], struct why *why)
{
	const struct vmalloc_scheme *s = (const void *)scheme;
	int err = 0;

	(void)a;
	note_lines(scheme, &value[LINES]);
	for (unsigned i = 0; !err && i < 4; i++)
		err = rate(s, 1u << i, false, value, IDLE_1 + i, why);
	for (unsigned i = 1; !err && i < 4; i++)
		err = rate(s, 1u << i, true, value, BUSY_2 + i - 1, why);
	return err ? err : vmalloc_meter_tables(s, &place, &value[LEFT], why);
}

static const struct comparison areas = {
	.axis = "vmalloc",
	.table = "areas",
	.what = "areas allocated and freed",
	.columns = columns,
	.begin = place_begin,
	.measure = vmalloc_measure,
	.note = "Areas of a page, by all CPUs.  1 CPU to 8: without removals.  rm: the boot "
		"CPU adds and removes a block all the time.  held: longest hold of the scheme's "
		"lock by vmalloc, and by a removal; -: it has none.  left: page tables that stay "
		"after 8 blocks were added and removed.  loc: lines of code of the scheme's file.",
};
COMPARISON(areas, areas);
