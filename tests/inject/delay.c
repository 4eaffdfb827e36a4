/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long delays at every step of a cycle make each intermediate state last, while the other CPUs
 * read, write and fault.
 */
#include <arch/arch.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <mm/hotplug/movable.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/inject/inject_runs.h>

#define PAGES 8
#define STEP_NS 100000   /* at each step */
#define LONG_NS 20000000 /* at one step of each round */
#define ROUNDS 6

static struct movable pages[PAGES];

static struct {
	u32 stop;
	u64 at_step; /* the step with the long delay, 0: none */
	paddr_t pa;
	u64 len;
	u64 used[CPUS_MAX], read[CPUS_MAX], fault[CPUS_MAX], wrong[CPUS_MAX];
} other;

static void slow_step(u64 step)
{
	if (step == other.at_step)
		await_ns(LONG_NS);
	else if (!other.at_step)
		await_ns(STEP_NS);
}

/* Each CPU has a word of its own in each page; the word must have the last value that the CPU
 * wrote. */
static void use_pages(unsigned cpu, u64 round)
{
	for (unsigned i = 0; i < PAGES; i++) {
		volatile u64 *word = (u64 *)va_ptr(pages[i].va) + cpu;

		if (round)
			other.wrong[cpu] += *word != round - 1;
		*word = round;
		other.used[cpu]++;
	}
}

/* While the range is added and removed, a load of an address may only succeed or fault. */
static void touch_range(unsigned cpu, u64 round)
{
	paddr_t pa = other.pa + round * 0x3000 % other.len;
	u64 value;

	if (probe_load64(linear_va(pa), &value))
		other.fault[cpu]++;
	else
		other.read[cpu]++;
	if (probe_load64(ptr_va(pa_page(pa)), &value))
		other.fault[cpu]++;
	else
		other.read[cpu]++;
}

static void use_memory(void *arg)
{
	struct cpu_pause pause = { 0 };
	unsigned cpu = this_cpu()->nr;
	void *p;

	(void)arg;
	for (u64 round = 0; !atomic_load_acquire(&other.stop); round++) {
		use_pages(cpu, round);
		touch_range(cpu, round);
		if (round % 128)
			continue;
		p = vmalloc(1, 0, "inject.delay");
		if (p)
			vfree(p, 1);
		/* if the host runs the CPUs in turns, each call waits for the turn of this one */
		cpu_pause(&pause);
	}
}

/* Half of the pages are in the block, so that they must be migrated; the others may be anywhere. */
static bool fill(struct test_run *t, const struct range *r)
{
	pfn_t lo = r->pa >> page_shift();
	struct why why = { 0 };
	bool ok = true;

	for (unsigned i = 0; ok && i < PAGES; i++) {
		ok = CHECK_OK(t, movable_alloc_in(&pages[i], lo, lo + block_pages(), "delay", &why),
			      &why);
		if (ok)
			arch_zero(va_ptr(pages[i].va), page_size());
	}
	return ok;
}

static void cycle(struct test_run *t, struct range *r)
{
	if (range_offline(t, r) && range_remove(t, r))
		range_up(t, r, ZONE_MOVABLE);
}

static void begin(const struct range *r, cpumask_t others)
{
	other = (__typeof__(other)) { .pa = r->pa, .len = r->len };
	cpu_post(others, use_memory, NULL);
}

static void end(struct test_run *t, cpumask_t others)
{
	u64 used = 0, faults = 0, reads = 0, wrong = 0;

	atomic_store_release(&other.stop, 1);
	cpu_wait(others);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		used += other.used[c];
		reads += other.read[c];
		faults += other.fault[c];
		wrong += other.wrong[c];
	}
	CHECK_EQ(t, wrong, 0);
	CHECK(t, used > 0);
	test_key(t, "writes=%lu", used);
	test_key(t, "reads=%lu", reads);
	test_key(t, "faults=%lu", faults);
}

/* First a cycle whose steps are all slow, then rounds with one very slow step each. */
static u64 cycles(struct test_run *t, struct range *r)
{
	struct inject how = { .mine = inject_here, .pause = slow_step };
	struct inject_count c = { 0 };
	u64 steps = 0;

	for (u64 i = 0; i <= ROUNDS && !t->failed && !test_aborted(); i++) {
		other.at_step = i ? 1 + (i - 1) * steps / ROUNDS : 0;
		inject_begin(&how);
		cycle(t, r);
		inject_end(&c);
		steps = c.steps;
	}
	return steps;
}

TEST(inject, delay,
     .claim = "however long a step takes, users of pages in migration never read a wrong value",
     .rows = "S0-50", .identity = true, .needs = NEED_RANGE | NEED_SMP, .params = memmap_names,
     .timeout_s = 300) /* 3 s with 8 CPUs; on a busy host each shootdown waits for CPUs to be
			  scheduled */
{
	cpumask_t others = cpus_online() & ~cpu_bit(0);
	struct range r;
	u64 steps;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!range_get(t, &r, 1, t->param))
		return;
	if (!range_up(t, &r, ZONE_MOVABLE) || !fill(t, &r))
		return;
	begin(&r, others);
	steps = cycles(t, &r);
	end(t, others);
	for (unsigned i = 0; i < PAGES; i++)
		movable_free(&pages[i]);
	range_reset(&r);
	CHECK(t, steps > 4 * PAGES); /* several before and after each migration */
	test_key(t, "steps=%lu", steps);
}
