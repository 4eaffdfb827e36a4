/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/buffer.h - an observer's buffer, for the files of the memory model (order.h).
 */
#pragma once
#include <machine/order.h>

/* The i-th becomes visible; it may. */
void buffer_leave(struct observer *o, unsigned i);
/* One that may leave does. */
void buffer_leave_one(struct observer *o);
/* A store waits, if it may; there is room. */
bool buffer_may_wait(unsigned cpu, u64 word, u64 value);
void buffer_add(struct observer *o, const struct buffered_store *e);
/* Stores of atomics to `word` that wait, of all CPUs but one, leave; the frame is that of the word.
 */
void buffer_atomics_leave(unsigned cpu, struct frame_state *f, u64 word);

static inline u64 order_mask(u64 pa, unsigned bytes)
{
	return (bytes == 8 ? ~0ul : (1ul << 8 * bytes) - 1) << 8 * (pa & 7);
}
