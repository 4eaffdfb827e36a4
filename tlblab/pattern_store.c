/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/pattern_store.c - stores through an entry that is removed: the other CPUs keep
 * storing, each to a word of its own, and the boot CPU reads the frame through the linear map.
 *
 * When an invalidation is complete, so are the accesses that used the old entry (Arm ARM D8,
 * "TLB maintenance ... completion": the DSB after the TLBI waits for them).  Page migration
 * relies on it.
 */
#include <arch/arch.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <tlblab/pattern.h>

/* Between the two reads of the frame: longer than a store buffer needs to drain, and until every
 * CPU has tried twice more, so that one try began and ended in between. */
#define APART_NS 20000
#define MORE 2
#define STORED 0x57d0000000000000ul

static struct {
	vaddr_t page;
	cpumask_t cpus;
	u32 stop;
	u64 tries[CPUS_MAX], want[CPUS_MAX]; /* stores of this round */
} fire;

static void store_on(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	struct cpu_pause pause = { 0 };

	(void)arg;
	while (lab_probe_store(fire.page + 8 * cpu, STORED))
		lab_await(fire.page); /* fence: a failed walk may be cached */
	lab_started();
	for (u64 n = 1; !atomic_load_relaxed(&fire.stop); n++) {
		if (lab_probe_store(fire.page + 8 * cpu, STORED | n))
			cpu_pause(&pause);
		atomic_store_relaxed(&fire.tries[cpu], n);
	}
}

static bool all_tried(void *arg)
{
	(void)arg;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (fire.cpus & cpu_bit(c) && atomic_load_relaxed(&fire.tries[c]) < fire.want[c])
			return false;
	return true;
}

/* Let time pass while every CPU tries to store. */
static void meanwhile(void)
{
	u64 start = clock_ns();

	for (unsigned c = 0; c < CPUS_MAX; c++)
		fire.want[c] = atomic_load_relaxed(&fire.tries[c]) + MORE;
	cpu_wait_until(all_tried, NULL);
	while (clock_ns() - start < APART_NS)
		arch_relax();
}

static void copy_words(const volatile u64 *frame, u64 *to)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		to[c] = frame[c];
}

static void note_landed(struct stress *s, cpumask_t cpus, const u64 *first, const u64 *then)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus & cpu_bit(c))
			stress_note(s, c, first[c] != then[c] ? SAW_MARK : SAW_FAULT, then[c]);
}

void pattern_store(struct stress *s)
{
	volatile u64 *frame = (volatile u64 *)page_ptr(s->lab.frame[FRAME_OLD]);
	cpumask_t others = other_cpus();
	u64 first[CPUS_MAX], then[CPUS_MAX];

	if (!pattern_warm(s))
		return;
	fire.page = pattern_page(s);
	fire.cpus = others;
	fire.stop = 0;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		fire.tries[c] = 0;
	lab_start(others, store_on, NULL);
	lab_unmap(pattern_page(s), s->pattern->flush);
	copy_words(frame, first);
	arch_mb(); /* the first read before the second */
	meanwhile();
	copy_words(frame, then);
	note_landed(s, others, first, then);
	lab_flush_omitted(&s->lab); /* a control's stores end here */
	atomic_store_relaxed(&fire.stop, 1);
	cpu_wait(others);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		frame[c] = lab_word(FRAME_OLD, c);
}
