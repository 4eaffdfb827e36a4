/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/story.c - where each CPU is, and what has not left it.
 */
#include "cpu.h"
#include <machine/story.h>

static void tell_cpu(FILE *out, struct a64_cpu *c)
{
	const struct observer *o = &ordering.cpu[c->id];

	fprintf(out, "  CPU %u: %s, from %s; %u stores have not left%s\n", c->id,
		story_name(cpu_pc(c, c->next)), story_name(c->x[30]), o->nr,
		c->state == CPU_ON ? "" : "; waits");
}

void story_tell(FILE *out)
{
	for (unsigned i = 0; i < cpus_nr; i++)
		if (cpus[i].state != CPU_OFF && cpus[i].text)
			tell_cpu(out, &cpus[i]);
}

const char *core_where(unsigned cpu)
{
	return story_name(cpu_pc(&cpus[cpu], cpus[cpu].next));
}

/* One line before an instruction runs: the step, the CPU, where, and the word as it was fetched. */
void story_step(struct a64_cpu *c, u64 done)
{
	u64 pc = cpu_pc(c, c->next);
	const u8 *at = &c->text->bytes[pc % FRAME_BYTES];

	fprintf(stderr, "step %lu CPU %u %s: %02x%02x%02x%02x, %u in the buffer\n",
		ordering.steps + done, c->id, story_name(pc), at[3], at[2], at[1], at[0],
		ordering.cpu[c->id].nr);
}
