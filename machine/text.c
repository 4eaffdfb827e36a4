/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/text.c - copies of frames of instructions (text.h).
 */
#include <machine/order.h>
#include <machine/schedule.h>
#include <machine/text.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MIN 4096u

static struct text_copy *texts;
static unsigned texts_nr;

/* ---- free copies that no CPU can use any more ---- */
static void mark(const struct text_entry *e)
{
	for (unsigned i = 0; i < FETCHES; i++)
		if (e[i].text)
			e[i].text->used = true;
}

static void collect(void)
{
	for (struct text_copy *t = texts; t; t = t->next)
		t->used = false;
	for (unsigned i = 0; i < machine_cpus(); i++) {
		struct text_copy *now = core_text(i);

		mark(core_fetched(i)->page);
		mark(core_fetched(i)->line);
		if (now)
			now->used = true;
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

void text_tidy(void)
{
	static unsigned most = TEXTS_MIN;

	if (texts_nr < most)
		return;
	collect();
	most = texts_nr + TEXTS_MIN;
}

/* ---- copies ---- */
struct text_copy *text_private(u64 frame, const u8 *bytes)
{
	struct text_copy *t = malloc(core_text_bytes);

	if (!t)
		machine_stop("no memory for instructions");
	t->frame = frame;
	t->time = memory_frame(frame)->last;
	memcpy(t->bytes, bytes, FRAME_BYTES);
	core_text_begin(t);
	t->next = texts;
	texts = t;
	texts_nr++;
	return t;
}

struct text_copy *text_of(u64 frame)
{
	struct frame_state *f = memory_frame(frame);

	if (!f->copy)
		f->copy = text_private(frame, memory_host(frame));
	return f->copy;
}

void text_each(void (*f)(const struct text_copy *t, const void *of), const void *of)
{
	for (const struct text_copy *t = texts; t; t = t->next)
		f(t, of);
}

/* ---- the copies that a CPU uses ---- */
void text_forget_pages(struct fetched *f)
{
	for (unsigned i = 0; i < FETCHES; i++)
		f->page[i] = (struct text_entry) { NO_PAGE, NULL };
}

void text_forget(struct fetched *f)
{
	memset(f->line, 0, sizeof(f->line));
	text_forget_pages(f);
}

void text_forget_all(void)
{
	for (unsigned i = 0; i < machine_cpus(); i++)
		text_forget(core_fetched(i));
}

bool text_keeps_copy(const struct frame_state *f)
{
	const struct text_copy *t = f->copy;

	return knobs.adversary[ADV_FETCH] &&
	       (!order_hooks.take ||
		order_hooks.take(&(struct order_choice) {
			.kind = CHOICE_FETCH, .cpu = f->writer, .word = t->frame }));
}
