/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/fetch.c - instruction fetch.  A CPU may fetch old bytes of a written frame until
 * the data is cleaned to the point of unification (CTR_EL0.IDC is 0), an IC invalidates the CPU's
 * copy, and a context synchronisation follows (B2.7.4.2; B2.2.5, "Concurrent modification and
 * execution of instructions").  A fetch reads a copy of the frame (text.h); the next fetch after a
 * clean reads the cleaned lines from memory, into a new copy.  With IDC 1 no clean is needed, with
 * DIC 1 no IC.
 */
#include "cache.h"
#include "errata.h"
#include <machine/random.h>
#include <machine/reserve.h>
#include <machine/schedule.h>
#include <stddef.h>
#include <string.h>

const unsigned core_text_bytes = sizeof(struct a64_text);

struct fetched *core_fetched(unsigned cpu)
{
	return &cpus[cpu].fetched;
}

struct text_copy *core_text(unsigned cpu)
{
	return cpus[cpu].text ? &cpus[cpu].text->of : NULL;
}

#define PIECES (FRAME_BYTES / CACHE_LINE_LEAST)
_Static_assert(PIECES == 64 * ARRAY_SIZE(((struct a64_text *)0)->cleaned), "a bit each");

/* Some lines of a frame were cleaned: make a new copy with these lines from memory, and the old
 * bytes of the others. */
static void copy_again(u64 frame)
{
	struct frame_state *f = memory_frame(frame);
	const struct a64_text *t = (const struct a64_text *)f->copy;
	u8 bytes[FRAME_BYTES];

	if (!t || !t->any_cleaned)
		return;
	memcpy(bytes, t->of.bytes, FRAME_BYTES);
	for (u64 i = 0; i < PIECES; i++)
		if (t->cleaned[i / 64] >> i % 64 & 1)
			memcpy(bytes + i * CACHE_LINE_LEAST,
			       memory_host(frame + i * CACHE_LINE_LEAST), CACHE_LINE_LEAST);
	f->copy = text_private(frame, bytes);
}

/* A fetch that bypasses the caches has a copy of its own if they track lines of the frame. */
static struct text_copy *copy_of(u64 frame, bool bypass)
{
	u8 bytes[FRAME_BYTES];

	if (bypass && knobs.adversary[ADV_CACHES] && cache_memory_frame(frame, bytes))
		return text_private(frame, bytes);
	copy_again(frame);
	return text_of(frame);
}

/* DIC: fetches need no IC.  STALE_TEXT: those of the CPU that stored alone. */
static void forget_changed(const struct frame_state *f)
{
	if (errata_has(STALE_TEXT) && f->writer < cpus_nr)
		text_forget(&cpus[f->writer].fetched);
	else
		text_forget_all();
}

/* CPUs continue to use the copies that they have. */
void fetch_cleaned(u64 pa, u64 bytes)
{
	struct a64_text *t = (struct a64_text *)memory_frame(pa)->copy;

	if (!t)
		return;
	for (u64 at = pa; at < pa + bytes; at += CACHE_LINE_LEAST)
		t->cleaned[at % FRAME_BYTES / CACHE_LINE_LEAST / 64] |=
			BIT(at / CACHE_LINE_LEAST % 64);
	t->any_cleaned = true;
	if (features.dic)
		forget_changed(memory_frame(pa));
}

static void cleaned_set(const struct text_copy *t, const void *of)
{
	const struct cache_place *p = of;

	for (u64 at = t->frame; at < t->frame + FRAME_BYTES; at += p->line)
		if (at / p->line % p->sets == p->set)
			fetch_cleaned(at, p->line);
}

void fetch_cleaned_set(const struct cache_place *p)
{
	text_each(cleaned_set, p);
}

/* A dirty line may also be written back at any time. */
void fetch_written(struct frame_state *f, u64 word)
{
	bool stays = text_keeps_copy(f);

	if (stays && features.idc) {
		fetch_cleaned(align_down(word, CACHE_LINE_LEAST), CACHE_LINE_LEAST);
		return;
	}
	if (stays && !one_in(64))
		return;
	f->copy = NULL;
	if (!stays)
		text_forget_all();
	else if (features.dic)
		forget_changed(f);
}

void fetch_forget(struct a64_cpu *c)
{
	text_forget_pages(&c->fetched);
}

void fetch_again(struct a64_cpu *c)
{
	text_forget(&c->fetched);
}

/* ---- IC: performed at any time up to the DSB that completes it ---- */
enum { PENDING_HERE = 1, PENDING_EVERYWHERE = 2 };

void fetch_complete(struct a64_cpu *c)
{
	for (unsigned i = 0; i < cpus_nr && c->fetch_pending; i++)
		if (i == c->id || (c->fetch_pending & PENDING_EVERYWHERE))
			fetch_again(&cpus[i]);
	c->fetch_pending = 0;
}

void fetch_issue(struct a64_cpu *c, bool everywhere)
{
	c->fetch_pending |= everywhere ? PENDING_EVERYWHERE : PENDING_HERE;
	if (!knobs.adversary[ADV_FETCH] || one_in(2))
		fetch_complete(c);
}

/* The copy of a frame that this CPU reads.  A fetch is ordered before each po-later access and walk
 * (B2.3): these observe what the stores in the copy are ordered after. */
static struct text_copy *line_of(struct a64_cpu *c, u64 frame, bool bypass)
{
	struct text_entry *e = text_line(&c->fetched, frame);
	struct observer *o = &ordering.cpu[c->id];

	if (!e->text || e->key != frame) {
		*e = (struct text_entry) { frame, copy_of(frame, bypass) };
		o->floor = later_view(o->floor, e->text->time);
		o->walk = later_view(o->walk, e->text->time);
	}
	return e->text;
}

static struct text_copy *text_at(struct a64_cpu *c, u64 va, u8 *status)
{
	struct text_entry *e = text_page(&c->fetched, va);
	u64 key = va >> FRAME_SHIFT | c->fetch_key;
	struct translation t;

	if (e->key == key)
		return e->text;
	*status = translate(c, va, ACCESS_FETCH, 0, &t);
	if (*status == FSC_NONE && (!memory_responds(t.pa) || unplugged_at(t.pa)))
		*status = FSC_EXTERNAL;
	if (*status != FSC_NONE)
		return NULL;
	reserve_used(c->id, t.pa, 4, RESERVE_FETCHED);
	*e = (struct text_entry) { key, line_of(c, align_down(t.pa, FRAME_BYTES), t.bypass) };
	if (errata_has(SPOILED_TEXT))
		errata_fetched(c, t.pa, t.global || !cpu_translates(c));
	return e->text;
}

/* The syndrome of the first of several faults: each of them changes the registers. */
struct first_fault {
	u64 pc, esr, far, elr, spsr;
};

static void keep_first(struct first_fault *f, const struct a64_cpu *c, u64 pc)
{
	*f = (struct first_fault) { pc, c->esr, c->far, c->elr, c->spsr };
}

static void stop_at(struct a64_cpu *c, const struct first_fault *f)
{
	c->esr = f->esr;
	c->far = f->far;
	c->elr = f->elr;
	c->spsr = f->spsr;
	machine_stop("CPU %u: pc %lx and its vector cannot be fetched", c->id, f->pc);
}

#define VECTORS_BYTES 0x800ul
#define FAULTS_MOST 16u

/* The exception's vector may fault as well; stop the machine if that repeats. */
static void cannot_fetch(struct a64_cpu *c, u64 pc, u8 status)
{
	static struct first_fault first;
	static unsigned depth;

	if (!depth && pc - c->now.vbar < VECTORS_BYTES) /* another exception was the first */
		keep_first(&first, c, c->elr);
	else if (!depth)
		first.pc = pc;
	if (depth == 1 && first.pc == c->elr)
		keep_first(&first, c, first.pc);
	if (++depth > FAULTS_MOST) {
		depth = 0;
		stop_at(c, &first);
	}
	if (pc & 3)
		exception_abort(c, pc, pc, ACCESS_NR, 0, 0);
	else
		exception_abort(c, pc, pc, ACCESS_FETCH, status, 0);
	depth--;
}

/* A tag is not part of the pc (AArch64.BranchAddr()). */
void cpu_jump(struct a64_cpu *c, u64 pc)
{
	const struct text_entry *e = text_page(&c->fetched, pc);
	struct text_copy *t;
	u8 status = 0;

	if (e->key == (pc >> FRAME_SHIFT | c->fetch_key) && e->text == &c->text->of &&
	    pc - c->page_va < FRAME_BYTES && !(pc & 3)) {
		c->next = &c->text->op[(pc % FRAME_BYTES) / 4];
		return;
	}
	pc = walk_untagged(c, pc);
	t = pc & 3 ? NULL : text_at(c, pc, &status);
	if (!t) {
		cannot_fetch(c, pc, status);
		return;
	}
	c->text = (struct a64_text *)t;
	c->page_va = align_down(pc, FRAME_BYTES);
	c->next = &c->text->op[(pc % FRAME_BYTES) / 4];
}
