/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/uninit.c - loads of bytes that no store has written (uninit.h).
 */
#include <machine/core.h>
#include <machine/machine.h>
#include <machine/power.h>
#include <machine/sanitize.h>
#include <machine/story.h>
#include <machine/uninit.h>
#include <stdlib.h>

/* Exceptions.  `by`: the function that loads, `of`: the object; NULL: any.  A row with a name that
 * the image lacks has no effect. */
static struct legal_load {
	const char *by, *of;
	u64 pc, pc_bytes, at, at_bytes;
} legal_loads[] = {
	/* the magic number that shows whether an earlier boot wrote the rest (kern/persist.h) */
	{ .by = "memcmp", .of = "persist_start" },
	{ .by = "memcmp", .of = "log_ring" },
	/* riscv64: a hart that starts checks whether another one has started: a word of 64 bits */
	{ .of = "boot_claim" },
	/* a copy does not use the value; the copied bytes count as stored */
	{ .by = "memcpy" },
	{ .by = "memmove" },
	{ .by = "copy_up" },
	{ .by = "copy_down" },
	{ .by = "copy_run" },
	/* a probe checks whether an address can be read, and ignores the value */
	{ .by = "arch_probe_load8" },
	{ .by = "arch_probe_load16" },
	{ .by = "arch_probe_load32" },
	{ .by = "arch_probe_load64" },
};

static void resolve(struct legal_load *e)
{
	e->at_bytes = e->of ? 0 : ~0ul;
	e->pc_bytes = e->by ? 0 : ~0ul;
	if (e->of)
		e->at = story_object(e->of, &e->at_bytes);
	if (e->by)
		e->pc = story_function(e->by, &e->pc_bytes);
}

static bool excepted(u64 pc, u64 pa)
{
	for (unsigned i = 0; i < ARRAY_SIZE(legal_loads); i++) {
		const struct legal_load *e = &legal_loads[i];

		if (pc - e->pc < e->pc_bytes && pa - e->at < e->at_bytes)
			return true;
	}
	return false;
}

static void judge(unsigned cpu, u64 pa, unsigned bytes)
{
	const u8 *stored = uninit.stored + (pa - uninit.first);
	u64 pc, fp;

	for (unsigned i = 0; i < bytes; i++) {
		if (stored[i])
			continue;
		core_frame(cpu, &pc, &fp);
		if (excepted(pc, pa + i))
			return;
		machine_stop("CPU %u at %s loads %s, which nothing has stored to since power-on",
			     cpu, story_name(pc), story_word(pa + i));
	}
}

void uninit_begin(void)
{
	u64 bytes, first = story_object("boot_stack_top", &bytes);
	u64 persist = story_object("persist_start", &bytes),
	    end = story_object("persist_end", &bytes);

	if (!knobs.adversary[ADV_UNKNOWN] || !first || end <= first ||
	    power_entry() % (2 * MiB)) /* the image moves itself away from its link address */
		return;
	uninit.stored = calloc(end - first, 1);
	if (!uninit.stored)
		machine_refuse("unknown", "the host has no room");
	uninit.first = first;
	uninit.bytes = end - first;
	uninit.loaded = judge;
	for (unsigned i = 0; i < ARRAY_SIZE(legal_loads); i++)
		resolve(&legal_loads[i]);
	legal_loads[0].at_bytes = end - persist;
}
