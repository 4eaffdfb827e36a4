/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/fetch.c - where the next instruction is.  A CPU may fetch old bytes of a frame that
 * was written, until the data is cleaned to the point of unification (CTR_EL0.IDC is 0), IC drops
 * what the CPU kept, and a context synchronisation follows (B2.4.4, "Concurrent modification and
 * execution of instructions").  What a fetch reads is a copy of the frame, taken when a CPU fetched
 * there first; a clean of any of its lines makes the next one read memory again.
 */
#include "cache.h"
#include "cpu.h"
#include <machine/random.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 2048u

static struct a64_text *texts;
static unsigned texts_nr;

static void mark(struct fetch_page *e)
{
	for (unsigned i = 0; i < FETCHES; i++)
		if (e[i].text)
			e[i].text->used = true;
}

/* Copies that no CPU can reach any more are given back. */
static void collect(void)
{
	for (struct a64_text *t = texts; t; t = t->next)
		t->used = false;
	for (unsigned i = 0; i < cpus_nr; i++) {
		mark(cpus[i].fetch);
		mark(cpus[i].lines);
		if (cpus[i].text)
			cpus[i].text->used = true;
	}
	for (struct a64_text **at = &texts, *t; (t = *at);) {
		if (t->used) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		texts_nr--;
		if (memory_frame(t->frame)->copy == t)
			memory_frame(t->frame)->copy = NULL;
		free(t);
	}
}

/* A fetch around the caches has a copy of its own where they hold lines. */
static struct a64_text *copy_of(u64 frame, bool around)
{
	struct frame_state *f = memory_frame(frame);
	u8 bytes[FRAME_BYTES];
	struct a64_text *t;

	around = around && knobs.adversary[ADV_CACHES] && cache_memory_frame(frame, bytes);
	if (f->copy && !around)
		return f->copy;
	if (texts_nr >= TEXTS_MAX)
		collect();
	t = malloc(sizeof(*t));
	if (!t)
		machine_stop("no memory for instructions");
	t->frame = frame;
	memcpy(t->bytes, around ? bytes : memory_host(frame), FRAME_BYTES);
	decode_text(t);
	t->next = texts;
	texts = t;
	texts_nr++;
	if (!around)
		f->copy = t;
	return t;
}

void fetch_cleaned(struct frame_state *f)
{
	f->copy = NULL; /* CPUs that have it keep it */
}

/* A line may leave its cache at any time, too. */
static bool may_stay(const struct frame_state *f)
{
	return !ordering.granted ||
	       ordering.granted(&(struct freedom) { .kind = FREE_FETCH,
						    .cpu = f->writer,
						    .word = ((struct a64_text *)f->copy)->frame });
}

void fetch_written(struct frame_state *f)
{
	bool stays = knobs.adversary[ADV_FETCH] && may_stay(f);

	if (stays && !one_in(64))
		return;
	fetch_cleaned(f);
	if (stays)
		return;
	for (unsigned i = 0; i < cpus_nr; i++)
		fetch_again(&cpus[i]);
}

void fetch_forget(struct a64_cpu *c)
{
	for (unsigned i = 0; i < FETCHES; i++)
		c->fetch[i] = (struct fetch_page) { NO_PAGE, NULL };
}

void fetch_again(struct a64_cpu *c)
{
	memset(c->lines, 0, sizeof(c->lines));
	fetch_forget(c);
}

/* ---- IC: done at any time up to the DSB that completes it ---- */
enum { OWED_HERE = 1, OWED_EVERYWHERE = 2 };

void fetch_complete(struct a64_cpu *c)
{
	for (unsigned i = 0; i < cpus_nr && c->fetch_owed; i++)
		if (i == c->id || (c->fetch_owed & OWED_EVERYWHERE))
			fetch_again(&cpus[i]);
	c->fetch_owed = 0;
}

void fetch_issue(struct a64_cpu *c, bool everywhere)
{
	c->fetch_owed |= everywhere ? OWED_EVERYWHERE : OWED_HERE;
	if (!knobs.adversary[ADV_FETCH] || one_in(2))
		fetch_complete(c);
}

/* The copy that this CPU reads of a frame. */
static struct a64_text *line_of(struct a64_cpu *c, u64 frame, bool around)
{
	struct fetch_page *e = &c->lines[(frame >> FRAME_SHIFT) % FETCHES];

	if (!e->text || e->key != frame)
		*e = (struct fetch_page) { frame, copy_of(frame, around) };
	return e->text;
}

static struct a64_text *text_at(struct a64_cpu *c, u64 va, u8 *status)
{
	struct fetch_page *e = &c->fetch[(va >> FRAME_SHIFT) % FETCHES];
	struct translation t;

	if (e->key == va >> FRAME_SHIFT)
		return e->text;
	*status = translate(c, va, ACCESS_FETCH, 0, &t);
	if (*status == FSC_NONE && !memory_frame(t.pa))
		*status = FSC_EXTERNAL;
	if (*status != FSC_NONE)
		return NULL;
	*e = (struct fetch_page) { va >> FRAME_SHIFT,
				   line_of(c, align_down(t.pa, FRAME_BYTES), t.around) };
	return e->text;
}

/* An exception's own vector may fault as well; a CPU that never gets further is the end. */
static void cannot_fetch(struct a64_cpu *c, u64 pc, u8 status)
{
	static unsigned depth;

	if (++depth > 16)
		machine_stop("CPU %u: pc %lx and its vector cannot be fetched", c->id, pc);
	if (pc & 3)
		exception_abort(c, pc, pc, ACCESS_NR, 0, 0);
	else
		exception_abort(c, pc, pc, ACCESS_FETCH, status, 0);
	depth--;
}

void cpu_jump(struct a64_cpu *c, u64 pc)
{
	const struct fetch_page *e = &c->fetch[(pc >> FRAME_SHIFT) % FETCHES];
	struct a64_text *t;
	u8 status = 0;

	if (e->key == pc >> FRAME_SHIFT && e->text == c->text && pc - c->page_va < FRAME_BYTES &&
	    !(pc & 3)) {
		c->next = &c->text->op[(pc % FRAME_BYTES) / 4];
		return;
	}
	t = pc & 3 ? NULL : text_at(c, pc, &status);
	if (!t) {
		cannot_fetch(c, pc, status);
		return;
	}
	c->text = t;
	c->page_va = align_down(pc, FRAME_BYTES);
	c->next = &t->op[(pc % FRAME_BYTES) / 4];
}
