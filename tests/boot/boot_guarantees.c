/* SPDX-License-Identifier: BSD-2-Clause */
/* Guarantees of boot: W^X, guard pages, ticks on every CPU, one root, boot-only code unmapped. */
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/probe.h>
#include <tests/harness/util.h>

TEST(boot, wx,
     .claim = "text and read-only data cannot be written, and not through the linear map either",
     .rows = "S4-13")
{
	paddr_t text = image_pa_of(image_start), ro = image_pa_of(rodata_start);

	CHECK(t, probe_store64((vaddr_t)(uintptr_t)image_start, 0) != 0);
	CHECK(t, probe_store64((vaddr_t)(uintptr_t)rodata_start, 0) != 0);
	CHECK(t, probe_store64(linear_va(text), 0) != 0);
	CHECK(t, probe_store64(linear_va(ro), 0) != 0);
	CHECK_EQ(t, pt_translate(&kpt, (vaddr_t)(uintptr_t)image_start), text);
}

static int writable_and_executable(const struct pt_slot *slot, void *arg)
{
	enum pt_prot prot = kpt.fmt->prot(slot->val, slot->level);

	*(u64 *)arg += (prot & PT_W) && (prot & PT_X);
	return 0;
}

TEST(boot, no_wx_leaf, .claim = "no leaf of the kernel's tree is writable and executable",
     .rows = "S4-13")
{
	u64 bad = 0;

	hotplug_read_lock();
	for (int i = 0; i < REGION_NR; i++)
		if (layout.r[i].len)
			hotplug_walk(layout.r[i].va, layout.r[i].len, PT_ON_LEAF,
				     writable_and_executable, &bad);
	hotplug_read_unlock();
	CHECK_EQ(t, bad, 0);
}

static void write_a_lot(void *arg)
{
	(void)arg;
}

TEST(boot, no_execute, .claim = "data, linear map and stack pages cannot be executed",
     .rows = "S4-13")
{
	static u64 data[8] __attribute__((aligned(64)));

	CHECK(t, probe_exec((vaddr_t)(uintptr_t)data) != 0);
	CHECK(t, probe_exec(linear_va(image_pa_of(data))) != 0);
	CHECK_EQ(t, probe_exec((vaddr_t)(uintptr_t)write_a_lot) == 0, true);
}

TEST(boot, stack_guard, .claim = "the page below every CPU's stack is not mapped")
{
	u64 value, open = 0;

	for (unsigned c = 0; c < cpus_nr; c++)
		if (cpus[c].online)
			open += !probe_load64(cpus[c].stack_top - STACK_BYTES - 8, &value);
	CHECK_EQ(t, open, 0);
}

TEST(boot, ticks, .claim = "every CPU takes periodic interrupts")
{
	u64 before[CPUS_MAX], until = clock_ns() + HANG_NS;
	unsigned silent;

	for (unsigned c = 0; c < cpus_nr; c++)
		before[c] = cpus[c].ticks;
	do {
		cpu_sleep();
		silent = 0;
		for (unsigned c = 0; c < cpus_nr; c++)
			silent += cpus[c].online && cpus[c].ticks < before[c] + 2;
	} while (silent && clock_ns() < until && !test_aborted());
	CHECK_EQ(t, silent, 0);
}

static u64 roots[CPUS_MAX];

static void read_root(void *arg)
{
	(void)arg;
	roots[this_cpu()->nr] = arch_current_root();
}

TEST(boot, one_root, .claim = "every CPU translates through the published root",
     .rows = "S4-05 S4-15")
{
	cpu_run(cpus_online(), read_root, NULL);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c))
			CHECK_EQ(t, roots[c], kpt.root);
}

TEST(boot, init_poisoned_then_add,
     .claim = "boot-only code is unmapped before the first hot add, which works without that code",
     .rows = "S0-44 S1-46", .needs = NEED_RANGE)
{
	vaddr_t start = (vaddr_t)(uintptr_t)init_start, end = (vaddr_t)(uintptr_t)init_end;
	u64 value, mapped = 0;
	struct range r;

	CHECK(t, end - start >= page_size());
	for (vaddr_t va = start; va < end; va += 4 * KiB)
		mapped += !probe_load64(va, &value) || pt_translate(&kpt, va) != PA_NONE;
	CHECK(t, probe_load64(end - 8, &value) != 0);
	CHECK_EQ(t, mapped, 0);
	if (range_get(t, &r, 1, "block") && range_add(t, &r))
		range_remove(t, &r);
	range_reset(&r);
}

TEST(boot, cpus, .claim = "every usable CPU of the device tree is online, each with its own id",
     .rows = "E-11 S1-22")
{
	u64 twice = 0;

	CHECK(t, cpus_online_nr() >= 1);
	for (unsigned a = 0; a < cpus_nr; a++)
		for (unsigned b = 0; b < a; b++)
			twice += cpus[a].hwid == cpus[b].hwid;
	CHECK_EQ(t, twice, 0);
	if (!arg_given(&boot_args, ARG_CPUS))
		CHECK_EQ(t, cpus_online_nr(), cpus_nr);
}
