/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/storers.c - CPUs that keep storing through an entry while another CPU removes it
 * (storers.h).
 */
#include <arch/arch.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <tlblab/storers.h>

/* Between the two looks at the frame: longer than a store buffer needs to drain, and until every
 * CPU has tried twice more, so that one try began and ended in between. */
#define APART_NS 20000
#define MORE 2
#define MARK 0x6d61726b00000000ul

vaddr_t storers_place(vaddr_t page, unsigned cpu)
{
	return page + cpu % STORERS_PLACES * (page_size() / STORERS_PLACES);
}

static void keep_storing(void *arg)
{
	struct storers *s = arg;
	unsigned cpu = this_cpu()->nr;
	vaddr_t va = storers_place(s->page, cpu);
	struct cpu_pause pause = { 0 };

	while (s->store(va))
		lab_await(s->page); /* fence: a failed walk may be cached */
	lab_started();
	for (u64 n = 1; !atomic_load_relaxed(&s->stop); n++) {
		if (s->store(va))
			cpu_pause(&pause);
		atomic_store_relaxed(&s->tries[cpu], n);
	}
}

void storers_begin(struct storers *s, vaddr_t page, cpumask_t cpus, int (*store)(vaddr_t))
{
	*s = (struct storers) { .page = page, .cpus = cpus, .store = store };
	lab_start(cpus, keep_storing, s);
}

static bool all_tried(void *arg)
{
	struct storers *s = arg;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (s->cpus & cpu_bit(c) && atomic_load_relaxed(&s->tries[c]) < s->want[c])
			return false;
	return true;
}

/* Let time pass while every CPU tries to store. */
static void meanwhile(struct storers *s)
{
	u64 start = clock_ns();

	for (unsigned c = 0; c < CPUS_MAX; c++)
		s->want[c] = atomic_load_relaxed(&s->tries[c]) + MORE;
	cpu_wait_until(all_tried, s);
	while (clock_ns() - start < APART_NS)
		arch_relax();
}

static volatile u64 *word_of(struct page *frame, unsigned cpu)
{
	return va_ptr(storers_place(ptr_va(page_ptr(frame)), cpu));
}

cpumask_t storers_late(struct storers *s, struct page *frame)
{
	cpumask_t late = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (s->cpus & cpu_bit(c))
			*word_of(frame, c) = MARK;
	arch_mb(); /* the marks before the stores that are searched */
	meanwhile(s);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (s->cpus & cpu_bit(c) && *word_of(frame, c) != MARK)
			late |= cpu_bit(c);
	return late;
}

void storers_end(struct storers *s)
{
	atomic_store_relaxed(&s->stop, 1);
	cpu_wait(s->cpus);
}
