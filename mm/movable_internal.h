/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/movable_internal.h - shared by mm/movable*.c: the lock, the batch, the windows.
 */
#pragma once
#include <kern/lock.h>
#include <lib/assert.h>
#include <mm/block.h>
#include <mm/movable.h>

/* Pages of one batch share one invalidation; each has its own window. */
#define MOVABLE_BATCH 32

/* Held over a batch: a page in flight is neither freed nor pinned. */
extern struct spinlock movable_lock;

/* Used pages carry their owner's struct in `private`; everybody else leaves that 0. */
static inline struct movable *page_movable(const struct page *p)
{
	return (struct movable *)(uintptr_t)p->private;
}

static inline bool page_pinned(const struct page *p)
{
	return p->refcount > 1;
}

void window_open(unsigned i, vaddr_t);
void window_close(unsigned i);
