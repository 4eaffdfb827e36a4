/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/atomic.c - atomics and exclusives whose store waits in the store buffer (order.h).
 */
#include <machine/buffer.h>
#include <machine/random.h>

/* No buffered store of the same CPU needs to drain before these. */
void buffer_drain_atomics(unsigned cpu, struct frame_state *f, u64 word)
{
	f->atomic = false;
	for (unsigned c = 0; c < WORST_CPUS; c++) {
		struct observer *o = &ordering.cpu[c];

		for (unsigned i = o->nr; i-- > 0;) {
			const struct buffered_store *e = &o->buffer[i];

			if (!e->atomic || align_down(e->word ^ word, FRAME_BYTES))
				continue;
			if (e->word == word && c != cpu)
				buffer_drain(o, i);
			else
				f->atomic = true;
		}
	}
}

bool order_atomic_ready(unsigned cpu, u64 pa, unsigned flags)
{
	struct observer *o = &ordering.cpu[cpu];
	bool must_drain = o->nr && ((flags & ORDER_RELEASE) || o->buffer[0].epoch != o->epoch);

	if (o->late.nr)
		late_within(cpu, order_word(pa), flags & ORDER_RELEASE ? ~0ul : 8);
	if (o->late.atomics && (flags & ORDER_ACQUIRE))
		late_atomics(cpu, true); /* rule 7 */
	for (unsigned i = 0; i < o->nr && !must_drain; i++)
		must_drain = o->buffer[i].word == order_word(pa) ||
			     ((flags & ORDER_ACQUIRE) && o->buffer[i].release); /* rule 7 */
	if (must_drain)
		buffer_drain_one(o);
	else if ((flags & ORDER_WRITES) && memory_frame(pa)->atomic)
		buffer_drain_atomics(cpu, memory_frame(pa), order_word(pa));
	return !must_drain;
}

void order_drain_atomics(void)
{
	for (unsigned c = 0; c < WORST_CPUS; c++) {
		struct observer *o = &ordering.cpu[c];

		for (unsigned i = o->nr; i-- > 0;)
			if (o->buffer[i].atomic)
				buffer_drain(o, i);
	}
}

/* If this replay does not let the atomic's store overtake, the older stores drain first. */
static void atomic_overtakes(struct observer *o, u64 word, u64 value)
{
	if (!o->nr || !order_hooks.take ||
	    order_hooks.take(&(struct order_choice) { .kind = CHOICE_OVERTAKES,
						      .cpu = o->cpu,
						      .word = word,
						      .value = value,
						      .now = order_newest(word, 8),
						      .other = o->buffer[0].word }))
		return;
	while (o->nr)
		buffer_drain(o, 0);
}

void order_atomic_store(unsigned cpu, u64 pa, unsigned bytes, u64 value, u64 view, unsigned flags)
{
	struct observer *o = &ordering.cpu[cpu];
	u64 often = knobs.adversary[ADV_ATOMICS], mask = order_mask(pa, bytes);
	const struct buffered_store e = {
		.word = order_word(pa),
		.value = value << 8 * (pa & 7) & mask,
		.mask = mask,
		.view = view,
		.born = ordering.steps,
		.read = o->read,
		.epoch = o->epoch,
		.release = (flags & ORDER_RELEASE) != 0,
		.atomic = true,
	};
	bool both = (flags & ORDER_ACQUIRE) && e.release; /* and it orders po-later accesses */

	if (e.release)
		order_note_release(cpu, false);
	if (!often || o->nr >= knobs.adversary[ADV_STORES] || both || !one_in(often) ||
	    !buffer_may_wait(cpu, e.word, e.value)) {
		order_atomic_write(cpu, pa, bytes, value, flags);
		if (e.release)
			o->released = ordering.now;
		return;
	}
	order_note_store(cpu, e.word, e.value, mask, e.release);
	atomic_overtakes(o, e.word, e.value);
	memory_frame(pa)->atomic = true;
	buffer_add(o, &e);
}

bool order_exclusive_fails(void)
{
	u64 often = knobs.adversary[ADV_FAILS];

	return often && one_in(often);
}
