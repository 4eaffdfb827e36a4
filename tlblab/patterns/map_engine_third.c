/* SPDX-License-Identifier: BSD-2-Clause */
/* One CPU publishes an entry, a second uses it and sets a flag, a third must be able to use it
 * too. */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tlblab/pattern.h>

static struct {
	u32 used, role;
	cpumask_t third;
	struct look look;
} wrc;

static void other(void *arg)
{
	u32 role = atomic_fetch_add_relaxed(&wrc.role, 1);
	struct cpu_pause pause = { 0 };

	(void)arg;
	if (role == 0) {
		lab_await(wrc.look.va);
		lab_order(); /* the use of the translation before the flag */
		atomic_store_release(&wrc.used, 1);
		return;
	}
	while (!atomic_load_acquire(&wrc.used))
		cpu_pause(&pause);
	lab_order(); /* the flag before the use */
	if (role == 1)
		wrc.third = cpu_bit(this_cpu()->nr);
	lab_load_valid(&wrc.look);
}

static void one_round(struct stress *s)
{
	cpumask_t others = other_cpus();

	pattern_cold(s);
	memset(&wrc, 0, sizeof(wrc));
	wrc.look.va = s->va;
	cpu_post(others, other, NULL);
	pattern_map_until(s, pattern_page(s));
	cpu_wait(others);
	pattern_note(s, &wrc.look, wrc.third);
	lab_unmap(pattern_page(s), FLUSH_ALL);
}

PATTERN(map_engine_third, "map.engine.third", .what = "mapped, used, then a flag",
	.near = "WRC.TRT.inv+dsb-isbs", .writer = WRITER_ENGINE, .reader = READER_FENCE,
	.forbids = { O(FAULT) | O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK), O(STUCK),
		     O(KEPT) | O(STUCK) },
	.arm = "published: forbidden",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.item = PROFILE_NEGATIVE, .cpus = 3, .round = one_round);
