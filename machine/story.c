/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/story.c - the acts on a word that is watched, as they happen; freedoms: their numbers,
 * who is refused, and the story of the last that is granted.
 */
#include <machine/core.h>
#include <machine/device.h>
#include <machine/schedule.h>
#include <machine/story.h>
#include <machine/tlb.h>
#include <stdlib.h>
#include <string.h>

#define LINE 160u
#define HELD 16u

/* What happens to the word that is watched. */
/* The last observer is a device. */
static const char *where(unsigned cpu)
{
	return cpu < machine_cpus() ? core_where(cpu) : "what a device does next";
}

void story_act(unsigned cpu, enum act act, u64 value, u64 time)
{
	static const char *const did[] = {
		[ACT_STORES] = "stores (not yet visible)",
		[ACT_LEAVES] = "its store is visible, the word is",
		[ACT_LOADS] = "loads",
		[ACT_FORWARDED] = "loads its own store",
		[ACT_WALKS] = "its walker reads",
	};

	if (ordering.steps < knobs.since)
		return;
	fprintf(stderr, "step %lu time %lu CPU %u %s: %s %lx", ordering.steps, ordering.now, cpu,
		where(cpu), did[act], value);
	if (act >= ACT_LOADS && time)
		fprintf(stderr, ", stored at time %lu", time);
	fputc('\n', stderr);
}

/* ---- the story of one freedom ---- */
static void tell_translation(const struct freedom *f)
{
	fprintf(stderr, "its access to %s is translated otherwise than the tables say: ",
		story_name(f->other));
	if (f->in_use)
		fprintf(stderr, "into the frame at %lx, which it used before", f->value);
	else if (story_same(f->value, f->now))
		fprintf(stderr, "by the entry at %s, %lx, to which no table leads",
			story_word(f->word), f->value);
	else
		fprintf(stderr, "by %lx, which was the entry at %s", f->value, story_word(f->word));
	if (f->in_use || !story_same(f->value, f->now))
		fprintf(stderr, "; memory has %lx", f->now);
	fputc('\n', stderr);
}

static void tell_two(const struct freedom *f)
{
	fprintf(stderr, "its access to %s hits two entries that are kept, ", story_name(f->other));
	fprintf(stderr, "%lx of %s and ", f->value, story_word(f->word));
	fprintf(stderr, "%lx of %s, and %s\n", f->now, story_word(f->time),
		f->in_use ? "is given bits of both" : "aborts");
}

static void tell_what(const struct freedom *f)
{
	switch (f->kind) {
	case FREE_WAITS:
		fprintf(stderr, "its store of %lx to %s waits in its buffer; memory has %lx\n",
			f->value, story_word(f->word), f->now);
		return;
	case FREE_OVERTAKES:
		fprintf(stderr, "its store of %lx to %s is visible before its older one to %s\n",
			f->value, story_word(f->word), story_word(f->other));
		return;
	case FREE_OLD:
	case FREE_OLD_WALK:
	case FREE_INCOHERENT:
		fprintf(stderr,
			"%s reads %lx at %s; memory has %lx: CPU %u's store, visible %lu stores "
			"ago, is not seen\n",
			f->kind == FREE_OLD_WALK ? "its walker" : "it", f->value,
			story_word(f->word), f->now, f->by, ordering.now - f->time);
		return;
	case FREE_ENTRY:
		tell_translation(f);
		return;
	case FREE_TWO:
		tell_two(f);
		return;
	default:
		fprintf(stderr, "its store to instructions at %s; other copies stay\n",
			story_word(f->word));
	}
}

static void tell_waiting(unsigned cpu)
{
	const struct observer *o = &ordering.cpu[cpu];

	for (unsigned i = 0; i < o->nr && i < 8; i++)
		fprintf(stderr, "    waits since step %lu: %lx to %s\n", o->buffer[i].born,
			o->buffer[i].value, story_word(o->buffer[i].word));
	if (o->nr > 8)
		fprintf(stderr, "    and %u more\n", o->nr - 8);
}

/* ---- kept entries ---- */
#define SPARED 8192u /* entries of all CPUs are side by side, and no more than that */

/* The last invalidation that named an entry's address and left it. */
static struct spared {
	u64 born, step;
	unsigned by;
	const char *why;
	char where[64];
} spared[SPARED];

static struct spared *spared_of(const struct kept_walk *w)
{
	return &spared[(uintptr_t)w / sizeof(*w) % SPARED];
}

static void note_left(const struct kept_walk *w, unsigned by, const char *why)
{
	struct spared *l = spared_of(w);

	*l = (struct spared) { .born = w->born, .step = ordering.steps, .by = by, .why = why };
	snprintf(l->where, sizeof(l->where), "%s", core_where(by));
}

static u64 in_memory(const struct kept_walk *w)
{
	return memory_frame(w->at) ? order_newest(w->at, 8) : 0;
}

