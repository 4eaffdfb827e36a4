/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables=batch - the tables of one removal are released together, after one grace period.  Without
 * memory for the batch each table waits for an interrupt on every CPU (S3-20), which does not wait
 * for read sections, so walkers in one are not safe then.
 */
#include <lib/atomic.h>
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>

static void free_batched(struct table_free *f, paddr_t table)
{
	if (table_batch_add(f, table))
		return;
	atomic_fetch_add_relaxed(&f->waits, 1);
	grace_sync_irqs();
	table_release(f, table);
}

static const struct tables_scheme batch = {
	.s = { .name = "batch",
	       .claim = "a batch and a grace period; without memory an interrupt on every CPU",
	       .linux_peer = "tlb_remove_table(), tlb_remove_table_one()",
	       .promises = PROMISE_IRQS_OFF },
	.free = free_batched,
	.finish = table_batch_defer,
};
TABLES_SCHEME(batch, batch);
