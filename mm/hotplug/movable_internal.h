/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/movable_internal.h - shared by mm/hotplug/movable*.c: the lock, the batch.
 */
#pragma once
#include <kern/lock.h>
#include <lib/assert.h>
#include <mm/hotplug/memory_block.h>
#include <mm/hotplug/movable.h>
#include <mm/live/break_window.h>

/* Pages of one batch share one invalidation; each has its own window. */
#define MOVABLE_BATCH BREAK_PAGES

/* Held over a whole batch, so that a page in migration is neither freed nor pinned. */
extern struct spinlock movable_lock;

/* Movable pages carry their struct in `private`; every other used page has 0 there. */
static inline struct movable *page_movable(const struct page *p)
{
	return (struct movable *)(uintptr_t)p->private;
}

static inline bool page_pinned(const struct page *p)
{
	return p->refcount > 1;
}
