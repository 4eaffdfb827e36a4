/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/cpu.h - CPUs, their workers and interrupts between them.  No scheduler: one worker for each
 * CPU runs the work that the boot CPU posts; interrupts nest into it; every wait serves IPIs.
 *
 * CPU numbers are 0..nr-1 in device-tree order with the boot CPU first; hwid is the firmware's
 * number.  CPUs are started in cpu_start_all(), and each that arrives reduces the capabilities of
 * the tree to those that it has too (ENGINE 1.6).  One that arrives after the wait for it ended
 * parks.
 */
#pragma once
#include <lib/types.h>

struct pt; /* mm/pt/pt.h */

#define CPUS_MAX 64
#define STACK_BYTES (16 * KiB)

struct cpu {
	u32 nr;
	u64 hwid;
	u64 stack_top;    /* of the worker's stack */
	u64 overflow_top; /* exceptions switch here when sp is bad (ENGINE 8); in the image */
	u64 scratch[4];   /* for the exception entry of the architecture */
	bool started, online, parked;
	u32 arrival; /* enum cpu_arrival, atomic: did it arrive before the wait for it ended? */
	u8 node;
	u32 caps;
	/* worker: the caller writes work_posted last, the worker reads it first */
	void (*work_fn)(void *);
	void *work_arg;
	u32 work_posted, work_done;
	/* counters */
	u64 ticks, ipis, spurious, faults_probed, faults_retried, probes_retried;
	u64 last_seen;            /* counter at the last tick; atomic, as `ticks` is: watchdog */
	u64 touches;              /* watchdog_touch(); atomic */
	struct trap_frame *frame; /* innermost, for backtraces */
	u32 irq_depth;            /* irq_enter() less irq_exit() (kern/trap.h) */
	bool backtrace_wanted, backtrace_done, stopped;
	u64 bt_pc, bt_fp;     /* pc and frame pointer when IPI_BACKTRACE arrived */
	const char *activity; /* its current work, for reports; static text */
	u8 writer; /* enum pt_writer: on whose behalf it stores to tables (mm/kernel/writer.h) */
	u16 lent;  /* locks_held() of the CPU whose share it does, which waits (kern/crew.h) */
};

extern struct cpu cpus[CPUS_MAX];
extern unsigned cpus_nr; /* records in use: found and usable, started or not */

static inline cpumask_t cpu_bit(unsigned nr)
{
	return 1ul << nr;
}

/* The CPU of the mask, which is not empty, after `nr` in a circle: `nr` itself is the last one. */
static inline unsigned cpu_after(cpumask_t mask, unsigned nr)
{
	cpumask_t above = mask & ~((cpu_bit(nr) << 1) - 1);

	return (unsigned)__builtin_ctzll(above ? above : mask);
}

static inline unsigned cpus_in(cpumask_t m)
{
	unsigned n = 0;

	for (; m; m &= m - 1)
		n++;
	return n;
}

cpumask_t cpus_online(void); /* grows during boot and never shrinks */
unsigned cpus_online_nr(void);
cpumask_t cpus_first(unsigned nr); /* the lowest `nr` of those online; 0: there are fewer */
struct cpu *this_cpu(void);        /* never NULL: before the first CPU is set up, CPU 0's */

/* Those online but the caller. */
static inline cpumask_t other_cpus(void)
{
	return cpus_online() & ~cpu_bit(this_cpu()->nr);
}

/* Boot: the boot CPU's record (calls arch_cpu_init), then one cpu_add() for each CPU of the device
 * tree by cpu_discover() (drivers/fdt/cpu_discover.c; the boot CPU's entry only sets its node). */
void cpu_boot_init(u64 hwid);
int cpu_discover(const void *fdt);    /* how many there are, or -EINVAL after a log line */
int cpu_add(u64 hwid, unsigned node); /* -ERANGE: no record is left; -EEXIST: it has one */
struct cpu *cpu_by_hwid(u64 hwid);    /* NULL: no record with that hwid */
/* Stacks of the others: the top of a fresh STACK_BYTES stack, or 0. */
void cpu_set_stack_allocator(u64 (*alloc)(unsigned node));
/*
 * Boot CPU, once: start CPUs until `max` are online, on the final tables.  `start` is
 * power_cpu_start(); the firmware enters arch_secondary_entry() with arg = cpu->nr.  A CPU that
 * does not arrive costs a log line; -ECANCELED: `start` has logged the reason.  On entry tree->caps
 * are the capabilities that its tables use, on return those that every online CPU has.
 */
