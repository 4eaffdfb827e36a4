/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/buffer.h - the store buffer of an observer, for the files of the memory model (order.h).
 */
#pragma once
#include <machine/order.h>

/* The i-th entry drains; the caller knows that it may. */
void buffer_drain(struct observer *o, unsigned i);
/* An entry drains that may. */
void buffer_drain_one(struct observer *o);
/* Waiting stores of atomics to `word` drain, of all CPUs but `cpu`; f: the frame of the word. */
void buffer_drain_atomics(unsigned cpu, struct frame_state *f, u64 word);

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

/* Report an access to the watched word. */
static inline void buffer_act(unsigned cpu, enum act what, u64 word, u64 value, u64 time)
{
	if (word == order_word(knobs.watch) && order_hooks.accessed)
		order_hooks.accessed(cpu, what, value, time);
}

/* True: the store waits in the buffer; false: this replay performs it at once (story.h). */
static inline bool buffer_may_wait(unsigned cpu, u64 word, u64 value)
{
	return !order_hooks.take ||
	       order_hooks.take(&(struct order_choice) { .kind = CHOICE_WAITS,
							 .cpu = cpu,
							 .word = word,
							 .value = value,
							 .now = *order_at(word) });
}

/* Mask of the bytes of the word that the buffer's entries from the n-th on store. */
static inline u64 buffer_bytes(const struct observer *o, unsigned n, u64 word)
{
	u64 mask = 0;

	for (; n < o->nr; n++)
		if (o->buffer[n].word == word)
			mask |= o->buffer[n].mask;
	return mask;
}

/* Add a store; there is room. */
static inline void buffer_add(struct observer *o, const struct buffered_store *e)
{
	buffer_act(o->cpu, ACT_STORES, e->word, e->value, 0);
	o->buffer[o->nr++] = *e;
	buffer_filter(o, e->word, 1);
}
