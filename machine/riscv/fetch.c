/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/fetch.c - where the next instruction is.  A hart may fetch old bytes of a frame
 * that was written, until its own FENCE.I (unprivileged spec, Zifencei); another hart's FENCE.I
 * does nothing for it.  What a fetch reads is a copy of the frame, taken when a hart fetched there
 * first.
 */
#include "hart.h"
#include <stdlib.h>
#include <string.h>

#define TEXTS_MIN 4096u

static struct text_copy *texts;
static unsigned texts_nr;

static void mark(struct fetch_entry *e)
{
	for (unsigned i = 0; i < FETCHES; i++)
		if (e[i].text)
			e[i].text->used = true;
}

/* Copies that no hart can reach any more are given back. */
static void collect(void)
{
	for (struct text_copy *t = texts; t; t = t->next)
		t->used = false;
	for (unsigned i = 0; i < harts_nr; i++) {
		mark(harts[i].fetch);
		mark(harts[i].lines);
		if (harts[i].text)
			harts[i].text->used = true;
	}
	for (struct text_copy **at = &texts, *t; (t = *at);) {
		if (t->used) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		if (memory_frame(t->frame)->copy == t)
			memory_frame(t->frame)->copy = NULL;
		texts_nr--;
		free(t);
	}
}

void fetch_tidy(void)
{
	static unsigned most = TEXTS_MIN;

	if (texts_nr < most)
		return;
	collect();
	most = texts_nr + TEXTS_MIN;
}

static struct text_copy *copy_of(u64 frame)
{
	struct frame_state *f = memory_frame(frame);
	struct text_copy *t;

	if (f->copy)
		return f->copy;
	t = malloc(sizeof(*t));
	if (!t)
		machine_stop("no memory for instructions");
	t->frame = frame;
	memcpy(t->bytes, memory_host(frame), FRAME_BYTES);
	decode_text(t);
	t->next = texts;
	texts = t;
	texts_nr++;
	return f->copy = t;
}

static bool may_stay(const struct frame_state *f, u64 frame)
{
	return !ordering.granted || ordering.granted(&(struct freedom) {
					    .kind = FREE_FETCH, .cpu = f->writer, .word = frame });
}

void fetch_written(struct frame_state *f)
{
	u64 frame = ((struct text_copy *)f->copy)->frame;

	f->copy = NULL; /* harts that have it keep it */
	if (knobs.adversary[ADV_FETCH] && may_stay(f, frame))
		return;
	for (unsigned i = 0; i < harts_nr; i++) {
		memset(harts[i].lines, 0, sizeof(harts[i].lines));
		fetch_forget(&harts[i]);
	}
}

void fetch_forget(struct rv_hart *h)
{
	for (unsigned i = 0; i < FETCHES; i++)
		h->fetch[i] = (struct fetch_entry) { NO_PAGE, NULL };
}

void fetch_fence(struct rv_hart *h)
{
	memset(h->lines, 0, sizeof(h->lines));
	fetch_forget(h);
}

/*
 * The copy that this hart reads of a frame.  Its own stores are visible to it, so after its FENCE.I
 * a fetch reads them; they leave here, and FENCE.I orders nothing for other harts (Zifencei).
 */
static struct text_copy *line_of(struct rv_hart *h, u64 frame)
{
	struct fetch_entry *e = &h->lines[(frame >> FRAME_SHIFT) % FETCHES];

	if (!e->text || e->key != frame) {
		order_push(h->id, frame);
		*e = (struct fetch_entry) { frame, copy_of(frame) };
	}
	return e->text;
}

static struct text_copy *text_at(struct rv_hart *h, u64 va, u64 *cause)
{
	struct fetch_entry *e = &h->fetch[(va >> FRAME_SHIFT) % FETCHES];
	u64 pa, view;

	if (e->key == va >> FRAME_SHIFT)
		return e->text;
	*cause = translate(h, va, ACCESS_FETCH, &pa, &view);
	if (!*cause && !memory_frame(pa))
		*cause = CAUSE_FETCH_ACCESS;
	if (*cause)
		return NULL;
	*e = (struct fetch_entry) { va >> FRAME_SHIFT, line_of(h, align_down(pa, FRAME_BYTES)) };
	return e->text;
}

/* A trap's own vector may fault as well; a hart that never gets further is the end. */
void hart_jump(struct rv_hart *h, u64 pc)
{
	static unsigned depth;
	const struct fetch_entry *e = &h->fetch[(pc >> FRAME_SHIFT) % FETCHES];
	struct text_copy *t;
	u64 cause;

	if (e->key == pc >> FRAME_SHIFT && e->text == h->text && pc - h->page_va < FRAME_BYTES) {
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
	h->text = t;
	h->page_va = align_down(pc, FRAME_BYTES);
	h->next = &t->op[(pc % FRAME_BYTES) / 2];
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