void cpu_start_all(unsigned max, struct pt *tree, int (*start)(u64 hwid, paddr_t entry, u64 arg));
NORETURN void kern_secondary(struct cpu *); /* C entry of a secondary, final tables live */

/*
 * Run fn(arg) on every CPU of the mask (this one included if named, run last) and wait for all.
 * fn runs with interrupts on.  Not reentrant: only the boot CPU posts work (asserted), to CPUs that
 * are online and idle.
 */
void cpu_run(cpumask_t, void (*fn)(void *), void *arg);
/* The same in two halves, so that the boot CPU can do something meanwhile; its own share runs in
 * cpu_wait(), which takes the same mask. */
void cpu_post(cpumask_t, void (*fn)(void *), void *arg);
void cpu_wait(cpumask_t);
bool cpus_idle(void); /* no other CPU has work that it has not finished */
/* The CPUs to which the caller may post work now: all others that are online, if the caller is the
 * boot CPU outside interrupts and outside its own share of posted work, with interrupts on, and
 * they have finished their work.  Else none: 0. */
cpumask_t cpus_spare(void);

/* ---- inter-processor interrupts (kern/ipi.c) ---- */
enum ipi { IPI_GRACE, IPI_BACKTRACE, IPI_STOP };
/* Neither waits.  This CPU, and CPUs that are not online, are left out.  Any context. */
void ipi_send(cpumask_t, enum ipi);
void ipi_wake(cpumask_t); /* those that sleep check again what the caller has stored before */
void ipi_handle(void);    /* by the driver, in interrupt context, its interrupt already cleared */
/*
 * Run fn(arg) with interrupts off on every CPU of the mask and wait; this CPU included if named.
 * May be called with interrupts off, but not by an interrupt handler, which may have interrupted a
 * CPU that waits to call: the wait serves incoming calls.  fn may not call ipi_call(),
 * nor take a lock other than the log's.  Used by shootdowns.
 */
void ipi_call(cpumask_t, void (*fn)(void *), void *arg);

/* The caller has stored instructions in [va, va + len): after this every online CPU fetches them.
 * Context as for ipi_call(). */
void cpu_sync_code(vaddr_t, u64 len);

/* Wait until cond(arg) is true, serving IPIs and sleeping between the checks.  Without a time
 * limit. */
void cpu_wait_until(bool (*cond)(void *), void *arg);
/* Inside a spin loop that may have interrupts off: serve a pending call, then relax. */
void cpu_serve(void);
/*
 * One step of a wait: relax, and after some rounds sleep until an interrupt, at most 10 to 640 us
 * (40 with interrupts off, because other CPUs then wait for its next check).  Start with a zeroed
 * struct. Under `-icount` a CPU that only spins keeps the others from running, so every wait loop
 * calls this.
 */
struct cpu_pause {
	u32 rounds;
	u64 last;    /* counter at the last step */
	u64 waited;  /* counter ticks; a step counts for two timer ticks at most */
	u64 touches; /* of all CPUs, see watchdog_expired() */
};
void cpu_pause(struct cpu_pause *);
/* With interrupts off: sleep until one is pending; where no ticks arrive, poll once instead. */
void cpu_sleep(void);
/* cpu_pause() for a bounded wait: false once it has waited for longer than `us`.  Time-outs of
 * devices are counted so and not by the clock, which jumps when a machine is suspended. */
bool cpu_pause_within(struct cpu_pause *, u64 us);
/* cpu_pause() that does not sleep once done(arg) is true, checked with interrupts off: the CPU that
 * makes it true may call ipi_wake() afterwards, and no wake-up is lost. */
void cpu_pause_unless(struct cpu_pause *, bool (*done)(void *), void *arg);
