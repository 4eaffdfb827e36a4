/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: no table is ever freed. */
#include <mm/policy/policy.h>

static bool wrong_frees_may_free(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	(void)va, (void)span, (void)floor, (void)ceiling;
	return false;
}

static const struct vmalloc_scheme wrong_frees = {
	.s = { .name = "wrong-frees",
	       .claim = "no table is ever freed",
	       .promises = PROMISE_FREES },
	.may_free = wrong_frees_may_free,
};
VMALLOC_SCHEME(wrong_frees, wrong_frees);
