/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/stress.c - rounds, histograms and records of `tlb stress`; see stress.h. */
#include <arch/arch.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/harness/test.h>
#include <tlblab/pattern.h>

const struct pattern *stress_find(const char *name)
{
	reg_for_each (patterns, it)
		if (!strcmp((*it)->name, name))
			return *it;
	return NULL;
}

/* ---- rounds ---- */

bool stress_open(struct stress *s, u64 seed)
{
	memset(s, 0, sizeof(*s));
	s->rng.state = seed;
	return lab_open(&s->lab, false);
}

void stress_close(struct stress *s)
{
	lab_flush_omitted(&s->lab);
	lab_close(&s->lab);
}

const char *stress_missing(const struct pattern *p, const struct lab *l)
{
	if (cpus_online_nr() < p->cpus)
		return p->cpus == 2 ? "needs two CPUs; one is online" : "needs three CPUs";
	return p->span && !l->span ? "no room for a whole table's span" : NULL;
}

void stress_begin(struct stress *s, const struct pattern *p)
{
	s->pattern = p;
	s->rounds = s->observed = s->forbidden = s->lost = 0;
	memset(s->seen, 0, sizeof(s->seen));
	memset(&s->first, 0, sizeof(s->first));
	s->mask = p->forbids[lab_rule()] | O(OTHER); /* OTHER is forbidden everywhere */
}

void stress_round(struct stress *s)
{
	s->rounds++;
	s->round_seed = s->rng.state;
	memset(s->of, OUTCOMES, sizeof(s->of));
	s->pattern->round(s);
	lab_flush_omitted(&s->lab);
}

static void keep(struct stress *s, unsigned cpu, enum outcome o, u64 value)
{
	struct stress_record *r = &s->first;

	*r = (struct stress_record) { .pattern = s->pattern,
				      .round = s->rounds,
				      .seed = s->round_seed,
				      .value = value,
				      .word = s->word,
				      .counter = arch_counter(),
				      .va = s->va,
				      .outcome = (u8)o,
				      .cpu = (u8)cpu };
	for (unsigned f = 0; f < LAB_FRAMES; f++)
		r->frame[f] = page_pa(s->lab.frame[f]);
}

void stress_note(struct stress *s, unsigned cpu, enum outcome o, u64 value)
{
	s->observed++;
	s->seen[o]++;
	s->of[cpu] = (u8)o;
	if (s->mask >> o & 1 && !s->forbidden++)
		keep(s, cpu, o, value);
	if (s->first.round == s->rounds)
		memcpy(s->first.of, s->of, sizeof(s->of));
}

u64 stress_shown(const struct stress *s)
{
	u64 n = 0;

	for (unsigned o = 0; o < OUTCOMES; o++)
		if (s->pattern->shows >> o & 1)
			n += s->seen[o];
	return n;
}

/* ---- texts ---- */

const char *stress_histogram(const struct stress *s, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	for (unsigned o = 0; o < OUTCOMES && at < size; o++)
		if (s->seen[o])
			at += (size_t)snprintf(buf + at, size - at, "%s%s %lu", at ? " " : "",
					       outcome_name(o), s->seen[o]);
	return buf;
}

void stress_sentence(const struct stress_record *r, char *buf, size_t size)
{
	snprintf(buf, size, "%s: CPU %u saw %s (0x%lx) at 0x%lx in round %lu", r->pattern->name,
		 r->cpu, outcome_name(r->outcome), r->value, r->va, r->round);
}

void stress_record_print(const struct stress_record *r, const char *indent)
{
	const struct pattern *p = r->pattern;

	kprintf("%s# forbidden  %s: %s\n", indent, p->name, p->what);
	kprintf("%s#   by       %s: %s\n", indent, lab_rule_name(lab_rule()),
		lab_rule() <= RULE_ETS2 ? p->arm : p->riscv);
	kprintf("%s#   saw      %s on CPU %u, value 0x%016lx, word %lu of the page\n", indent,
		outcome_name(r->outcome), r->cpu, r->value, r->word);
	kprintf("%s#   at       0x%lx, round %lu, round seed 0x%lx\n", indent, r->va, r->round,
		r->seed);
	kprintf("%s#   CPUs    ", indent);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (r->of[c] < OUTCOMES)
			kprintf(" %u:%s", c, outcome_name(r->of[c]));
	kprintf("\n%s#   frames   old 0x%lx, new 0x%lx, trap 0x%lx\n", indent, r->frame[0],
		r->frame[1], r->frame[2]);
	kprintf("%s#   counter  0x%lx, tlb=%s, %s\n", indent, r->counter, tlb_selected()->s.name,
		layout.fmt->name);
}

/* ---- the command ---- */

static void line(const struct stress *s)
{
	char seen[80];

	kprintf("  %-20s %-6s %s\n", s->pattern->name,
		s->forbidden        ? "FAIL"
		: s->pattern->shows ? "ctl"
				    : "ok",
		stress_histogram(s, seen, sizeof(seen)));
	if (s->forbidden)
		stress_record_print(&s->first, "  ");
}

bool stress_all(u64 rounds)
{
	static struct stress s NOINIT;
	bool good = true;

	if (!stress_open(&s, arg_number(NULL, ARG_SEED))) {
		kputs("tlb stress: no memory for a scratch range\n");
		return false;
	}
	kprintf("tlb stress: %lu rounds each, %u CPUs, tlb=%s, by %s; ctl: a control\n", rounds,
		cpus_online_nr(), tlb_selected()->s.name, lab_rule_name(lab_rule()));
	reg_for_each (patterns, it) {
		const char *why = stress_missing(*it, &s.lab);

		if (why) {
			kprintf("  %-20s skip   %s\n", (*it)->name, why);
			continue;
		}
		if (test_aborted())
			break;
		stress_begin(&s, *it);
		for (u64 i = 0; i < rounds && !test_aborted(); i++)
			stress_round(&s);
		line(&s);
		good &= !s.forbidden;
	}
	stress_close(&s);
	kputs("published patterns that are not run here, and why:\n");
	for (const struct stress_absent *a = stress_absent; a->name; a++)
		kprintf("  %-36s %s\n", a->name, a->why);
	return good;
}
