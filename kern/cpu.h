/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/cpu.h - CPUs, their workers and interrupts between them.  No scheduler: one worker a CPU
 * runs what it is handed; interrupts nest into it; every wait serves them.
 *
 * CPU numbers are 0..nr-1 in device-tree order with the boot CPU first; hwid is the firmware's.
 * CPUs come up in cpu_start_all() and are intersected in capability (ENGINE 1): the tree's are
 * reduced by each that arrives.  One that arrives after the wait for it ended parks.
 */
#pragma once
#include <lib/types.h>
#include <mm/pt/pt.h>

#define CPUS_MAX 64
#define STACK_BYTES (16 * KiB)

struct cpu {
	u32 nr;
	u64 hwid;
	u64 stack_top;    /* of the worker's stack */
	u64 overflow_top; /* exceptions switch here when sp is bad (ENGINE 8); in the image */
	u64 scratch[4];   /* for the exception entry of the architecture */
	bool started, online, parked;
	u32 arrival; /* enum cpu_arrival, atomic: who was first, the CPU or the end of the wait */
	u8 node;
	u32 caps;
	/* worker: the caller writes work_posted last, the worker reads it first */
	void (*work_fn)(void *);
	void *work_arg;
	u32 work_posted, work_done;
	/* counters */
	u64 ticks, ipis, spurious, faults_probed, faults_retried, probes_retried;
	u64 last_seen;            /* counter at the last tick: watchdog */
	struct trap_frame *frame; /* innermost, for backtraces */
	u32 irq_depth;
	bool backtrace_wanted, backtrace_done, stopped;
	u64 bt_pc, bt_fp;     /* where an IPI found it */
	const char *activity; /* what it runs, for the watchdog's report */
};

extern struct cpu cpus[CPUS_MAX];
extern unsigned cpus_nr; /* found and usable, started or not */

static inline cpumask_t cpu_bit(unsigned nr)
{
	return 1ull << nr;
}

cpumask_t cpus_online(void);
unsigned cpus_online_nr(void);
struct cpu *this_cpu(void);

/* Boot: the boot CPU's record (calls arch_cpu_init), then one cpu_add() for each CPU of the device
 * tree by cpu_discover() (drivers/fdt/cpu_discover.c; the boot CPU's entry only sets its node). */
void cpu_boot_init(u64 hwid);
int cpu_discover(const void *fdt);    /* how many there are, or -EINVAL after one line */
int cpu_add(u64 hwid, unsigned node); /* -ERANGE: no record is left; -EEXIST: it has one */
struct cpu *cpu_by_hwid(u64 hwid);    /* NULL: not used */
/* Stacks of the others: the top of a fresh STACK_BYTES stack, or 0. */
void cpu_set_stack_allocator(u64 (*alloc)(unsigned node));
/* Start CPUs until `max` are online, on the final tables.  `start` is power_cpu_start(); the
 * firmware enters arch_secondary_entry() with arg = cpu->nr.  One that does not arrive is one line;
 * -ECANCELED: `start` has said why.  tree->caps comes as what its tables hold, and goes as what
 * every CPU online has. */
void cpu_start_all(unsigned max, struct pt *tree, int (*start)(u64 hwid, paddr_t entry, u64 arg));
NORETURN void kern_secondary(struct cpu *); /* C entry of a secondary, final tables live */

/*
 * Run fn(arg) on every CPU of the mask (this one included if named, run last) and wait for all.
 * fn runs with interrupts on.  Not reentrant: only the boot CPU hands out work.
 */
void cpu_run(cpumask_t, void (*fn)(void *), void *arg);
/* The same in two halves, so that the caller can do something meanwhile. */
void cpu_post(cpumask_t, void (*fn)(void *), void *arg);
void cpu_wait(cpumask_t);
bool cpus_idle(void);

/* ---- inter-processor interrupts (kern/ipi.c) ---- */
enum ipi { IPI_WAKE, IPI_CALL, IPI_BACKTRACE, IPI_STOP, IPI_NR };
void ipi_send(cpumask_t, enum ipi);
void ipi_handle(void); /* from the interrupt path */
/*
 * Run fn(arg) in interrupt context on every CPU of the mask and wait; this CPU included if named.
 * May be called with interrupts off: the wait serves incoming calls.  Used by shootdowns.
 */
void ipi_call(cpumask_t, void (*fn)(void *), void *arg);

/* Instructions were stored there: every CPU that fetches them from now on sees them.  As
 * ipi_call(), with interrupts off too. */
void cpu_sync_code(vaddr_t, u64 len);

/* Spin until *cond is true, serving IPIs, idling between looks. */
void cpu_wait_until(bool (*cond)(void *), void *arg);
/* Inside a spin loop that may have interrupts off: serve a pending call, then relax. */
void cpu_serve(void);
/*
 * One step of a wait: relax, and after some rounds sleep until an interrupt, at most 10 to 640 us.
 * Start with a zeroed struct.  Under `-icount` a CPU that only spins keeps the others from running,
 * so every wait loop goes through here.
 */
struct cpu_pause {
	u32 rounds;
	u64 last;   /* counter at the last step */
	u64 waited; /* counter ticks; a step counts for two timer ticks at most */
};
void cpu_pause(struct cpu_pause *);
/* With interrupts off: until one is pending; where no ticks come, one round of polling instead. */
void cpu_sleep(void);
/* The same for a wait that has an end: false once it has waited for longer than `us`.  A device's
 * time is counted so and not by the clock, which jumps when a machine is suspended. */
bool cpu_pause_within(struct cpu_pause *, u64 us);
/* The same, but no sleep once done(arg): whoever makes it true may send IPI_WAKE. */
void cpu_pause_unless(struct cpu_pause *, bool (*done)(void *), void *arg);
