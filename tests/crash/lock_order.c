/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/crash/lock_order.c - locks taken against the order of their classes end the run. */
#include <kern/lock.h>
#include <tests/harness/test.h>

TEST(crash, lock_order,
     .claim = "the hotplug lock wanted inside a zone's lock ends in a report that names both",
     .rows = "S1-01")
{
	static struct spinlock zone = SPINLOCK_INIT(LOCK_ZONE, "test zone");

	(void)t;
	spin_lock_irqsave(&zone);
	hotplug_write_lock();
}
