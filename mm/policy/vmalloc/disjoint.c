/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc=disjoint - option 4 of the discussion (S0-09): in the layout no two regions share a
 * table, so a removal may free each table that it empties.
 */
#include <lib/printf.h>
#include <mm/kernel/layout.h>
#include <mm/policy/policy.h>

static bool is_disjoint(char *reason, size_t size)
{
	if (!layout.disjoint)
		snprintf(reason, size, "the regions share tables (placement=shared)");
	return layout.disjoint;
}

static const struct vmalloc_scheme disjoint = {
	.s = { .name = "disjoint",
	       .claim = "no table that a removal empties belongs to another region",
	       .linux_peer = NULL,
	       .promises = PROMISE_FREES | PROMISE_WALKERS },
	.usable = is_disjoint,
	.may_free = vmalloc_may_free_any,
};
VMALLOC_SCHEME(disjoint, disjoint);
