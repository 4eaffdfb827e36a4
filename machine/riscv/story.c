/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/story.c - the place of each hart, its pending stores and invalidations (story.h).
 */
#include "hart.h"
#include <machine/story.h>
#include <machine/tlb.h>

static void print_hart(FILE *out, struct rv_hart *h)
{
	const struct observer *o = &ordering.cpu[h->id];

	fprintf(out, "  CPU %u: %s, from %s; %u stores in the buffer%s\n", h->id,
		story_name(hart_pc(h, h->next)), story_name(h->x[1]), o->nr,
		h->state == HART_WAITS ? "; waits" : "");
}

void story_print_cpus(FILE *out)
{
	for (unsigned i = 0; i < harts_nr; i++)
		if (harts[i].state != HART_STOPPED && harts[i].text)
			print_hart(out, &harts[i]);
}

/* Print a line before an instruction runs: the step, the hart, the place, and the fetched word. */
void story_step(struct rv_hart *h)
{
	u64 pc = hart_pc(h, h->next);
	const u8 *at = &h->text->of.bytes[pc % FRAME_BYTES];

	if (reach_step(pc))
		return;
	fprintf(stderr, "step %lu CPU %u %s: %02x%02x, %u in the buffer\n",
		ordering.steps + (u64)(h->slice - h->left), h->id, story_name(pc), at[1], at[0],
		ordering.cpu[h->id].nr);
}

const char *core_where(unsigned cpu)
{
	return story_name(hart_pc(&harts[cpu], harts[cpu].next));
}

bool story_pending(char *text, size_t room, unsigned cpu, const struct tlb_entry *w)
{
	if (!walk_pending_for(&harts[cpu], w))
		return false;
	snprintf(text, room, "its SINVAL.VMA names it, and SFENCE.INVAL.IR has not been executed");
	return true;
}

int story_level(unsigned level)
{
	return (int)level;
}

/* Equal except for A and D. */
bool story_same(u64 cached, u64 memory)
{
	return !((cached ^ memory) & ~0xc0ul);
}

const char *const story_rules[CHOICE_NR] = {
	[CHOICE_WAITS] =
		"RVWMO: po-later accesses may be performed before a store; only a fence w,r, a "
		"release or the same location orders them (rules 1, 4 to 7)",
	[CHOICE_OVERTAKES] =
		"RVWMO: two stores to different words are ordered by a fence w,w, a release "
		"or a dependency alone (preserved program order, rules 1, 4, 6, 9 to 11)",
	[CHOICE_OLD] =
		"RVWMO: two loads are ordered by a fence r,r, an acquire or an address alone "
		"(rules 2, 4, 5, 9); the load value axiom allows an overwritten value",
	[CHOICE_OLD_WALK] =
		"privileged spec, SFENCE.VMA: implicit accesses are ordinarily not ordered "
		"with loads and stores; only SFENCE.VMA on this hart orders them",
	[CHOICE_ENTRY] =
		"privileged spec, SFENCE.VMA: a translation may be cached, or have been read at "
		"any time since the last SFENCE.VMA that names it on this hart",
	[CHOICE_FETCH] = "Zifencei: stores are not visible to fetches of a hart until its FENCE.I",
};
