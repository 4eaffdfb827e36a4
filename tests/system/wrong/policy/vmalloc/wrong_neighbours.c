/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: any empty table is freed. */
#include <mm/policy/policy.h>

static bool wrong_neighbours_may_free(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	(void)va, (void)span, (void)floor, (void)ceiling;
	return true;
}

static const struct vmalloc_scheme wrong_neighbours = {
	.s = { .name = "wrong-neighbours",
	       .claim = "any empty table is freed",
	       .promises = PROMISE_NEIGHBOURS },
	.may_free = wrong_neighbours_may_free,
};
VMALLOC_SCHEME(wrong_neighbours, wrong_neighbours);
