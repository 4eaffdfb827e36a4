/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/order.h - judges the order of operations, from events alone.
 *
 * Between order_begin() and order_end() it observes the operations of the calling CPU on the
 * kernel's tree and on the allocator.  It derives the duties of a store from the old and the new
 * value by a table made from the manuals; it uses neither the format's duty() nor the gather.  An
 * alarm is
 *
 *   - a frame that is freed or allocated while a translation of it is not yet invalidated on
 *     every CPU and waited for, on every path: gather, vfree, movable_free, migration, table
 *   - a frame that is freed while it is mapped outside the linear map
 *   - an invalidation without a barrier after the stores that it follows
 *   - a pointer to a table without the barrier after the table's contents
 *   - a leaf without a barrier after the last frame that the CPU filled
 *   - a new value although the old one had to be invalidated everywhere first (break-before-make)
 *   - a translation that was never invalidated, at order_end()
 */
#pragma once
#include <tests/harness/util.h>

struct order_seen {
	u32 alarms;
	u32 removed;   /* translations that were removed */
	u32 freed;     /* pages freed to the allocator, and pages of an altmap */
	char what[96]; /* the first alarm */
};

void order_begin(void);
void order_end(struct order_seen *);
