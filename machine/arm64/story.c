/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/story.c - the place of each CPU, its pending stores and invalidations (story.h).
 */
#include "cpu.h"
#include <machine/story.h>
#include <machine/tlb.h>

static void print_cpu(FILE *out, struct a64_cpu *c)
{
	const struct observer *o = &ordering.cpu[c->id];

	fprintf(out, "  CPU %u: %s, from %s; %u stores in the buffer%s\n", c->id,
		story_name(cpu_pc(c, c->next)), story_name(c->x[30]), o->nr,
		c->state == CPU_ON ? "" : "; waits");
	if (!c->at_el2)
		fprintf(out, "    %s; ESR_EL1 %lx, FAR_EL1 %lx, ELR_EL1 %lx, SPSR_EL1 %lx\n",
			c->user ? "EL0" : "EL1", c->esr, c->far, c->elr, c->spsr);
}

void story_print_cpus(FILE *out)
{
	for (unsigned i = 0; i < cpus_nr; i++)
		if (cpus[i].state != CPU_OFF && cpus[i].text)
			print_cpu(out, &cpus[i]);
}

const char *core_where(unsigned cpu)
{
	return story_name(cpu_pc(&cpus[cpu], cpus[cpu].next));
}

/* Print one line before an instruction runs: the step, the CPU, the place, and the fetched word. */
void story_step(struct a64_cpu *c, u64 done)
{
	u64 pc = cpu_pc(c, c->next);
	const u8 *at = &c->text->of.bytes[pc % FRAME_BYTES];

	if (reach_step(pc))
		return;
	fprintf(stderr, "step %lu CPU %u %s: %02x%02x%02x%02x, %u in the buffer\n",
		ordering.steps + done, c->id, story_name(pc), at[3], at[2], at[1], at[0],
		ordering.cpu[c->id].nr);
}

bool story_pending(char *text, size_t room, unsigned cpu, const struct tlb_entry *w)
{
	unsigned by;

	if (!tlbi_pending_for(cpu, w, &by))
		return false;
	snprintf(text, room, "a TLBI of CPU %u names it, and no DSB has completed it here", by);
	return true;
}

/* The manual's last level is 3. */
int story_level(unsigned level)
{
	return 3 - (int)level;
}

/* Compare the output address up to 48 bits, and the type bits; other bits of a cached word may be
 * those of the tables above it. */
bool story_same(u64 cached, u64 memory)
{
	return !((cached ^ memory) & 0xfffffffff003ul);
}

const char *const story_rules[CHOICE_NR] = {
	[CHOICE_WAITS] =
		"Arm ARM B2.3: a store is ordered before later accesses by a barrier, a release "
		"or the same location alone; DSB completes it (B2.6.9)",
	[CHOICE_OVERTAKES] =
		"Arm ARM B2.3: two stores to different words are ordered by DMB, DSB, a "
		"store-release or a dependency alone (barrier-ordered-before)",
	[CHOICE_OLD] =
		"Arm ARM B2.3: two loads are ordered only by DMB LD, DMB, DSB, a load-acquire, an "
		"address, or a branch or an address that ISB follows; a load may read a value "
		"that was overwritten",
	[CHOICE_OLD_WALK] = "Arm ARM D8.2.6: a walk is a separate observer; a store to a table is "
			    "observed by it for certain after DSB and context synchronisation",
	[CHOICE_ENTRY] =
		"Arm ARM D8.17: a TLB may hold an entry, and an access use it, until the TLBI "
		"that names it is completed by a DSB; on the CPU that issued it, until a context "
		"synchronisation after that DSB as well, without FEAT_ETS2",
	[CHOICE_CONFLICT] =
		"Arm ARM D8.17.1: between two such leaves an invalid entry, DSB, TLBI and DSB are "
		"required (break-before-make, R_WHZWS); else a CPU may cache both, and an access "
		"that hits both is a TLB conflict abort or is translated by any mix of them",
	[CHOICE_INCOHERENT] =
		"Arm ARM B2.10.1.2: hardware keeps Non-shareable memory coherent for the CPU "
		"itself "
		"alone (SH of the descriptor; of walks, and with 52-bit output of all, SH0 and SH1 "
		"of TCR_EL1); others observe what a clean to the point of "
		"coherency has written",
	[CHOICE_FETCH] =
		"Arm ARM B2.7.4.2: fetches may read old bytes until DC CVAU, DSB, IC, DSB and ISB",
};
