/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: any empty table is freed. */
#include <mm/policy/policy.h>

static const struct vmalloc_scheme wrong_neighbours = {
	.s = { .name = "wrong-neighbours",
	       .claim = "any empty table is freed",
	       .promises = PROMISE_NEIGHBOURS },
	.may_free = vmalloc_may_free_any,
};
VMALLOC_SCHEME(wrong_neighbours, wrong_neighbours);
