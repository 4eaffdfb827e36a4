/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-11: the kernel's own change of tables at boot, by the rules of S4-05, S4-06 and S4-09.  The
 * test checks the state after boot, and repeats the switch on every CPU while all CPUs interrupt
 * each other.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <tests/harness/util.h>

#define LOW_PAGES 1000
#define SWITCHES 240 /* of all CPUs; each interrupts every CPU */

static struct {
	u64 bad_root[CPUS_MAX], low_reads[CPUS_MAX], windows[CPUS_MAX], exceptions[CPUS_MAX];
} clean NOINIT;

static bool on_published_root(void)
{
	unsigned asid;

	return arch_current_root() == kpt.root && arch_space_root(&asid) == PA_NONE;
}

static void watch_published(bool leaving)
{
	unsigned cpu = this_cpu()->nr;

	clean.exceptions[cpu] += !leaving;
	clean.windows[cpu] += !on_published_root();
}

/* Probe the identity page of the first switch, and pages of the lower half from its start. */
static void probe_low(void *arg)
{
	vaddr_t identity = align_down(image_pa_of(idmap_start), page_size());
	unsigned cpu = this_cpu()->nr;
	u64 value;

	(void)arg;
	clean.bad_root[cpu] = !on_published_root();
	clean.low_reads[cpu] = !probe_load64(identity, &value);
	for (u64 i = 0; i < LOW_PAGES; i++)
		clean.low_reads[cpu] += !probe_load64(i * page_size(), &value);
}

static void switch_again(void *arg)
{
	unsigned cpu = this_cpu()->nr;

	(void)arg;
	for (unsigned i = 0; i < SWITCHES / cpus_online_nr(); i++) {
		ipi_wake(cpus_online());
		pt_root_load(&kpt, cpu, arch_first_switch);
	}
}

static u64 sum_of(const u64 *of)
{
	u64 n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += of[c];
	return n;
}

TEST(boot, ttbr_switch_clean,
     .claim = "after boot's switch each CPU has only the kernel's root and no entry of the "
	      "identity map; an exception during another switch never sees another root",
     .rows = "S4-11 S4-05 S4-09")
{
	memset(&clean, 0, sizeof(clean));
	cpu_run(cpus_online(), probe_low, NULL);
	CHECK_EQ(t, sum_of(clean.bad_root), 0);
	CHECK_EQ(t, sum_of(clean.low_reads), 0);
	trap_watch = watch_published;
	cpu_run(cpus_online(), switch_again, NULL);
	trap_watch = NULL;
	CHECK_EQ(t, sum_of(clean.windows), 0);
	if (cpus_online_nr() > 1)
		CHECK(t, sum_of(clean.exceptions) > 0);
	cpu_run(cpus_online(), probe_low, NULL);
	CHECK_EQ(t, sum_of(clean.bad_root), 0);
	CHECK_EQ(t, sum_of(clean.low_reads), 0);
	test_key(t, "exceptions=%lu", sum_of(clean.exceptions));
}
