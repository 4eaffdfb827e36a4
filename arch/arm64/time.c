/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/time.c - the virtual timer and counter, and counting instructions with the PMU.
 *
 * Event counter 0 counts INST_RETIRED at EL1; the entry code starts it within its first
 * instructions, so its value is also "since entry".  It has 32 bits: each CPU extends its own to
 * 64, and the tick reads it often enough to see every wrap.
 *
 * Unshown (isb): MODEL.md register-at-once. If the write takes effect late, the timer interrupt is
 * taken once more.
 */
#include <arch/arch.h>
#include <cpu.h>
#include <drivers/device.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <sysreg.h>

#define IRQ_LEVEL_HIGH 4
#define CNTV_CTL_ENABLE 1
/* Arm ARM D13 (PMU event descriptions), common events */
enum {
	EVENT_L1D_REFILL = 3,
	EVENT_L1D_CACHE = 4,
	EVENT_INST_RETIRED = 8,
	EVENT_BR_PRED = 0x12,
	EVENT_INST_SPEC = 0x1b
};

/* ---- counter and timer ---- */

#define HZ_LEAST 1000000ul   /* less than any real counter: firmware did not set the register */
#define HZ_MOST 1000000000ul /* the fastest (Arm ARM D12): assuming it, no wait is too short */

static u64 known_hz;       /* 0 until the device tree was read */
static u32 timer_irq = 27; /* PPI 11 of the virtual timer: BSA, and every tree of a GIC seen */

/*
 * Firmware must set CNTFRQ_EL0 on every CPU; the device tree's clock-frequency exists for firmware
 * that does not.  The boot CPU's value is used for all CPUs.
 */
void arch_set_counter_hz(u64 hz)
{
	u64 reported = SYSREG_READ(cntfrq_el0);

	known_hz = reported >= HZ_LEAST ? reported : hz >= HZ_LEAST ? hz : HZ_MOST;
	if (reported < HZ_LEAST)
		kprintf("clock: CNTFRQ_EL0 is %lu: %lu Hz is taken, %s\n", reported, known_hz,
			known_hz == hz ? "as in the device tree"
				       : "and there is no usable clock-frequency: times are wrong");
}

u64 arch_counter_hz(void)
{
	u64 hz = known_hz ? known_hz : SYSREG_READ(cntfrq_el0);

	return hz ? hz : HZ_MOST;
}

void arch_set_timer_irq(u32 irq)
{
	if (irq != ~0u)
		timer_irq = irq;
}

void arch_timer_next(u64 ticks)
{
	SYSREG_WRITE(cntv_cval_el0, arch_counter() + ticks);
	SYSREG_WRITE(cntv_ctl_el0, CNTV_CTL_ENABLE);
	isb(); /* the condition is withdrawn before interrupts can be opened again */
}

static void tick(void *arg)
{
	(void)arg;
	arch_timer_next(arch_counter_hz() / TICK_HZ);
	arch_instret(); /* sees every wrap */
	kern_tick();
}

void arch_timer_init(void)
{
	if (!irqchip)
		return; /* no controller, no tick: waiting then never sleeps */
	if (this_cpu()->nr == 0)
		irq_request(timer_irq, IRQ_LEVEL_HIGH | IRQ_PER_CPU, "timer", tick, NULL);
	else
		irqchip->enable(timer_irq, IRQ_LEVEL_HIGH, this_cpu()->nr);
}

/* ---- instructions ---- */

static struct {
	u64 total;
	u32 last;
} retired[CPUS_MAX];

static bool pmu_there(void) /* PMUv3 with an event counter */
{
	unsigned version = id_field(SYSREG_READ(id_aa64dfr0_el1), 8);

	return version && version != 15 && (SYSREG_READ(pmcr_el0) >> 11 & 31);
}

/* Is INST_RETIRED implemented (PMCEID0)?  An emulator without instruction counting lacks it. */
static bool pmu_counts(void)
{
	static int counts = -1;

	if (counts < 0)
		counts = pmu_there() && (SYSREG_READ(pmceid0_el0) >> EVENT_INST_RETIRED & 1);
	return counts;
}

/*
 * PMUv3 has at least one of INST_RETIRED and INST_SPEC, and with a data cache and branch prediction
 * also L1D_CACHE_REFILL, L1D_CACHE and BR_PRED (Arm ARM D13, "Required PMU events").  TCG has the
 * former only with -icount, and the latter never.
 */
enum cpu_counters pmu_judged(void)
{
	u64 events;

	if (!pmu_there())
		return COUNTERS_UNKNOWN;
	events = SYSREG_READ(pmceid0_el0);
	if (!(events & (BIT(EVENT_INST_RETIRED) | BIT(EVENT_INST_SPEC))))
		return COUNTERS_NO_INSTRUCTIONS;
	return events & (BIT(EVENT_L1D_REFILL) | BIT(EVENT_L1D_CACHE) | BIT(EVENT_BR_PRED))
		       ? COUNTERS_SOUND
		       : COUNTERS_FEW_EVENTS;
}

/* Unshown (isb): the machine counts events in program order. */
static u32 counter_now(void)
{
	isb(); /* everything before this read has been counted */
	return (u32)SYSREG_READ(pmevcntr0_el0);
}

u64 arch_instret(void)
{
	unsigned nr = this_cpu()->nr;
	u64 flags, total;
	u32 now;

	if (!pmu_counts())
		return 0;
	flags = arch_irq_save(); /* a tick in between would account for the same interval twice */
	now = counter_now();
	total = retired[nr].total += (u32)(now - retired[nr].last);
	retired[nr].last = now;
	arch_irq_restore(flags);
	return total;
}

/* Two instructions a round, plus the constant cost of the reads. */
static __attribute__((noinline, noclone)) u32 counted_loop(u64 rounds)
{
	u32 before = counter_now();

	__asm__ volatile("1:	subs %0, %0, #1\n"
			 "	b.ne 1b"
			 : "+r"(rounds)
			 :
			 : "cc");
	return counter_now() - before;
}

static bool calibrate(void)
{
	u64 flags = arch_irq_save();
	u32 a = counted_loop(1), b = counted_loop(1001), c = counted_loop(1),
	    d = counted_loop(1001);

	arch_irq_restore(flags);
	return b - a == 2000 && d - c == 2000 && a == c;
}

bool arch_instret_works(void)
{
	static int works = -1;

	if (works < 0)
		works = pmu_counts() && calibrate();
	return works;
}

u64 arch_instret_since_entry(void)
{
	return arch_instret();
}
