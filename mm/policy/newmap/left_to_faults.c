/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * newmap=lazy - a map executes no barrier: each CPU that faults, also the one that mapped,
 * invalidates locally and retries.  A stack cannot be mapped in this way: the exception entry
 * stores its frame on the stack that faulted.  Stacks of this kernel are mapped before the scheme
 * is in force (boot/start.c); Linux fences in the entry, before it uses the stack.
 */
#include <mm/policy/policy.h>

static const struct newmap_scheme lazy = {
	.s = { .name = "lazy",
	       .claim = "a map orders nothing, and each CPU uses the page after one retry",
	       .linux_peer = "new_vmalloc_check of riscv (503638e0babf)",
	       .promises = PROMISE_USED },
	.unfenced = true,
};
NEWMAP_SCHEME(lazy, lazy);
