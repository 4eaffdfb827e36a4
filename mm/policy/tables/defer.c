/* SPDX-License-Identifier: BSD-2-Clause */
/* tables=defer - every table has a callback of its own, in its struct page: nothing can fail. */
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>

static const struct tables_scheme defer = {
	.s = { .name = "defer",
	       .claim = "a table is released after a grace period of its own",
	       .linux_peer = "pte_free_defer()",
	       .promises = PROMISE_IRQS_OFF | PROMISE_SECTIONS },
	.free = table_defer,
};
TABLES_SCHEME(defer, defer);
