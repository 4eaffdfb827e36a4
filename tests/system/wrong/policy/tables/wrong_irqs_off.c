/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: the table is freed as soon as no TLB holds an entry that points to it. */
#include <mm/kernel/table_free.h>
#include <mm/policy/policy.h>

static const struct tables_scheme wrong_irqs_off = {
	.s = { .name = "wrong-irqs-off",
	       .claim = "a table is freed after an interrupt on every CPU",
	       .promises = PROMISE_IRQS_OFF },
	.free = table_release,
};
TABLES_SCHEME(wrong_irqs_off, wrong_irqs_off);
