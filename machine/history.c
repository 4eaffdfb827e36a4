/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/history.c - see history.h.
 */
#include <machine/history.h>
#include <string.h>

struct latest_stores places[PLACES];
static u32 places_used = 1, free_places[PLACES], free_nr; /* place 0 is no place */

static bool place_in_use(u32 i)
{
	return places[i].of->latest == i && in_history(places[i].of->last);
}

/* Free the places of frames that have no store in the history.  If fewer than half are free then,
 * use more. */
static void collect_places(void)
{
	u32 end = places_used;

	for (u32 i = 1; i < end; i++) {
		if (place_in_use(i))
			continue;
		if (places[i].of->latest == i)
			places[i].of->latest = 0;
		free_places[free_nr++] = i;
	}
	while (free_nr < 64 || (free_nr < places_used / 2 && places_used < PLACES))
		free_places[free_nr++] = places_used++;
}

static u16 *latest_of(struct frame_state *f, u64 word)
{
	if (!f->latest) {
		if (!free_nr)
			collect_places();
		f->latest = free_places[--free_nr];
		memset(&places[f->latest], 0, sizeof(places[0]));
		places[f->latest].of = f;
	}
	return &places[f->latest].at[word % FRAME_BYTES / 8];
}

void history_add(unsigned cpu, struct frame_state *f, u64 word, u64 old, u64 view)
{
	struct past_store *p = past_of(ordering.now);
	u16 *at = latest_of(f, word);
	u64 before;

	p->word = ~0ul;
	before = latest(f, word);
	*p = (struct past_store) {
		.word = word,
		.old = old,
		.view = (u16)at_most(ordering.now - view, HISTORY),
		.same = (u16)(before ? ordering.now - before : 0),
		.cpu = (u8)cpu,
	};
	*at = (u16)(ordering.now % HISTORY + 1);
}

void coherent_at_least(struct observer *o, u64 word, u64 time)
{
	struct coherent_word *n = coherent_slot(o, word);

	if (n->word != word) {
		n->others = n->time > n->others ? n->time : n->others;
		n->word = word;
		n->time = n->others;
	}
	n->time = time > n->time ? time : n->time;
}

/* ---- cache maintenance of incoherent memory ---- */
static void maintain_word(unsigned cpu, u64 word, bool drops)
{
	for (u64 time = latest(memory_frame(word), word); time; time = earlier(time))
		if (cpu == ORDER_NO_CPU || own_store(cpu, time))
			past_of(time)->incoherent = false;
	for (unsigned i = 0; drops && i < WORST_CPUS; i++)
		if (cpu == ORDER_NO_CPU || i == cpu)
			coherent_at_least(&ordering.cpu[i], word, ordering.now);
}

void order_maintain(unsigned cpu, u64 pa, u64 bytes, bool drops)
{
	if (!ordering.incoherent) { /* no incoherent access so far: one view for all words */
		for (unsigned i = 0; drops && i < WORST_CPUS; i++)
			if (cpu == ORDER_NO_CPU || i == cpu)
				ordering.cpu[i].incoherent_floor = ordering.now;
		return;
	}
	for (u64 word = pa; word < pa + bytes; word += 8)
		maintain_word(cpu, word, drops);
}
