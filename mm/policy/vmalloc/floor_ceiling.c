/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc=floor-ceiling - hot-remove frees a table only if all addresses that the table can
 * translate are inside its region; it never frees a table that another region may walk.
 *
 * Under placement=shared the other tables stay, and the next add uses them again (S0-08).
 */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static bool may_free(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	return pt_within(va, span, floor, ceiling);
}

static const struct vmalloc_scheme floor_ceiling = {
	.s = { .name = "floor-ceiling",
	       .claim = "a table is freed only if it is wholly inside one region",
	       .linux_peer = "free_empty_tables() in arch/arm64/mm/mmu.c",
	       .promises = PROMISE_NEIGHBOURS | PROMISE_FREES | PROMISE_WALKERS },
	.may_free = may_free,
};
VMALLOC_SCHEME(floor_ceiling, floor_ceiling);
