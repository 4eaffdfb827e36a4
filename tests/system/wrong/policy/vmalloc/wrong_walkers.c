/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: tables are freed while CPUs walk them. */
#include <mm/policy/policy.h>

static const struct vmalloc_scheme wrong_walkers = {
	.s = { .name = "wrong-walkers",
	       .claim = "a removal waits for vmalloc",
	       .promises = PROMISE_WALKERS },
	.may_free = vmalloc_may_free_any,
};
VMALLOC_SCHEME(wrong_walkers, wrong_walkers);
