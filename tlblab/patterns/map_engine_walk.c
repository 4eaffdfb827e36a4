/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * After a CPU used an entry by a walk, a software read must find the entry, too.  RISC-V does
 * not order an explicit read after an implicit one (privileged spec 4.2.1), so the pattern gives
 * no verdict there.
 */
#include <arch/arch.h>
#include <lib/string.h>
#include <tlblab/pattern.h>

static struct {
	vaddr_t va;
	u8 outcome[CPUS_MAX];
} seen;

static void walk_then_read(void *arg)
{
	struct pt_slot slot;

	(void)arg;
	lab_await(seen.va);
	lab_order(); /* the walk before the read of the entry that it used */
	seen.outcome[this_cpu()->nr] =
		pt_lookup(&kpt, seen.va, &slot) == PT_LEAF ? SAW_NEW : SAW_OLD;
}

static void one_round(struct stress *s)
{
	cpumask_t others = other_cpus();

	s->word = lab_random_word(&s->rng);
	s->va = seen.va = lab_random_page(&s->lab, &s->rng) + 8 * s->word;
	cpu_post(others, walk_then_read, NULL);
	pattern_map_until(s, pattern_page(s));
	cpu_wait(others);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (others & cpu_bit(c))
			stress_note(s, c, seen.outcome[c], 0);
	lab_unmap(pattern_page(s), FLUSH_ALL);
}

PATTERN(map_engine_walk, "map.engine.walk", .what = "used by a walk, then read by software",
	.near = "CoTR.inv+dsb-isb", .writer = WRITER_ENGINE, .reader = READER_FENCE,
	.forbids = { O(OLD), O(OLD), 0, 0 }, .arm = "published: forbidden",
	.riscv = "allowed: implicit reads are not ordered with explicit ones (4.2.1)",
	.item = PROFILE_NONE, .cpus = 2, .round = one_round);
