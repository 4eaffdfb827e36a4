/* SPDX-License-Identifier: BSD-2-Clause */
/* tables=at-once - a table is released as soon as no TLB reaches it, without regard to walkers. */
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>

static const struct tables_scheme at_once = {
	.s = { .name = "at-once",
	       .claim = "a table is released when its invalidation is complete",
	       .unsafe = "a walker without a lock may be inside the table; the default all the "
			 "same, as only tests walk the kernel's tree without one",
	       .promises = PROMISE_IRQS_OFF | PROMISE_SECTIONS },
	.free = table_release,
};
TABLES_SCHEME(at_once, at_once);
