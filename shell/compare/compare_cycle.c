/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare_cycle.c - the same add, online, offline and remove under each scheme of an
 * axis.  Counts are exact, costs are of the second of two cycles: the first is slowed by memory
 * that an emulator or a cache accesses for the first time.
 *
 * The memory is absent before and after each scheme, so the order of the schemes does not matter.
 * Unsafe schemes of the other axes are left out: a removal under one of them could crash the
 * machine.  One of remove= is measured, because no other CPU uses the struct pages of the range.
 */
#include <kern/trap.h>
#include <lib/printf.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/memmap/memmap.h>
#include <mm/vmalloc/vmalloc.h>
#include <shell/compare/compare.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <shell/target.h>

/* Chosen once for all rows. */
static struct {
	paddr_t pa;
	u64 len;
	unsigned node;
} cycle;

/* Without a target: the first blocks that can be added, at most 1 GiB, because a cycle of more
 * takes minutes under an emulator. */
static int choose(const struct command_line *line, struct why *why)
{
	u64 most = max_u64(GiB, layout.block_bytes);

	if (line->has_target) {
		cycle.pa = line->start;
		cycle.len = line->len;
		cycle.node = target_node(line, cycle.pa);
		return 0;
	}
	if (addable_blocks(most, &cycle.pa, &cycle.len, &cycle.node))
		return 0;
	return refuse(why, ENOENT, "no whole block is withheld and absent");
}

static int cycle_begin(const struct command_line *line, char *subject, size_t size, struct why *why)
{
	int err = choose(line, why);

	if (!err)
		snprintf(subject, size, " %s, costs in %s", range_text(cycle.pa, cycle.len).text,
			 compare_unit());
	return err;
}

/* In the order of the columns. */
enum { TLBIS, WAITS, TABLES, OLD_KIB, UP, DOWN, EARLY };

#define CYCLE_COLUMNS                                                                              \
	[TLBIS] = { "tlbis", "TLBIs", 7, COMPARE_COUNT, NULL },                                    \
	[WAITS] = { "waits", NULL, 5, COMPARE_COUNT, NULL },                                       \
	[TABLES] = { "tables", NULL, 6, COMPARE_COUNT, NULL },                                     \
	[OLD_KIB] = { "old_kib", "old KiB", 8, COMPARE_COUNT, NULL },                              \
	[UP] = { "up", NULL, 9, COMPARE_COST, NULL },                                              \
	[DOWN] = { "down", NULL, 9, COMPARE_COST, NULL }

static const struct compare_column columns[] = { CYCLE_COLUMNS, { 0 } };
static const struct compare_column remove_columns[] = {
	CYCLE_COLUMNS,
	[EARLY] = { "early", NULL, 5, COMPARE_COUNT,
		    "frames of struct pages freed before their invalidation" },
	{ 0 },
};

/* Offline and remove. */
static int offline_remove(const struct hotplug_opts *opts, u64 value[], struct why *why)
{
	struct hotplug_report report;
	u64 start = cost_now();
	int err = hotplug_offline(cycle.pa, cycle.len, NULL, why);

	if (!err)
		err = hotplug_remove(cycle.pa, cycle.len, opts, &report, why);
	if (err)
		return err;
	value[DOWN] = cost_now() - start;
	value[TLBIS] += report.tlbi_ops;
	value[WAITS] += report.waits;
	value[EARLY] = report.early;
	return 0;
}

/* After a failed online or offline the range is removed again if possible, so that it is absent for
 * the next scheme. */
static int run_cycle(const struct hotplug_opts *opts, u64 value[], struct why *why)
{
	struct hotplug_report report;
	u64 tables = table_pages(), start = cost_now();
	int err = hotplug_add(cycle.pa, cycle.len, cycle.node, opts, &report, why);

	if (err)
		return err;
	value[TABLES] = table_pages() - tables;
	value[OLD_KIB] = report.memmap_host_bytes >> 10;
	value[TLBIS] = report.tlbi_ops;
	value[WAITS] = report.waits;
	err = hotplug_online(cycle.pa, cycle.len, ZONE_MOVABLE, NULL, why);
	value[UP] = cost_now() - start;
	if (!err)
		err = offline_remove(opts, value, why);
	if (err)
		hotplug_remove(cycle.pa, cycle.len, opts, NULL, NULL);
	return err;
}

/* memmap= and remove= are options of the add; tlb= and vmalloc= are global, and no other CPU needs
 * them meanwhile, because only this one changes memory. */
static int cycle_measure(const struct axis *a, const struct scheme *s, u64 value[COMPARE_COLUMNS],
			 struct why *why)
{
	const struct tlb_scheme *tlb = tlb_selected();
	const struct vmalloc_scheme *vmalloc = vmalloc_selected();
	struct hotplug_opts opts;
	const void *scheme = s;
	int err;

	hotplug_opts_default(&opts);
	opts.memmap_now = true; /* costs of all of the work */
	if (a->arg == ARG_TLB)
		tlb_select(scheme);
	else if (a->arg == ARG_MEMMAP)
		opts.memmap = scheme;
	else if (a->arg == ARG_REMOVE)
		opts.remove = scheme;
	else
		vmalloc_select(scheme);
	err = run_cycle(&opts, value, why);
	if (!err)
		err = run_cycle(&opts, value, why);
	tlb_select(tlb);
	vmalloc_select(vmalloc);
	return err;
}

#define CYCLE(id, of, wrong)                                                                       \
	static const struct comparison cycle_##id = {                                              \
		.axis = #id,                                                                       \
		.table = "cycle",                                                                  \
		.what = "add, online, offline, remove",                                            \
		.columns = of,                                                                     \
		.unsafe = wrong,                                                                   \
		.begin = cycle_begin,                                                              \
		.measure = cycle_measure,                                                          \
		.note = "up: add, online; down: offline, remove; tables: allocated by the add; "   \
			"old KiB: struct pages stored in memory that was present before",          \
	};                                                                                         \
	COMPARISON(cycle_##id, cycle_##id)

CYCLE(tlb, columns, false);
CYCLE(memmap, columns, false);
CYCLE(remove, remove_columns, true);
CYCLE(vmalloc, columns, false);
