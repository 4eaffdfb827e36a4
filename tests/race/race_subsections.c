/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two CPUs with a neighbour each: the sub-sections below and above one in use are added and
 * removed at the same time, while every CPU reads the one in use and its struct pages.
 */
#include <arch/arch.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <tests/harness/parts_fixture.h>

#define ROUNDS (48 / cpus_online_nr()) /* each round waits for all CPUs */
#define LIVE 1                         /* between 0 and 2 */
#define LOOKS 256                      /* reads between two pauses of a CPU that only reads */

static struct {
	struct parts p;
	u64 word, page_word;
	u64 reads[CPUS_MAX], wrong[CPUS_MAX];
	int code;     /* result of the other CPU's last operation */
	u32 finished; /* writers that have finished */
} race;

static void read_live(void)
{
	unsigned cpu = this_cpu()->nr;
	pfn_t last = part_pfn(&race.p, LIVE + 1) - 1;
	u64 value;

	if (probe_load64(part_va(&race.p, LIVE), &value) || value != race.word)
		race.wrong[cpu]++;
	if (probe_load64(memmap_va(last), &value) || value != race.page_word)
		race.wrong[cpu]++;
	race.reads[cpu] += 2;
}

/* Round and sub-section belong to the caller only, so no operation is refused. */
static int remove_and_add(u64 part)
{
	struct parts *p = &race.p;
	int err = 0;

	for (unsigned i = 0; i < ROUNDS && !err && !test_aborted(); i++) {
		err = subsection_add(part_pa(p, part), p->unit, p->r.node, &p->r.opts, NULL, NULL);
		read_live();
		if (!err)
			err = subsection_remove(part_pa(p, part), p->unit, &p->r.opts, NULL, NULL);
		read_live();
	}
	atomic_add_fetch_release(&race.finished, 1);
	return err;
}

static void other_side(void *arg)
{
	(void)arg;
	race.code = remove_and_add(2);
}

/* If the host runs the CPUs in turns (thread=single), a CPU that never sleeps uses its whole
 * turn of 100 ms, and each invalidation on all CPUs waits for such turns. */
static void reader(void *arg)
{
	struct cpu_pause pause = { 0 };

	(void)arg;
	for (u64 looks = 1; atomic_load_acquire(&race.finished) < 2; looks++) {
		read_live();
		if (!(looks % LOOKS))
			cpu_pause(&pause);
	}
}

static void begin(void)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		race.reads[c] = race.wrong[c] = 0;
	race.code = race.finished = 0;
	race.word = 0x5eed0000 + part_pfn(&race.p, LIVE);
	*(volatile u64 *)va_ptr(part_va(&race.p, LIVE)) = race.word;
	race.page_word = *(volatile u64 *)va_ptr(memmap_va(part_pfn(&race.p, LIVE + 1) - 1));
}

static unsigned first_other(void)
{
	unsigned c = 0;

	while (c == this_cpu()->nr || !(cpus_online() & cpu_bit(c)))
		c++;
	return c;
}

static void run(struct test_run *t)
{
	unsigned other = first_other();
	cpumask_t readers = other_cpus() & ~cpu_bit(other);
	u64 reads = 0, wrong = 0;

	begin();
	cpu_post(cpu_bit(other), other_side, NULL);
	cpu_post(readers, reader, NULL);
	CHECK_EQ(t, remove_and_add(0), 0);
	cpu_wait(cpu_bit(other) | readers);
	CHECK_EQ(t, race.code, 0);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		reads += race.reads[c];
		wrong += race.wrong[c];
	}
	CHECK_EQ(t, wrong, 0);
	test_key(t, "reads=%lu", reads);
}

TEST(race, subsections,
     .claim = "two CPUs add and remove the neighbours of a live sub-section at once: every CPU "
	      "reads it without a wrong value, and no state remains",
     .rows = "S2-31 S0-17 S0-05", .needs = NEED_RANGE | NEED_SMP, .params = memmap_names, .rev = 2)
{
	struct digest before, after;
	struct why why = { 0 };

	if (!parts_get(t, &race.p, 1, t->param))
		return;
	race.p.r.opts.leaf = 0; /* so that neighbours share tables of the linear map too */
	if (!parts_add(t, &race.p, LIVE, 1))
		return;
	digest_take(&before);
	run(t);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	parts_reset(&race.p);
}
