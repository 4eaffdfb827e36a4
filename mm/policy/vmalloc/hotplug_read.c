/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc=hotplug-read - option 2 of the discussion (S0-07): vmalloc holds the hotplug lock for
 * read, so that no removal runs meanwhile.
 *
 * The hotplug lock is first in the lock order.  So code that takes a lock around vmalloc must enter
 * before (vmalloc_enter_first()): the scheme affects its callers.  A CPU that adds or removes
 * memory holds the lock for write already and does not wait for itself.
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
	       .linux_peer = "get_online_mems() around vmalloc, which was never merged",
	       .promises = PROMISE_FREES | PROMISE_WALKERS },
	.enter = hotplug_read_enter,
	.leave = hotplug_read_leave,
	.first = true,
	.may_free = vmalloc_may_free_any,
};
VMALLOC_SCHEME(hotplug_read, hotplug_read);
