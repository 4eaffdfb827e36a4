/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc=hotplug-read - option 2 of the letter (S0-07): vmalloc holds the hotplug lock for
 * reading, so that no removal runs meanwhile.
 *
 * The hotplug lock is first in the lock order.  So whoever takes a lock around vmalloc enters
 * before (vmalloc_enter_first()): that is how it spreads.  A CPU that adds or removes memory holds
 * the lock for writing and is the removal that it would wait for.
 */
#include <mm/hotplug/hotplug.h>

static void hotplug_read_enter(void)
{
	if (!hotplug_write_held())
		hotplug_read_lock();
}

static void hotplug_read_leave(void)
{
	if (!hotplug_write_held())
		hotplug_read_unlock();
}

static const struct vmalloc_scheme hotplug_read = {
	.s = { .name = "hotplug-read",
	       .claim = "no removal runs while vmalloc changes a mapping",
	       .linux_peer = "get_online_mems() around vmalloc, which nobody merged",
	       .promises = PROMISE_FREES | PROMISE_WALKERS },
	.enter = hotplug_read_enter,
	.leave = hotplug_read_leave,
	.first = true,
	.may_free = vmalloc_may_free_any,
};
VMALLOC_SCHEME(hotplug_read, hotplug_read);
