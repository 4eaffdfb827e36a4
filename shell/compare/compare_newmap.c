/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare_newmap.c - how CPUs observe a new mapping: fences, faults and retries of
 * each scheme, on 1 to 8 CPUs (tests/bench/newmap_meter.h).
 */
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/compare/compare.h>
#include <tests/bench/newmap_meter.h>

#define MAPS 256u

/* In the order of the columns. */
enum { FENCES, INVALS, OWN, OTHERS_2, OTHERS_4, OTHERS_8, RETRIES, MOST, MAP_COST, LOAD_COST };

static const struct compare_column columns[] = {
	[FENCES] = { "fences", NULL, 6, COMPARE_COUNT, "of the CPU that maps" },
	[INVALS] = { "invals", NULL, 6, COMPARE_COUNT, "of every CPU, at the map" },
	[OWN] = { "own", NULL, 4, COMPARE_COUNT, "loads of the CPU that maps that faulted" },
	[OTHERS_2] = { "others_2", "2 CPUs", 6, COMPARE_COUNT,
		       "loads of the others that faulted, with so many CPUs together" },
	[OTHERS_4] = { "others_4", "4", 4, COMPARE_COUNT, NULL },
	[OTHERS_8] = { "others_8", "8", 4, COMPARE_COUNT, NULL },
	[RETRIES] = { "retries", "again", 5, COMPARE_COUNT, "retries of all loads" },
	[MOST] = { "most", NULL, 4, COMPARE_COUNT, "retries of one load" },
	[MAP_COST] = { "map", NULL, 6, COMPARE_HUNDRED, "cost of a map" },
	[LOAD_COST] = { "load", NULL, 6, COMPARE_HUNDRED, "cost of a load that faulted" },
	{ 0 },
};

static int newmap_begin(const struct command_line *line, char *subject, size_t size,
			struct why *why)
{
	(void)line;
	(void)why;
	snprintf(subject, size, ", %u times; cost in %s", MAPS,
		 strcmp(cost_unit(), "ns") ? "K instr" : "us");
	return 0;
}

/* In hundredths of a thousand. */
static u64 mean(u64 cost, u64 nr)
{
	return nr ? cost / nr / 10 : COMPARE_NONE;
}

static int newmap_measure(const struct axis *a, const struct scheme *scheme,
			  u64 value[COMPARE_COLUMNS], struct why *why)
{
	(void)a;
	for (unsigned i = 0; i < 4 && 1u << i <= cpus_online_nr(); i++) {
		struct newmap_meter m;
		int err =
			newmap_meter_run((const void *)scheme, cpus_first(1u << i), MAPS, &m, why);

		if (err)
			return err;
		value[FENCES] = m.fences;
		value[INVALS] = m.invals;
		value[OWN] = m.own;
		if (i)
			value[OTHERS_2 + i - 1] = m.others;
		value[RETRIES] = m.retries;
		value[MOST] = m.most;
		value[MAP_COST] = mean(m.cost, MAPS);
		value[LOAD_COST] = mean(m.fault_cost, m.faulted);
	}
	return 0;
}

static const struct comparison newmap = {
	.axis = "newmap",
	.table = "maps",
	.what = "map a page where each CPU faulted",
	.columns = columns,
	.begin = newmap_begin,
	.measure = newmap_measure,
	.note = "Up to `own`, `again` and `most` are those of the run with the most CPUs.  A CPU "
		"faults if it has cached the failed walk, which no emulator does.",
};
COMPARISON(newmap, newmap);
