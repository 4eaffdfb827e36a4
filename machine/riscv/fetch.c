/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/fetch.c - instruction fetch.  A hart may fetch old bytes of a written frame until
 * its own FENCE.I (unprivileged spec, Zifencei); a FENCE.I of another hart has no effect on it.  A
 * fetch reads a copy of the frame (text.h).
 */
#include "hart.h"
#include <machine/reserve.h>
#include <machine/schedule.h>
#include <stddef.h>

const unsigned core_text_bytes = sizeof(struct rv_text);

struct fetched *core_fetched(unsigned cpu)
{
	return &harts[cpu].fetched;
}

struct text_copy *core_text(unsigned cpu)
{
	return harts[cpu].text ? &harts[cpu].text->of : NULL;
}

void fetch_written(struct frame_state *f)
{
	bool stays = text_keeps_copy(f);

	f->copy = NULL; /* harts continue to use the copies that they have */
	if (!stays)
		text_forget_all();
}

void fetch_forget(struct rv_hart *h)
{
	text_forget_pages(&h->fetched);
}

void fetch_fence(struct rv_hart *h)
{
	text_forget(&h->fetched);
}

/*
 * The copy of a frame that this hart reads.  After its FENCE.I a fetch observes its own stores, so
 * its buffered stores to the frame drain here; FENCE.I orders nothing for other harts (Zifencei).
 */
static struct text_copy *line_of(struct rv_hart *h, u64 frame)
{
	struct text_entry *e = text_line(&h->fetched, frame);

	if (!e->text || e->key != frame) {
		order_push(h->id, frame);
		*e = (struct text_entry) { frame, text_of(frame) };
	}
	return e->text;
}

static struct text_copy *text_at(struct rv_hart *h, u64 va, u64 *cause)
{
	struct text_entry *e = text_page(&h->fetched, va);
	u64 pa, view;

	if (e->key == hart_key(h, va))
		return e->text;
	*cause = translate(h, va, ACCESS_FETCH, &pa, &view);
	if (!*cause && !memory_responds(pa))
		*cause = CAUSE_FETCH_ACCESS;
	if (*cause)
		return NULL;
	reserve_used(h->id, pa, 4, RESERVE_FETCHED);
	*e = (struct text_entry) { hart_key(h, va), line_of(h, align_down(pa, FRAME_BYTES)) };
	return e->text;
}

/* The trap vector may fault as well; stop the machine if that repeats. */
void hart_jump(struct rv_hart *h, u64 pc)
{
	static unsigned depth;
	const struct text_entry *e = text_page(&h->fetched, pc);
	struct text_copy *t;
	u64 cause;

	if (e->key == hart_key(h, pc) && e->text == &h->text->of && pc - h->page_va < FRAME_BYTES) {
		h->next = &h->text->op[(pc % FRAME_BYTES) / 2];
		return;
	}
	t = text_at(h, pc, &cause);
	if (!t) {
		if (++depth > 16) {
			depth = 0;
			machine_stop("hart %u: pc %lx and its trap vector cannot be fetched", h->id,
				     pc);
		}
		trap_take(h, pc, cause, pc);
		depth--;
		return;
	}
	h->text = (struct rv_text *)t;
	h->page_va = align_down(pc, FRAME_BYTES);
	h->next = &h->text->op[(pc % FRAME_BYTES) / 2];
}

bool fetch_halfword(struct rv_hart *h, u64 va, u32 *half, u64 *cause)
{
	const struct text_copy *t = text_at(h, va, cause);
	const u8 *at;

	if (!t)
		return false;
	at = &t->bytes[va % FRAME_BYTES];
	*half = at[0] | (u32)at[1] << 8;
	return true;
}
