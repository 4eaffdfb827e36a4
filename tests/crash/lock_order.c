/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/crash/lock_order.c - a lock taken against the order of classes ends the run. */
#include <kern/lock.h>
#include <tests/harness/test.h>

TEST(crash, lock_order,
     .claim = "taking the hotplug lock under a zone's lock ends in a report that names both",
     .rows = "S1-01")
{
	static struct spinlock zone = SPINLOCK_INIT(LOCK_ZONE, "test zone");

	(void)t;
	spin_lock_irqsave(&zone);
	hotplug_write_lock();
}
