/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_tables.c - the cost of passing a table to the grace period, in batches
 * (tables=batch), on the CPU that frees it.  Callbacks are not counted: they run later, on any CPU.
 */
#include <kern/trap.h>
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>
#include <tests/harness/bench.h>

#define TABLES 256 /* of one removal */

static u64 nr_freed;

/* The tables are mere addresses: no CPU reads or writes them. */
static void bench_freed(struct table_free *tables, paddr_t table)
{
	(void)tables;
	(void)table;
	nr_freed++;
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
	nr_freed = 0;
	table_free_begin(&tables, how, bench_freed);
	start = cost_now();
	for (unsigned i = 1; i <= TABLES; i++)
		table_free_one(&tables, (paddr_t)i << page_shift());
	table_free_finish(&tables);
	cost = cost_now() - start;
	table_free_end(&tables);
	if (nr_freed == TABLES && !tables.waits)
		bench_line(b->name, cost / TABLES, cost_unit());
	else
		kprintf("# bench %s failed: %lu of %u tables were freed, %lu waits\n", b->name,
			nr_freed, TABLES, tables.waits);
}

static const struct bench free_deferred = {
	.name = "tables.free_deferred",
	.what = "a table of a removal passed to the grace period, on the CPU that frees it",
	.run = run_free_deferred,
};
BENCH(tables_free_deferred, free_deferred);
