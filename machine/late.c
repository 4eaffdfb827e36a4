/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/late.c - loads and AMOs that are performed after po-later stores (late.h).
 */
#include <machine/buffer.h>
#include <machine/random.h>
#include <string.h>

static struct late_loads *late_of(unsigned cpu)
{
	return &ordering.cpu[cpu].late;
}

bool late_begin(unsigned cpu, const struct late_load *l)
{
	struct late_loads *p = late_of(cpu);
	u64 often = knobs.adversary[l->word ? ADV_ATOMICS : ADV_LATE];

	if (!often)
		return false;
	late_before_load(cpu, l->pa, l->bytes);
	if (p->nr == LATE_MAX || !one_in(often))
		return false;
	p->load[p->nr] = *l;
	p->load[p->nr++].older = (u8)ordering.cpu[cpu].nr;
	p->atomics += l->word != 0;
	p->regs |= BIT(l->reg);
	order_pin(cpu, order_word(l->pa), 1);
	return true;
}

static struct late_load take_late(unsigned cpu, unsigned i)
{
	struct late_loads *p = late_of(cpu);
	struct late_load l = p->load[i];

	p->nr--;
	p->atomics -= l.word != 0;
	memmove(&p->load[i], &p->load[i + 1], (p->nr - i) * sizeof(l));
	p->regs &= ~BIT(l.reg);
	order_pin(cpu, order_word(l.pa), -1);
	return l;
}

static u64 late_value(u64 v, const struct late_load *l)
{
	unsigned up = 64 - 8 * l->bytes;

	if (l->extends)
		v = (u64)((s64)(v << up) >> up);
	return l->narrow ? (u32)v : v;
}

static void perform_late(unsigned cpu, unsigned i)
{
	struct late_load l = take_late(cpu, i);
	u64 view, v;

	if (l.word) {
		order_hooks.atomic(cpu, &l);
		return;
	}
	v = order_load_late(cpu, &l, &view);
	order_hooks.performed(cpu, l.reg, late_value(v, &l), view);
}

void late_cancel(unsigned cpu, unsigned reg)
{
	struct late_loads *p = late_of(cpu);

	if (p->nr && p->load[p->nr - 1].reg == reg)
		take_late(cpu, p->nr - 1);
}

void late_touched(unsigned cpu, u64 regs)
{
	const struct late_loads *p = late_of(cpu);

	for (unsigned i = p->nr; i-- > 0;)
		if (regs >> p->load[i].reg & 1)
			perform_late(cpu, i);
}

void late_within(unsigned cpu, u64 pa, u64 bytes)
{
	const struct late_loads *p = late_of(cpu);

	for (unsigned i = p->nr; i-- > 0;)
		if (p->load[i].pa - pa < bytes)
			perform_late(cpu, i);
}

/* Loads of one word are performed in program order, unless each byte of the po-later load is
 * forwarded from a store between the two: then the po-earlier one is performed, at the latest,
 * before such a store drains (fri-rfi). */
void late_before_load(unsigned cpu, u64 pa, unsigned bytes)
{
	const struct late_loads *p = late_of(cpu);
	u64 word = order_word(pa), read = order_mask(pa, bytes);

	for (unsigned i = p->nr; i-- > 0;)
		if (order_word(p->load[i].pa) == word &&
		    (read & ~buffer_bytes(&ordering.cpu[cpu], p->load[i].older, word)))
			perform_late(cpu, i);
}

void late_before_store(unsigned cpu, u64 word)
{
	const struct late_loads *p = late_of(cpu);

	for (unsigned i = p->nr; i-- > 0;)
		if (p->load[i].word && order_word(p->load[i].pa) == word)
			perform_late(cpu, i);
}

void late_before_drain(unsigned cpu, unsigned i, u64 word, bool release)
{
	struct late_loads *p = late_of(cpu);

	for (unsigned n = p->nr; n-- > 0;)
		if (p->load[n].older <= i && (release || order_word(p->load[n].pa) == word))
			perform_late(cpu, n);
	for (unsigned n = 0; n < p->nr; n++)
		p->load[n].older -= p->load[n].older > i;
}

void late_all(unsigned cpu)
{
	const struct late_loads *p = late_of(cpu);

	while (p->nr)
		perform_late(cpu, p->nr - 1);
}

void late_atomics(unsigned cpu, bool releases)
{
	const struct late_loads *p = late_of(cpu);

	for (unsigned i = p->nr; i-- > 0;)
		if (p->load[i].word && (p->load[i].release || !releases))
			perform_late(cpu, i);
}

NOINLINE void late_fence(unsigned cpu, bool loads)
{
	if (loads)
		late_all(cpu);
	else
		late_atomics(cpu, false);
}

const struct late_load *late_atomic(unsigned cpu, unsigned i)
{
	const struct late_loads *p = late_of(cpu);

	for (unsigned n = 0; n < p->nr; n++)
		if (p->load[n].word && p->load[n].older <= i)
			return &p->load[n];
	return NULL;
}

void late_some(unsigned cpu)
{
	const struct late_loads *p = late_of(cpu);

	if (p->nr && one_in(16))
		perform_late(cpu, (unsigned)random_below(p->nr));
}
