/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/time.c - the time counter, the supervisor timer, and counting instructions.
 *
 * The timer is stimecmp if the hart has it and firmware allows it (Sstc), else SBI set_timer.
 */
#include "errata.h"
#include "trap.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>

static u64 counter_hz = 10000000; /* until the device tree is read: arch_set_counter_hz() */
static bool use_stimecmp;

void arch_set_counter_hz(u64 hz)
{
	if (hz)
		counter_hz = hz;
	else
		kprintf("clock: the device tree has no timebase-frequency: %lu Hz is taken\n",
			counter_hz);
}

u64 arch_counter_hz(void)
{
	return counter_hz;
}

void arch_set_timer_irq(u32 irq)
{
	(void)irq; /* its own cause, or SBI's */
}

void arch_timer_init(void)
{
	/* The same for all harts: the boot CPU decides, before others are started. */
	if (this_cpu()->nr == 0)
		use_stimecmp = (isa_of_all() & ISA_SSTC) && !probe_stimecmp();
	errata_this_timer();
	arch_timer_next(counter_hz / TICK_HZ);
	csr_set(sie, 1u << IRQ_TIMER);
}

void arch_timer_next(u64 ticks)
{
	u64 when = arch_counter() + ticks;

	if (use_stimecmp)
		csr_write(0x14d, when);
	else
		arch_firmware_call(FW_SBI, SBI_TIME, 0, when, 0, 0, 0);
}

void timer_interrupt(void)
{
	arch_timer_next(counter_hz / TICK_HZ); /* also withdraws the pending interrupt */
	kern_tick();
}

/*
 * Called at every other interrupt: set an overdue tick again.  QEMU 7.2 restores stimecmp from a
 * snapshot, but not its own timer for it if that time is before the load of the snapshot.
 */
void timer_check(void)
{
	if (arch_counter() - this_cpu()->last_seen > 2 * counter_hz / TICK_HZ)
		arch_timer_next(counter_hz / TICK_HZ);
}

/* Exactly 2002 instructions between the two reads, one of them included. */
static u64 counted_loop(void)
{
	u64 a, b, n;

	__asm__ volatile("csrr %0, instret\n"
			 "	li %2, 1000\n"
			 "1:	addi %2, %2, -1\n"
			 "	bnez %2, 1b\n"
			 "	csrr %1, instret"
			 : "=&r"(a), "=&r"(b), "=&r"(n));
	return b - a;
}

/* Correct twice in a row; interrupts that firmware takes may spoil some tries. */
static bool instret_is_exact(void)
{
	for (unsigned tries = 0; tries < 4; tries++)
		if (counted_loop() == 2002 && counted_loop() == 2002)
			return true;
	return false;
}

/*
 * Under an emulator without instruction counting instret is the host's clock.  An entry counter
 * of 0 means that reading it trapped (boot/riscv64.S).
 */
bool arch_instret_works(void)
{
	static int works = -1;

	if (works < 0) {
		u64 flags = arch_irq_save();

		works = boot_info.entry_counter && instret_is_exact();
		arch_irq_restore(flags);
	}
	return works;
}

u64 arch_instret_since_entry(void)
{
	return arch_instret_works() ? arch_instret() - boot_info.entry_counter : 0;
}
