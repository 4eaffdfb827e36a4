/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc=lock-all - option 1 of the discussion (S0-06): one lock for each operation of vmalloc,
 * from the walk to the last leaf, and for the passes of a removal.
 *
 * The cost is the concurrency of vmalloc: two CPUs that map different pages wait for each other. In
 * return every empty table may be freed.
 */
#include <kern/lock.h>
#include <mm/policy/policy.h>

/* Never taken for reading; a reader/writer lock leaves interrupts on while a removal holds it. */
RWLOCK(lock, LOCK_VMALLOC, "vmalloc tables");
static unsigned depth; /* of the holder's calls of enter() */

static void lock_all_enter(void)
{
	if (!write_held(&lock))
		write_lock(&lock);
	depth++;
}

static void lock_all_leave(void)
{
	if (!--depth)
		write_unlock(&lock);
}

static const struct vmalloc_scheme lock_all = {
	.s = { .name = "lock-all",
	       .claim = "vmalloc and a removal hold one lock from the walk to the last store",
	       .linux_peer = NULL,
	       .promises = PROMISE_FREES | PROMISE_WALKERS },
	.enter = lock_all_enter,
	.leave = lock_all_leave,
	.remove_enter = lock_all_enter,
	.remove_leave = lock_all_leave,
	.may_free = vmalloc_may_free_any,
};
VMALLOC_SCHEME(lock_all, lock_all);
