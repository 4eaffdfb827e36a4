/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/cpu.c - which CPUs are up, and how the others are brought up.
 *
 * The boot CPU is 0; the others follow in device-tree order.  Only the boot CPU starts CPUs.  One
 * that cannot walk what the tables hold already is parked for good; whatever else it lacks, nobody
 * uses (ENGINE 1).  One that never arrives is reported and left alone: should it arrive after all,
 * it parks itself.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <kern/worker.h>
#include <lib/atomic.h>
#include <lib/err.h>

#define ARRIVAL_US 1000000

static cpumask_t online;  /* atomic; stays as it was after a crash, for its report */
static cpumask_t stopped; /* atomic */
static u64 (*stack_alloc)(unsigned node);
static struct pt *start_tree;
static u32 caps_walked; /* what a CPU must have for the tables as they are */

enum cpu_arrival { AWAITED, CAME, GIVEN_UP };

struct cpu *this_cpu(void)
{
	struct cpu *cpu = arch_this_cpu();

	return cpu ? cpu : &cpus[0];
}

cpumask_t cpus_online(void)
{
	return atomic_load_acquire(&online);
}

unsigned cpus_online_nr(void)
{
	unsigned nr = 0;

	for (cpumask_t m = cpus_online(); m; m &= m - 1)
		nr++;
	return nr;
}

static void enter_online(struct cpu *cpu)
{
	/* release: its record is complete before others may send to it */
	atomic_fetch_or_release(&online, cpu_bit(cpu->nr));
	/* release: who sees it online finds it in the mask */
	atomic_store_release(&cpu->online, true);
}

cpumask_t cpus_listening(void)
{
	return cpus_online() & ~atomic_load_acquire(&stopped);
}

void cpu_stop_listening(struct cpu *cpu)
{
	atomic_fetch_or_release(&stopped, cpu_bit(cpu->nr));
	cpu->stopped = true;
}

void cpu_boot_init(u64 hwid)
{
	struct cpu *cpu = cpu_record(hwid);

	cpu->activity = "boot";
	arch_cpu_init(cpu);
	cpu->caps = arch_cpu_caps();
	cpu->started = true;
	enter_online(cpu);
}

void cpu_set_stack_allocator(u64 (*alloc)(unsigned node))
{
	stack_alloc = alloc;
}

/* ---- bringing up ---- */

static bool arrived(const struct cpu *cpu)
{
	return atomic_load_acquire(&cpu->online) || atomic_load_acquire(&cpu->parked);
}

/* Of the two, the CPU and whoever waits for it, only the first may say how it goes on. */
static bool settle(struct cpu *cpu, enum cpu_arrival how)
{
	u32 expected = AWAITED;

	return atomic_cas_acq_rel(&cpu->arrival, &expected, how);
}

static bool wait_arrival(struct cpu *cpu)
{
	struct cpu_pause p = { 0 };
	bool came = false;

	while (!arrived(cpu))
		if (!cpu_pause_within(&p, ARRIVAL_US)) {
			if (came || settle(cpu, GIVEN_UP))
				return false;
			came = true; /* just now */
			p.waited = 0;
		}
	return true;
}

static void start_one(struct cpu *cpu, int (*start)(u64, paddr_t, u64))
{
	unsigned long long hwid = cpu->hwid;
	int err;

	cpu->stack_top = stack_alloc ? stack_alloc(cpu->node) : 0;
	if (!cpu->stack_top) {
		kprintf("cpu %u (hwid 0x%llx): no memory for its stack, stays off\n", cpu->nr,
			hwid);
		return;
	}
	arch_secondary_prepare(cpu, start_tree);
	cpu->started = true;
	err = start(cpu->hwid, arch_secondary_entry(), cpu->nr);
	if (err == -ECANCELED) {
		cpu->started = false;
	} else if (err) {
		cpu->started = false;
		kprintf("cpu %u (hwid 0x%llx): firmware does not start it (%s)\n", cpu->nr, hwid,
			err_name(err));
	} else if (!wait_arrival(cpu)) {
		kprintf("cpu %u (hwid 0x%llx): started, but not here after 1 s; the others go on\n",
			cpu->nr, hwid);
	} else if (cpu->parked) {
		kprintf("cpu %u (hwid 0x%llx): parked, it lacks capabilities 0x%x of CPU 0\n",
			cpu->nr, hwid, caps_walked & ~cpu->caps);
	} else {
		start_tree->caps &= cpu->caps; /* before the next mapping */
	}
}

void cpu_start_all(unsigned max, struct pt *tree, int (*start)(u64, paddr_t, u64))
{
	start_tree = tree;
	caps_walked = tree->caps;
	tree->caps = cpus[0].caps & arch_caps_told();
	for (unsigned n = 1; n < cpus_nr && cpus_online_nr() < max; n++)
		start_one(&cpus[n], start);
}

/* ---- the other side ---- */

static NORETURN void park(struct cpu *cpu)
{
	atomic_store_release(&cpu->parked, true);
	if (kern_hooks.cpu_off)
		kern_hooks.cpu_off(); /* nothing of ours is in use: a restart finds it off */
	arch_halt();
}

void kern_secondary(struct cpu *cpu)
{
	arch_cpu_init(cpu);
	cpu->caps = arch_cpu_caps();
	if (!settle(cpu, CAME)) {
		kprintf("# cpu %u (hwid 0x%llx): here now, too late: parked\n", cpu->nr,
			(unsigned long long)cpu->hwid);
		park(cpu);
	}
	if (caps_walked & ~cpu->caps)
		park(cpu);
	if (kern_hooks.tree_cpu_init)
		kern_hooks.tree_cpu_init();
	if (kern_hooks.irq_cpu_init)
		kern_hooks.irq_cpu_init();
	arch_irq_local_init();
	clock_cpu_init();
	enter_online(cpu);
	worker_loop(cpu);
}
