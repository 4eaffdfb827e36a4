/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/story.c - accesses to the watched word; the numbers of choices, which of them are taken,
 * and the report of the last that is taken (story.h).
 */
#include <machine/core.h>
#include <machine/device.h>
#include <machine/schedule.h>
#include <machine/story.h>
#include <machine/tlb.h>
#include <stdlib.h>
#include <string.h>

#define LINE 160u
#define FOUND 16u

/* ---- the watched word ---- */
/* The last observer is a device. */
static const char *where(unsigned cpu)
{
	return cpu < machine_cpus() ? core_where(cpu) : "a device's next access";
}

void story_act(unsigned cpu, enum act act, u64 value, u64 time)
{
	static const char *const verbs[] = {
		[ACT_STORES] = "stores (not yet visible)",
		[ACT_PERFORMED] = "its store is visible, the word is",
		[ACT_LOADS] = "loads",
		[ACT_FORWARDED] = "loads its own store",
		[ACT_WALKS] = "its walker reads",
	};

	if (ordering.steps < knobs.since)
		return;
	fprintf(stderr, "step %lu time %lu CPU %u %s: %s %lx", ordering.steps, ordering.now, cpu,
		where(cpu), verbs[act], value);
	if (act >= ACT_LOADS && time)
		fprintf(stderr, ", stored at time %lu", time);
	fputc('\n', stderr);
}

/* ---- the report of one choice ---- */
static void print_translation(const struct order_choice *f)
{
	fprintf(stderr, "its access to %s uses a translation that differs from the tables: ",
		story_name(f->other));
	if (f->in_use)
		fprintf(stderr, "the frame at %lx, which it has used before", f->value);
	else if (story_same(f->value, f->now))
		fprintf(stderr, "the entry at %s, %lx, which no table leads to",
			story_word(f->word), f->value);
	else
		fprintf(stderr, "%lx, an old value of the entry at %s", f->value,
			story_word(f->word));
	if (f->in_use || !story_same(f->value, f->now))
		fprintf(stderr, "; memory has %lx", f->now);
	fputc('\n', stderr);
}

static void print_conflict(const struct order_choice *f)
{
	fprintf(stderr, "its access to %s hits two TLB entries, ", story_name(f->other));
	fprintf(stderr, "%lx of %s and ", f->value, story_word(f->word));
	fprintf(stderr, "%lx of %s, and %s\n", f->now, story_word(f->time),
		f->in_use ? "uses bits of both" : "aborts");
}

static void print_effect(const struct order_choice *f)
{
	switch (f->kind) {
	case CHOICE_WAITS:
		fprintf(stderr, "its store of %lx to %s waits in its buffer; memory has %lx\n",
			f->value, story_word(f->word), f->now);
		return;
	case CHOICE_OVERTAKES:
		fprintf(stderr, "its store of %lx to %s is visible before its older one to %s\n",
			f->value, story_word(f->word), story_word(f->other));
		return;
	case CHOICE_OLD:
	case CHOICE_OLD_WALK:
	case CHOICE_INCOHERENT:
		fprintf(stderr,
			"%s reads %lx at %s; memory has %lx: CPU %u's store, visible %lu stores "
			"ago, is not observed\n",
			f->kind == CHOICE_OLD_WALK ? "its walker" : "it", f->value,
			story_word(f->word), f->now, f->by, ordering.now - f->time);
		return;
	case CHOICE_ENTRY:
		print_translation(f);
		return;
	case CHOICE_CONFLICT:
		print_conflict(f);
		return;
	default:
		fprintf(stderr, "its store to instructions at %s; fetch keeps old copies\n",
			story_word(f->word));
	}
}

static void print_buffer(unsigned cpu)
{
	const struct observer *o = &ordering.cpu[cpu];

	for (unsigned i = 0; i < o->nr && i < 8; i++)
		fprintf(stderr, "    waits since step %lu: %lx to %s\n", o->buffer[i].born,
			o->buffer[i].value, story_word(o->buffer[i].word));
	if (o->nr > 8)
		fprintf(stderr, "    and %u more\n", o->nr - 8);
}

/* ---- TLB entries ---- */
#define SPARED 8192u /* entries of all CPUs are in one array, and no more than that */

/* The last invalidation that named an entry's address and did not remove it. */
static struct spared {
	u64 born, step;
	unsigned by;
	const char *why;
	char where[64];
} spared[SPARED];

static struct spared *spared_of(const struct tlb_entry *w)
{
	return &spared[(uintptr_t)w / sizeof(*w) % SPARED];
}

static void note_spared(const struct tlb_entry *w, unsigned by, const char *why)
{
	struct spared *l = spared_of(w);

	*l = (struct spared) { .born = w->born, .step = ordering.steps, .by = by, .why = why };
	snprintf(l->where, sizeof(l->where), "%s", core_where(by));
}

static u64 in_memory(const struct tlb_entry *w)
{
	return memory_frame(w->at) ? order_newest(w->at, 8) : 0;
}

