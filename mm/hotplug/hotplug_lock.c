/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_lock.c - the hotplug lock and the count of CPUs inside a teardown.
 *
 * The lock is the first in the lock order.  Page tables of removable ranges are torn down without
 * a lock of the tree: only the holder of this lock for write does so, and walkers hold it for read
 * (S0-17, S1-18).
 */
#include <kern/lock.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>
#include <mm/hotplug/hotplug_internal.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/writer.h>
#include <mm/vmalloc/vmalloc.h>

RWLOCK(lock, LOCK_HOTPLUG, "hotplug");
static enum pt_writer outside; /* the holder's writer class before it took the lock */
static unsigned teardowns;

bool (*hotplug_cancelled)(void);

void hotplug_read_lock(void)
{
	read_lock(&lock);
}

void hotplug_read_unlock(void)
{
	read_unlock(&lock);
}

void hotplug_write_lock(void)
{
	write_lock(&lock);
	outside = writer_enter(PT_WRITER_HOTPLUG);
}

int hotplug_enter(struct why *why)
{
	if (fail_here(FAIL_ENTER))
		return refuse(why, EBUSY, "the hotplug lock is not to be had");
	hotplug_write_lock();
	return 0;
}

void hotplug_write_unlock(void)
{
	struct pt_link *tables = kpt_tables_held();

	writer_leave(outside);
	write_unlock(&lock);
	if (tables)
		kpt_tables_free(tables);
}

bool hotplug_write_held(void)
{
	return write_held(&lock);
}

int hotplug_walk(vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	int err;

	ASSERT(rwlock_held(&lock));
	vmalloc_walk_begin();
	err = pt_walk(&kpt, va, len, when, visit, arg);
	vmalloc_walk_end();
	return err;
}

unsigned hotplug_in_teardown(void)
{
	return atomic_load_relaxed(&teardowns);
}

void hotplug_teardown_begin(void)
{
	ASSERT(hotplug_write_held());
	ASSERT_OP(atomic_add_fetch_relaxed(&teardowns, 1), ==, 1);
}

void hotplug_teardown_end(void)
{
	atomic_sub_fetch_relaxed(&teardowns, 1);
}

void hotplug_init(void)
{
	ASSERT_OP(hotplug_in_teardown(), ==, 0);
}
