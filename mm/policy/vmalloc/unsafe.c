/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc=unsafe - the bug that the discussion describes (S0-03, S0-47): a removal frees every
 * table that it empties, although vmalloc may be walking it.
 */
#include <mm/policy/policy.h>

static const struct vmalloc_scheme unsafe = {
	.s = { .name = "unsafe",
	       .claim = "vmalloc walks no table that a removal frees",
	       .linux_peer = NULL,
	       .unsafe = "it frees tables that vmalloc may be walking",
	       .promises = PROMISE_FREES | PROMISE_WALKERS },
	.may_free = vmalloc_may_free_any,
};
VMALLOC_SCHEME(unsafe, unsafe);