static void print_entry(unsigned cpu, const struct tlb_entry *w)
{
	static const char *const kinds[] = { "leaf", "table", "failed walk" };
	const struct spared *l = spared_of(w);
	char awaits[LINE];

	fprintf(stderr,
		"  CPU %u has cached since step %lu: %s of level %d, %lx, of %s (memory: %lx)\n",
		cpu, w->born, kinds[w->kind], story_level(w->level), w->word, story_word(w->at),
		in_memory(w));
	if (story_same(w->word, in_memory(w)))
		return;
	if (story_pending(awaits, sizeof(awaits), cpu, w))
		fprintf(stderr, "    %s\n", awaits);
	else if (l->step && l->born == w->born)
		fprintf(stderr, "    not removed by %s; step %lu, CPU %u before %s\n", l->why,
			l->step, l->by, l->where);
	else
		fprintf(stderr, "    no invalidation that was executed here since then names it\n");
}

/* Print the CPU's cached entries of the walks to va, and those of other CPUs that differ from
 * memory.  Lines for tools/hotplate story name the CPU's own that differ. */
static void print_entries(unsigned cpu, u64 va)
{
	const struct tlb_entry *found[FOUND];

	for (unsigned i = 0; i < machine_cpus(); i++) {
		unsigned n = tlb_entries_of(i, va, found, FOUND);

		for (unsigned k = 0; k < n; k++) {
			bool old = !story_same(found[k]->word, in_memory(found[k]));

			if (i == cpu && old)
				fprintf(stderr, "story: kept word 0x%lx\n", found[k]->at);
			if (i == cpu || old)
				print_entry(i, found[k]);
		}
	}
}

/* tools/hotplate story reads the lines that begin with "story:". */
static void print_choice(u64 number, const struct order_choice *f)
{
	fprintf(stderr, "story: choice %lu kind %u step %lu word 0x%lx other 0x%lx\n", number,
		(unsigned)f->kind, ordering.steps, f->word, f->other);
	fprintf(stderr, "step %lu, CPU %u before %s: ", ordering.steps, f->cpu, where(f->cpu));
	print_effect(f);
	fprintf(stderr, "  allowed: %s\n", story_rules[f->kind]);
	story_print_cpus(stderr);
	if (f->kind == CHOICE_ENTRY || f->kind == CHOICE_CONFLICT)
		print_entries(f->cpu, f->other);
	else
		print_buffer(f->kind == CHOICE_OLD || f->kind == CHOICE_OLD_WALK ||
					     f->kind == CHOICE_INCOHERENT
				     ? f->by
				     : f->cpu);
}

/* ---- numbers ---- */
static u64 choices;

static bool take(const struct order_choice *f)
{
	u64 number;

	if (f->kind == CHOICE_WAITS && knobs.story == 1)
		return true;
	number = choices++;
	if (knobs.find)
		search_at(number);
	if (number < knobs.first || number >= knobs.last)
		return false;
	if (number + 1 == knobs.last)
		print_choice(number, f);
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
	first_fail.number = choices;
	snprintf(first_fail.text, sizeof(first_fail.text), "%s", text);
}

static void failed(const char *text)
{
	note_fail(text);
	search_failed();
	fflush(stdout);
	fprintf(stderr, "story: failed step %lu choices %lu until %lu: %s\n", first_fail.step,
		first_fail.number, ordering.steps, first_fail.text);
	exit(5);
}

/* Lines with which Linux, or its init (linux/), reports a failure. */
static const char *const failures[] = {
	"Kernel panic - not syncing",
	"Unable to handle kernel",
	"Internal error: ",
	"BUG: ",
	"WARNING: ",
	"hotplate-init: fail",
};

/* The text after the time and the thread, each in brackets. */
static const char *without_time(const char *text)
{
	const char *end;

	for (; *text == '[' && (end = strchr(text, ']')); text += strspn(text, " "))
		text = end + 1;
	return text;
}

static bool is_failure(const char *text)
{
	text = without_time(text);
	for (unsigned i = 0; i < ARRAY_SIZE(failures); i++)
		if (!strncmp(text, failures[i], strlen(failures[i])))
			return true;
	return !strncmp(text, "hotplate-init: ", 15) && strstr(text, " not ok ") && text[15] != '|';
}

/* With last= the first "# FAIL" ends the run: without last= it is known to fail. */
static void judge_line(const char *text)
{
	text += strspn(text, " ");
	if (!strncmp(text, "# FAIL", 6) && knobs.last == ~0ul)
		note_fail(text);
	else if (!strncmp(text, "# FAIL", 6) || !strncmp(text, "not ok ", 7) ||
		 !strncmp(text, "# CRASH", 7) || is_failure(text))
		failed(text);
	else if (!strncmp(text, "ok ", 3))
		first_fail.seen = false;
}

void story_begin(void)
{
	if (knobs.story || knobs.stop)
		console_line = judge_line;
	if (!knobs.story)
		return;
	knobs.key_tag = 1ul << 60; /* no page number has this bit */
	order_hooks.take = take;
	order_hooks.visible = visible;
	tlb_spared = note_spared;
}

void story_end(bool bad)
{
	if (bad)
		search_failed();
	if (knobs.story)
		fprintf(stderr, "story: ended step %lu choices %lu\n", ordering.steps, choices);
}
