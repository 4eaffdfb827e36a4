/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare_tables.c - when a table is freed that CPUs may walk without a lock (S3-20):
 * walkers that found a freed one, by their protection, and the cost of a removal.
 */
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <shell/compare/compare.h>
#include <tests/gup/gup_race.h>

/* In the order of the columns. */
enum { WALKS, IRQS, SECTION, NO_IRQS, NO_SECTION, FREED, CALLBACKS, WAITS, MOST, COST };

static const struct compare_column columns[] = {
	[WALKS] = { "walks", NULL, 5, COMPARE_COUNT, NULL },
	[IRQS] = { "irqs_off", "irqs", 4, COMPARE_COUNT,
		   "of these found a table that was freed, with interrupts off" },
	[SECTION] = { "read_section", "sect", 4, COMPARE_COUNT, "in a read section" },
	[NO_IRQS] = { "irqs_off_no_memory", "irqs!", 5, COMPARE_COUNT,
		      "the same two if a batch has no memory" },
	[NO_SECTION] = { "read_section_no_memory", "sect!", 5, COMPARE_COUNT, NULL },
	[FREED] = { "tables", "freed", 5, COMPARE_COUNT, "tables, beside walks in sections" },
	[CALLBACKS] = { "callbacks", "calls", 5, COMPARE_COUNT, "that freed them" },
	[WAITS] = { "waits", NULL, 5, COMPARE_COUNT, "instead of a callback, for one table" },
	[MOST] = { "most", NULL, 4, COMPARE_COUNT, "tables waiting to be freed at one time" },
	[COST] = { "removal", "cost", 6, COMPARE_COST, NULL },
	{ 0 },
};

static int tree_begin(const struct command_line *line, char *subject, size_t size, struct why *why)
{
	static struct test_run taker;

	(void)line;
	if (cpus_online_nr() < 2)
		return refuse(why, ENODEV, "needs two CPUs: one walks while another frees");
	taker = (struct test_run) { 0 };
	if (!gup_tree_take(&taker))
		return refuse(why, ENOMEM, "%s", taker.skip);
	snprintf(subject, size, ", CPUs: %u, cost in %s", cpus_online_nr(), compare_unit());
	return 0;
}

static int tables_measure(const struct axis *a, const struct scheme *s, u64 value[COMPARE_COLUMNS],
			  struct why *why)
{
	const void *scheme = s;
	struct gup_race irqs, section, no_irqs, no_section;

	(void)a;
	(void)why;
	gup_race_run(scheme, GUP_IRQS_OFF, true, &no_irqs);
	gup_race_run(scheme, GUP_READ_SECTION, true, &no_section);
	gup_race_run(scheme, GUP_IRQS_OFF, false, &irqs);
	gup_race_run(scheme, GUP_READ_SECTION, false, &section);
	value[WALKS] = section.walks;
	value[IRQS] = irqs.caught;
	value[SECTION] = section.caught;
	value[NO_IRQS] = no_irqs.caught;
	value[NO_SECTION] = no_section.caught;
	value[FREED] = section.tables;
	value[CALLBACKS] = section.callbacks;
	value[WAITS] = section.waits;
	value[MOST] = section.most;
	value[COST] = section.cost;
	return 0;
}

static const struct comparison tables = {
	.axis = "tables",
	.table = "walkers",
	.what = "free tables under walkers without a lock",
	.columns = columns,
	.unsafe = true,
	.begin = tree_begin,
	.measure = tables_measure,
	.end = gup_tree_give,
};
COMPARISON(tables, tables);
