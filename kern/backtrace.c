/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/backtrace.c - call chains of this CPU and, by IPI, of all.
 *
 * A CPU that gets the IPI publishes its pc and frame pointer and waits until its stack has been
 * printed, so the frames do not change under the reader.  Every wait here is bounded, because this
 * code runs while the machine is known to be broken.
 */
#include <arch/arch.h>
#include <kern/kern_internal.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/atomic.h>

#define FRAMES_MAX 24
#define ANSWER_MIN_MS 100

static u32 printing; /* number + 1 of the CPU that prints all backtraces, atomic */

void backtrace_from(u64 pc, u64 fp)
{
	char text[80];

	for (unsigned i = 0; i < FRAMES_MAX; i++) {
		kprintf("#   %s\n", symbol_text(pc, text, sizeof(text)));
		if (!arch_unwind(&fp, &pc))
			return;
	}
	kprintf("#   ... more than %u frames\n", FRAMES_MAX);
}

void backtrace_frame(const struct trap_frame *frame)
{
	u64 caller = arch_frame_caller(frame);
	char text[80];

	if (caller)
		kprintf("#   %s\n", symbol_text(arch_frame_pc(frame), text, sizeof(text)));
	backtrace_from(caller ? caller : arch_frame_pc(frame), arch_frame_fp(frame));
}

void __attribute__((noinline)) backtrace_here(void)
{
	u64 fp = arch_frame_address(), pc = 0;

	kprintf("# backtrace of CPU %u, busy with: %s\n", this_cpu()->nr, this_cpu()->activity);
	if (arch_unwind(&fp, &pc))
		backtrace_from(pc, fp);
}

/* ---- the others ---- */

/* How long to wait for another CPU: hang=, at least ANSWER_MIN_MS. */
static u64 answer_ticks(void)
{
	return clock_us_ticks(max_u64(watchdog_hang_ms(), ANSWER_MIN_MS) * 1000);
}

/*
 * Unshown (acquire): later accesses that matter are stores to this CPU's own stack: MODEL.md
 * control.
 * Unshown (fence): release: the acquire of `backtrace_wanted` is a full fence of gcc 12, and the
 * other CPU reads pc and fp only after it has printed a line, so this CPU would have to be held
 * back between the two for as long. Acquire: no later load matters: MODEL.md control.
 * Unshown (tso): MODEL.md tso-release for the release, MODEL.md tso-acquire for the acquire.
 */
static void backtrace_answer(const struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();
	u64 start = arch_counter(), limit = 4 * answer_ticks();
	struct cpu_pause p = { 0 };

	if (frame) {
		cpu->bt_pc = arch_frame_pc(frame);
		cpu->bt_fp = arch_frame_fp(frame);
	} else {
		cpu->bt_fp = arch_frame_address();
		arch_unwind(&cpu->bt_fp, &cpu->bt_pc);
	}
	/* release: pc and fp, and the frames in memory, before the flag that offers them */
	atomic_store_release(&cpu->backtrace_done, true);
	while (atomic_load_acquire(&cpu->backtrace_wanted) && arch_counter() - start < limit)
		cpu_pause(&p);
}

static const struct ipi_handler backtrace_handler = { IPI_BACKTRACE, backtrace_answer };
REGISTER(ipi_handlers, backtrace, backtrace_handler);

/*
 * Unshown (acquire): pc and the frames are read after a line has been printed, and the DMB OSHLD of
 * the UART's reads (mmio_read32()) orders this load before later ones.
 * Unshown (fence): the printed line reads `emergency` first by an acquire (log_enter()), a full
 * fence of gcc 12; pc, fp and the stack are read after that.
 */
static bool wait_answer(const struct cpu *cpu, u64 start, u64 limit)
{
	struct cpu_pause p = { 0 };

	while (!atomic_load_acquire(&cpu->backtrace_done)) {
		if (arch_counter() - start > limit)
			return false;
		cpu_pause(&p);
	}
	return true;
}

/*
 * Another CPU's stack is read directly: that CPU waits in backtrace_answer() meanwhile.
 * Unshown (release fence): everything read of the other CPU is printed before, digit by digit, and
 * a branch on the last value ends the walk of the stack: MODEL.md control.
 */
static void print_other(struct cpu *cpu, u64 start, u64 limit)
{
	if (wait_answer(cpu, start, limit)) {
		kprintf("# backtrace of CPU %u, busy with: %s\n", cpu->nr, cpu->activity);
		backtrace_from(cpu->bt_pc, cpu->bt_fp);
	} else {
		kprintf("# CPU %u does not answer, busy with: %s\n", cpu->nr, cpu->activity);
	}
	atomic_store_release(&cpu->backtrace_wanted, false);
}

void backtrace_others(void)
{
	cpumask_t others = cpus_listening() & ~cpu_bit(this_cpu()->nr);
	u64 start = arch_counter(), limit = answer_ticks();

	for (unsigned n = 0; n < CPUS_MAX; n++)
		if (others & cpu_bit(n)) {
			cpus[n].backtrace_done = false;
			cpus[n].backtrace_wanted = true;
		}
	ipi_send(others, IPI_BACKTRACE);
	for (unsigned n = 0; n < CPUS_MAX; n++)
		if (others & cpu_bit(n))
			print_other(&cpus[n], start, limit);
}

void backtrace_all(void)
{
	u32 none = 0;

	backtrace_here();
	if (!atomic_cas_acquire(&printing, &none, this_cpu()->nr + 1))
		return; /* another CPU is printing all of them */
	backtrace_others();
	atomic_store_release(&printing, 0);
}
