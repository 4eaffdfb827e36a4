/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: a walker in a read section handles the interrupt and continues its walk. */
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>

static void free_too_early(struct table_free *f, paddr_t table)
{
	grace_sync_irqs();
	table_release(f, table);
}

static const struct tables_scheme wrong_sections = {
	.s = { .name = "wrong-sections",
	       .claim = "a table is freed when no read section is open",
	       .promises = PROMISE_SECTIONS },
	.free = free_too_early,
};
TABLES_SCHEME(wrong_sections, wrong_sections);
