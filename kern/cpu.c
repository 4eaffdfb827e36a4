/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/cpu.c - how the other CPUs are brought up.
 *
 * The boot CPU is 0; the others follow in device-tree order.  Only the boot CPU starts CPUs.  A CPU
 * that lacks a capability which the tables use already is parked until the next boot; any other
 * capability that it lacks is switched off for all (ENGINE 1.6).  A CPU that does not arrive in
 * time is reported and left alone: if it arrives later, it parks itself.
 *
 * Unshown (acquire): CPUs start one after the other: firmware's call and the wait of CPU 0 are
 * between them.
 */
#include <arch/arch.h>
#include <kern/emulator.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <kern/worker.h>
#include <lib/atomic.h>
#include <lib/err.h>
#include <mm/pt/pt.h>

#define ARRIVAL_HARDWARE_S 1
#define ARRIVAL_EMULATED_S 5 /* its host may be busy */

static u64 (*stack_alloc)(unsigned node);
static struct pt *start_tree;
static u32 caps_walked; /* capabilities that a CPU must have to walk the existing tables */

enum cpu_arrival { AWAITED, ARRIVED, GIVEN_UP };

void cpu_boot_init(u64 hwid)
{
	struct cpu *cpu = cpu_record(hwid);

	cpu->activity = "boot";
	arch_cpu_init(cpu);
	cpu->caps = arch_cpu_caps();
	cpu->started = true;
	cpu_enter_online(cpu);
}

void cpu_set_stack_allocator(u64 (*alloc)(unsigned node))
{
	stack_alloc = alloc;
}

/* ---- bringing up ---- */

/*
 * Unshown (fence): the starter reads only `caps` after it, and no test checks for a lost
 * capability.
 */
static bool has_arrived(const struct cpu *cpu)
{
	return atomic_load_acquire(&cpu->online) || atomic_load_acquire(&cpu->parked);
}

/* The started CPU and the CPU that waits for it both call this; the first call decides.  It orders
 * nothing: `online` and `parked` publish. */
static bool decide_arrival(struct cpu *cpu, enum cpu_arrival how)
{
	u32 expected = AWAITED;

	return atomic_cas_relaxed(&cpu->arrival, &expected, how);
}

static unsigned arrival_s(void)
{
	return emulated_cpu() ? ARRIVAL_EMULATED_S : ARRIVAL_HARDWARE_S;
}

/* Wait for a CPU that firmware has started.  False: it did not arrive, and will park if it arrives
 * later. */
static bool wait_arrival(struct cpu *cpu)
{
	struct cpu_pause p = { 0 };
	bool settled = false;

	while (!has_arrived(cpu))
		if (!cpu_pause_within(&p, arrival_s() * 1000000ul)) {
			if (settled || decide_arrival(cpu, GIVEN_UP))
				return false;
			settled = true; /* it decided first: wait until it is online or parked */
			p.waited = 0;
		}
	return true;
}

static void start_one(struct cpu *cpu, int (*start)(u64, paddr_t, u64))
{
	u64 hwid = cpu->hwid;
	int err;

	cpu->stack_top = stack_alloc ? stack_alloc(cpu->node) : 0;
	if (!cpu->stack_top) {
		kprintf("cpu %u (hwid 0x%lx): no memory for its stack, stays off\n", cpu->nr, hwid);
		return;
	}
	arch_secondary_prepare(cpu, start_tree);
	cpu->started = true;
	err = start(cpu->hwid, arch_secondary_entry(), cpu->nr);
	if (err == -ECANCELED) {
		cpu->started = false;
	} else if (err) {
		cpu->started = false;
		kprintf("cpu %u (hwid 0x%lx): firmware does not start it (%s)\n", cpu->nr, hwid,
			err_name(err));
	} else if (!wait_arrival(cpu)) {
		kprintf("cpu %u (hwid 0x%lx): started, but not here after %u s; the others "
			"continue\n",
			cpu->nr, hwid, arrival_s());
	} else if (cpu->parked) {
		kprintf("cpu %u (hwid 0x%lx): parked, it lacks capabilities 0x%x of CPU 0\n",
			cpu->nr, hwid, caps_walked & ~cpu->caps);
	} else {
		start_tree->caps &= cpu->caps; /* before the next mapping */
	}
}

void cpu_start_all(unsigned max, struct pt *tree, int (*start)(u64, paddr_t, u64))
{
	start_tree = tree;
	caps_walked = tree->caps;
	tree->caps = cpus[0].caps & arch_caps_described();
	for (unsigned n = 1; n < cpus_nr && cpus_online_nr() < max; n++)
		start_one(&cpus[n], start);
}

/* ---- the other side ---- */

/*
 * A CPU that is not used: off if firmware can do that, else halted.
 * Unshown (release fence): only a CPU that lacks a capability of CPU 0 executes it; the machine's
 * CPUs are alike.
 */
static NORETURN void park(struct cpu *cpu)
{
	atomic_store_release(&cpu->parked, true);
	if (kern_hooks.cpu_off)
		kern_hooks.cpu_off(); /* it uses no kernel memory, and a restart finds it off */
	arch_halt_untranslated();
}

void kern_secondary(struct cpu *cpu)
{
	arch_cpu_init(cpu);
	cpu->caps = arch_cpu_caps();
	if (!decide_arrival(cpu, ARRIVED)) {
		kprintf("# cpu %u (hwid 0x%lx): here now, too late: parked\n", cpu->nr, cpu->hwid);
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
	cpu_enter_online(cpu);
	worker_loop(cpu);
}
