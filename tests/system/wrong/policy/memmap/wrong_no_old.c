/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: struct pages are in old memory. */
#include <mm/memmap/memmap.h>

static const struct memmap_scheme *other(void)
{
	return memmap_scheme_find("host", NULL);
}

static int wrong_no_old_take(struct memmap_plan *p, struct why *why)
{
	return other()->take(p, why);
}

static paddr_t wrong_no_old_frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	return other()->frame(p, index, contiguous);
}

static void wrong_no_old_give(struct memmap_plan *p)
{
	other()->give(p);
}

static const struct memmap_scheme wrong_no_old = {
	.s = { .name = "wrong-no-old",
	       .claim = "struct pages are in old memory",
	       .promises = PROMISE_NO_OLD },
	.where = MEMMAP_IN_OLD_MEMORY,
	.take = wrong_no_old_take,
	.frame = wrong_no_old_frame,
	.give = wrong_no_old_give,
};
MEMMAP_SCHEME(wrong_no_old, wrong_no_old);