static void tell_entry(unsigned cpu, const struct kept_walk *w)
{
	static const char *const kinds[] = { "leaf", "table", "failed walk" };
	const struct spared *l = spared_of(w);
	char awaits[LINE];

	fprintf(stderr,
		"  CPU %u has kept since step %lu: %s of level %d, %lx, of %s (memory: %lx)\n", cpu,
		w->born, kinds[w->kind], story_level(w->level), w->word, story_word(w->at),
		in_memory(w));
	if (story_same(w->word, in_memory(w)))
		return;
	if (story_awaits(awaits, sizeof(awaits), cpu, w))
		fprintf(stderr, "    %s\n", awaits);
	else if (l->step && l->born == w->born)
		fprintf(stderr, "    left by %s; step %lu, CPU %u before %s\n", l->why, l->step,
			l->by, l->where);
	else
		fprintf(stderr, "    no invalidation that was done here since then is of it\n");
}

/* What the CPU has kept of the walks to va, and what others have that memory has no longer.  What
 * the CPU itself has so is told to tools/hotplate story as well. */
static void tell_kept(unsigned cpu, u64 va)
{
	const struct kept_walk *held[HELD];

	for (unsigned i = 0; i < machine_cpus(); i++) {
		unsigned n = tlb_held(i, va, held, HELD);

		for (unsigned k = 0; k < n; k++) {
			bool old = !story_same(held[k]->word, in_memory(held[k]));

			if (i == cpu && old)
				fprintf(stderr, "story: kept word 0x%lx\n", held[k]->at);
			if (i == cpu || old)
				tell_entry(i, held[k]);
		}
	}
}

/* Lines that begin with "story:" are read by tools/hotplate story. */
static void tell(u64 number, const struct freedom *f)
{
	fprintf(stderr, "story: freedom %lu kind %u step %lu word 0x%lx other 0x%lx\n", number,
		(unsigned)f->kind, ordering.steps, f->word, f->other);
	fprintf(stderr, "step %lu, CPU %u before %s: ", ordering.steps, f->cpu, where(f->cpu));
	tell_what(f);
	fprintf(stderr, "  allowed: %s\n", story_rules[f->kind]);
	story_tell(stderr);
	if (f->kind == FREE_ENTRY || f->kind == FREE_TWO)
		tell_kept(f->cpu, f->other);
	else
		tell_waiting(f->kind == FREE_OLD || f->kind == FREE_OLD_WALK ||
					     f->kind == FREE_INCOHERENT
				     ? f->by
				     : f->cpu);
}

/* ---- numbers ---- */
static u64 freedoms;

static bool granted(const struct freedom *f)
{
	u64 number;

	if (f->kind == FREE_WAITS && knobs.story == 1)
		return true;
	number = freedoms++;
	if (knobs.find)
		search_at(number);
	if (number < knobs.first || number >= knobs.last)
		return false;
	if (number + 1 == knobs.last)
		tell(number, f);
	return true;
}

static void visible(unsigned cpu, u64 word, struct frame_state *f)
{
	ordering.tables += f->table;
	core_visible(cpu, word, f);
}

/* ---- the failure ---- */
static struct {
	bool seen;
	u64 step, number;
	char text[LINE];
} first_fail;

static void note_fail(const char *text)
{
	if (first_fail.seen)
		return;
	first_fail.seen = true;
	first_fail.step = ordering.steps;
	first_fail.number = freedoms;
	snprintf(first_fail.text, sizeof(first_fail.text), "%s", text);
}

static void failed(const char *text)
{
	note_fail(text);
	search_failed();
	fflush(stdout);
	fprintf(stderr, "story: failed step %lu freedoms %lu until %lu: %s\n", first_fail.step,
		first_fail.number, ordering.steps, first_fail.text);
	exit(5);
}

/* Where freedoms are refused the first sign is enough: the same run without is known to fail. */
static void judge_line(const char *text)
{
	text += strspn(text, " ");
	if (!strncmp(text, "# FAIL", 6) && knobs.last == ~0ul)
		note_fail(text);
	else if (!strncmp(text, "# FAIL", 6) || !strncmp(text, "not ok ", 7) ||
		 !strncmp(text, "# CRASH", 7))
		failed(text);
	else if (!strncmp(text, "ok ", 3))
		first_fail.seen = false;
}

void story_begin(void)
{
	if (knobs.story || knobs.stop)
		console_told = judge_line;
	if (!knobs.story)
		return;
	knobs.key_tag = 1ul << 60; /* no page of 64 bits has that */
	ordering.granted = granted;
	ordering.visible = visible;
	tlb_left = note_left;
}

void story_end(bool bad)
{
	if (bad)
		search_failed();
	if (knobs.story)
		fprintf(stderr, "story: ended step %lu freedoms %lu\n", ordering.steps, freedoms);
}
