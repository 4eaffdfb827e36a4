/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/hotplug_lock.c - for mm/hotplug/hotplug.h: taken when free, released as taken.
 */
#include "hotplug_lock.h"
#include "check.h"
#include <mm/hotplug/hotplug.h>

enum fake_hold fake_hotplug;
unsigned fake_hotplug_locks;

static void take(enum fake_hold how)
{
	FAKE_CHECK(fake_hotplug == HOLD_NONE);
	fake_hotplug = how;
	fake_hotplug_locks++;
}

static void release(enum fake_hold how)
{
	FAKE_CHECK(fake_hotplug == how);
	fake_hotplug = HOLD_NONE;
}

__attribute__((weak)) void hotplug_read_lock(void)
{
	take(HOLD_READ);
}

__attribute__((weak)) void hotplug_read_unlock(void)
{
	release(HOLD_READ);
}

__attribute__((weak)) void hotplug_write_lock(void)
{
	take(HOLD_WRITE);
}

__attribute__((weak)) void hotplug_write_unlock(void)
{
	release(HOLD_WRITE);
}
