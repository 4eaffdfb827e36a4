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
/* Stores of atomics to `word` that wait, of all CPUs but one, leave; the frame is that of the word.
 */
void buffer_atomics_leave(unsigned cpu, struct frame_state *f, u64 word);

static inline u64 order_mask(u64 pa, unsigned bytes)
{
	return (bytes == 8 ? ~0ul : (1ul << 8 * bytes) - 1) << 8 * (pa & 7);
}

static inline u64 *order_at(u64 word)
{
	return (u64 *)(void *)memory_host(word);
}

static inline void buffer_filter(struct observer *o, u64 word, int by)
{
	o->filter[order_slot(word)] = (u8)(o->filter[order_slot(word)] + by);
}

/* The caller has changed or read the word that is watched. */
static inline void buffer_act(unsigned cpu, enum act what, u64 word, u64 value, u64 time)
{
	if (word == order_word(knobs.watch) && ordering.watched)
		ordering.watched(cpu, what, value, time);
}

/* A store may wait: nobody may refuse, or nobody does. */
static inline bool buffer_may_wait(unsigned cpu, u64 word, u64 value)
{
	return !ordering.granted || ordering.granted(&(struct freedom) { .kind = FREE_WAITS,
									 .cpu = cpu,
									 .word = word,
									 .value = value,
									 .now = *order_at(word) });
}

/* The bytes of the word that stores after the first n have. */
static inline u64 buffer_bytes(const struct observer *o, unsigned n, u64 word)
{
	u64 mask = 0;

	for (; n < o->nr; n++)
		if (o->buffer[n].word == word)
			mask |= o->buffer[n].mask;
	return mask;
}

/* A store waits; there is room. */
static inline void buffer_add(struct observer *o, const struct buffered_store *e)
{
	buffer_act(o->cpu, ACT_STORES, e->word, e->value, 0);
	o->buffer[o->nr++] = *e;
	buffer_filter(o, e->word, 1);
}
