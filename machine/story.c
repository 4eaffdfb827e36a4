/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/story.c - the acts on a word that is watched, as they happen.
 */
#include <machine/story.h>

/* What happens to the word that is watched. */
void story_act(unsigned cpu, enum act act, u64 value, u64 time)
{
	static const char *const did[] = {
		[ACT_STORES] = "stores (not yet visible)",
		[ACT_LEAVES] = "its store is visible, the word is",
		[ACT_LOADS] = "loads",
		[ACT_FORWARDED] = "loads its own store",
		[ACT_WALKS] = "its walker reads",
	};

	fprintf(stderr, "step %lu time %lu CPU %u %s: %s %lx", ordering.steps, ordering.now, cpu,
		core_where(cpu), did[act], value);
	if (act >= ACT_LOADS && time)
		fprintf(stderr, ", stored at time %lu", time);
	fputc('\n', stderr);
}
