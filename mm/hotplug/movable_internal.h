/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/movable_internal.h - shared by mm/hotplug/movable*.c: the lock, the batch, the
 * windows.
 */
#pragma once
#include <kern/lock.h>
#include <lib/assert.h>
#include <mm/hotplug/memory_block.h>
#include <mm/hotplug/movable.h>

/* Pages of one batch share one invalidation; each has its own window. */
#define MOVABLE_BATCH 32

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

/* Publish that a migration has unmapped this page (slot i of the batch), and that it is mapped
 * again. Under movable_lock. */
void window_open(unsigned i, vaddr_t);
void window_close(unsigned i);
