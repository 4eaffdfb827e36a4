/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/remove_probe.c - compiled into arch/arm64/mm/mmu.c of Linux (linux/remove.txt): what a
 * removal costs, and, with the boot argument `removal_probe`, a second CPU that holds a
 * translation.
 *
 * Before the first entry of a memmap is cleared, a thread on another CPU loads from its first page.
 * It then loads again and again.  probe_freed() marks the moment at which that page was freed; a
 * load that begins after it has to fault.  A load that succeeds is a panic.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/uaccess.h>

static struct {
	bool wanted, freed;
	unsigned long va, reads, rounds;
	u64 start;
} probe;

static int __init probe_setup(char *text)
{
	probe.wanted = true;
	return 1;
}
__setup("removal_probe", probe_setup);

/* The two lines that tools/hotplate story looks for. */
static void probe_fail(unsigned long va, u64 value)
{
	pr_emerg("# FAIL removal probe: CPU %d loads %lx from %lx, whose page is free\n",
		 smp_processor_id(), (unsigned long)value, va);
	pr_emerg("not ok 1 removal probe\n");
	panic("removal probe");
}

static int probe_reader(void *unused)
{
	for (;;) {
		bool freed = smp_load_acquire(&probe.freed);
		unsigned long va = smp_load_acquire(&probe.va);
		u64 value;

		if (!va) {
			msleep(1);
		} else if (!copy_from_kernel_nofault(&value, (void *)va, sizeof(value))) {
			if (freed)
				probe_fail(va, value);
			WRITE_ONCE(probe.reads, probe.reads + 1);
		}
		smp_store_release(&probe.rounds, probe.rounds + 1);
	}
	return 0;
}

static int __init probe_start(void)
{
	struct task_struct *task;

	if (!probe.wanted || num_online_cpus() < 2)
		return 0;
	task = kthread_create(probe_reader, NULL, "removal_probe");
	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, 1);
	wake_up_process(task);
	return 0;
}
late_initcall(probe_start);

static void probe_rounds(unsigned long n)
{
	unsigned long last = smp_load_acquire(&probe.rounds) + n;

	while ((long)(smp_load_acquire(&probe.rounds) - last) < 0)
		msleep(1);
}

/* The remover runs on CPU 0 until probe_end(), so that the reader has a CPU of its own. */
static void probe_begin(unsigned long va, bool memmap)
{
	if (memmap && probe.wanted && num_online_cpus() > 1) {
		set_cpus_allowed_ptr(current, cpumask_of(0));
		WRITE_ONCE(probe.reads, 0);
		smp_store_release(&probe.va, va);
		while (READ_ONCE(probe.reads) < 4)
			cond_resched();
	}
	probe.start = read_sysreg(cntvct_el0);
}

static void probe_freed(unsigned long va)
{
	if (va == probe.va)
		smp_store_release(&probe.freed, true);
}

static void probe_end(unsigned long va, unsigned long end, bool memmap)
{
	u64 ticks = read_sysreg(cntvct_el0) - probe.start;

	if (memmap && probe.va) {
		probe_rounds(2);
		smp_store_release(&probe.va, 0);
		probe_rounds(2);
		smp_store_release(&probe.freed, false);
		set_cpus_allowed_ptr(current, cpu_possible_mask);
	}
	pr_info("removal probe: %s of %lu KiB: %lu ticks, %lu reads\n",
		memmap ? "memmap" : "linear map", (end - va) >> 10, (unsigned long)ticks,
		probe.reads);
}
