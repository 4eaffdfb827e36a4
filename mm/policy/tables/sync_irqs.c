/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables=interrupt - every table waits for an interrupt on every CPU: no memory and no callback,
 * but one interrupt of every CPU for each table.
 */
#include <lib/atomic.h>
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>

static void free_after_interrupt(struct table_free *f, paddr_t table)
{
	atomic_fetch_add_relaxed(&f->waits, 1);
	grace_sync_irqs();
	table_release(f, table);
}

static const struct tables_scheme interrupt = {
	.s = { .name = "interrupt",
	       .claim = "a table is released after an interrupt on every CPU",
	       .linux_peer = "tlb_remove_table_sync_one()",
	       .promises = PROMISE_IRQS_OFF },
	.free = free_after_interrupt,
};
TABLES_SCHEME(interrupt, interrupt);
