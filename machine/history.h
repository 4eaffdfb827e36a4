/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/history.h - the last HISTORY stores with the values that they overwrote (order.h), and
 * the coherence views of each CPU.
 *
 * For each word of a frame: the index in the history of the co-latest store to it, plus 1.  It is
 * valid while the history entry is of that word; otherwise another store has reused the entry.
 *
 * A frame is assigned a place at its first store.  The place can be reused once the history has no
 * store to the frame.  At most HISTORY frames have such stores, so half of the places are always
 * free.
 */
#pragma once
#include <machine/order.h>

#define PLACES (2 * HISTORY)

struct latest_stores {
	struct frame_state *of;
	u16 at[FRAME_BYTES / 8];
};
extern struct latest_stores places[PLACES];

static inline struct past_store *past_of(u64 time)
{
	return &ordering.past[time % HISTORY];
}

static inline bool in_history(u64 time)
{
	return ordering.now - time < HISTORY;
}

/* The time of the co-latest store to the word; 0: none is within the history. */
static inline u64 latest(const struct frame_state *f, u64 word)
{
	unsigned i = f->latest ? places[f->latest].at[word % FRAME_BYTES / 8] : 0;

	return i && ordering.past[i - 1].word == word
		       ? ordering.now - (ordering.now - (i - 1)) % HISTORY
		       : 0;
}

/* The time of the store to the same word that co-precedes the one of `time`; 0: none. */
static inline u64 earlier(u64 time)
{
	u64 same = past_of(time)->same;

	return same && in_history(time - same) ? time - same : 0;
}

static inline bool own_store(unsigned cpu, u64 time)
{
	return past_of(time)->cpu == cpu;
}

static inline u64 at_most(u64 n, u64 most)
{
	return n < most ? n : most;
}

/* Add the store of time ordering.now; it replaces the oldest one of the history. */
void history_add(unsigned cpu, struct frame_state *f, u64 word, u64 old, u64 view);

/* ---- coherence views ---- */
static inline struct coherent_word *coherent_slot(struct observer *o, u64 word)
{
	return &o->coherent[(word >> 3) % COHERENT_WORDS];
}

static inline u64 coherent_view(struct observer *o, u64 word)
{
	const struct coherent_word *n = coherent_slot(o, word);

	return n->word == word ? n->time : n->others;
}

void coherent_at_least(struct observer *o, u64 word, u64 time);

/* True: the CPU may miss the incoherent store; false once it has read that or a co-later store. */
static inline bool may_miss(unsigned cpu, u64 word, u64 time)
{
	return ordering.incoherent && time && past_of(time)->incoherent &&
	       time > coherent_view(&ordering.cpu[cpu], word);
}
