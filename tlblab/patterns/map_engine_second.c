/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two entries become valid in order; a CPU that used the second must find the first.  The boot
 * CPU executes a barrier between them: on riscv64 its sfence.vma does not order stores.
 */
#include <arch/arch.h>
#include <tlblab/pattern.h>

static struct {
	vaddr_t second, then;
	struct look look;
} seen;

static void one_then_the_other(void *arg)
{
	(void)arg;
	lab_await(seen.second);
	lab_order(); /* the successful walk before the one that is judged */
	lab_load_valid(&seen.look);
}

static void one_round(struct stress *s)
{
	vaddr_t page = s->lab.va + (rng_below(&s->rng, s->lab.pages - 1) << page_shift());
	cpumask_t others = other_cpus();

	s->word = lab_random_word(&s->rng);
	s->va = seen.look.va = page + 8 * s->word;
	seen.second = s->va + page_size();
	cpu_post(others, one_then_the_other, NULL);
	pattern_map_until(s, page);
	arch_mb(); /* the first entry before the second */
	pattern_map_until(s, page + page_size());
	cpu_wait(others);
	pattern_note(s, &seen.look, others);
	lab_unmap(page, FLUSH_ALL);
	lab_unmap(page + page_size(), FLUSH_ALL);
}

PATTERN(map_engine_second, "map.engine.second", .what = "mapped, then another; the other was used",
	.near = "MP.TT.inv+dmb+dsb-isb, a stronger writer", .writer = WRITER_ENGINE,
	.reader = READER_FENCE,
	.forbids = { O(FAULT) | O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK), O(STUCK),
		     O(KEPT) | O(STUCK) },
	.arm = "published: forbidden",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.item = PROFILE_NEGATIVE, .cpus = 2, .round = one_round);
