/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_tables.c - what it costs the CPU that frees a table to hand it to the grace
 * period, in batches (tables=batch).  Callbacks are not counted: they run later, and elsewhere.
 */
#include <kern/trap.h>
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>
#include <tests/harness/bench.h>

#define TABLES 256 /* of one removal */

static u64 came_back;

/* The tables are addresses alone: nobody reads or writes them. */
static void bench_came_back(struct table_free *tables, paddr_t table)
{
	(void)tables;
	(void)table;
	came_back++;
}

static void run_free_deferred(const struct bench *b)
{
	static struct table_free tables;
	struct why why = { 0 };
	const struct tables_scheme *how = tables_scheme_find("batch", &why);
	u64 start, cost;

	if (!how) {
		kprintf("# bench %s failed: %s\n", b->name, why.text);
		return;
	}
	came_back = 0;
	table_free_begin(&tables, how, bench_came_back);
	start = cost_now();
	for (unsigned i = 1; i <= TABLES; i++)
		table_free_one(&tables, (paddr_t)i << page_shift());
	table_free_finish(&tables);
	cost = cost_now() - start;
	table_free_end(&tables);
	if (came_back == TABLES && !tables.waits)
		bench_line(b->name, cost / TABLES, cost_unit());
	else
		kprintf("# bench %s failed: %lu of %u tables came back, %lu waits\n", b->name,
			came_back, TABLES, tables.waits);
}

static const struct bench free_deferred = {
	.name = "tables.free_deferred",
	.what = "a table of a removal handed to the grace period, on the CPU that frees it",
	.run = run_free_deferred,
};
BENCH(tables_free_deferred, free_deferred);
