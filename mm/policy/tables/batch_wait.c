/* SPDX-License-Identifier: BSD-2-Clause */
/* tables=batch-wait - as batch, but without memory each table waits for a grace period. */
#include <lib/atomic.h>
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>

static void free_batched_or_wait(struct table_free *f, paddr_t table)
{
	if (table_batch_add(f, table))
		return;
	atomic_fetch_add_relaxed(&f->waits, 1);
	grace_wait();
	table_release(f, table);
}

static const struct tables_scheme batch_wait = {
	.s = { .name = "batch-wait",
	       .claim = "a batch and a grace period; without memory a grace period a table",
	       .linux_peer = "tlb_remove_table() with synchronize_rcu()",
	       .promises = PROMISE_IRQS_OFF | PROMISE_SECTIONS },
	.free = free_batched_or_wait,
	.finish = table_batch_defer,
};
TABLES_SCHEME(batch_wait, batch_wait);
