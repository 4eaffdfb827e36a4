/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/machine.h - the worst legal machine: a host program that boots the unmodified image and
 * does everything that the manuals allow a CPU.  Its choices follow from `seed=`, so that each run
 * can be replayed.
 *
 * - memory.h: RAM, by frames of 4 KiB; the host allocates memory at the first access to a frame
 * - order.h: the memory model of all architectures: values that a load may read, order of stores
 * - late.h: loads and AMOs that are performed after po-later stores (load buffering)
 * - text.h: the bytes that instruction fetch reads
 * - tlb.h: cached table entries of each CPU, until the fence that must remove them
 * - schedule.h: which CPU runs next, and for how long
 * - device.h: interrupt controller, UART
 * - pci.h: a PCI host bridge;  virtio.h: a virtio device
 * - channel.h: memory that is shared with a process of the host
 * - input.h: recorded input, from a file
 * - sanitize.h: the page-table sanitizer, of the operations that CPUs execute
 * - uninit.h: loads of .noinit and .persist before any store
 * - story.h: symbols of the ELF file, and the report when the machine stops
 * - power.h: power-on, reset, and the loader
 * - core.h: functions of an architecture that main.c and power.c call
 * - riscv/: RV64IMAC, its CSRs, traps, table walks, and SBI
 * - arm64/: the integer part of A64, system registers, exceptions, table walks, TLBI, GIC, and PSCI
 *
 * Only riscv/ and arm64/ know an instruction set.  The machine has one thread.  One CPU runs at a
 * time, for a random number of instructions (a slice), and random.h makes every choice.
 *
 * The sanitizer's model (mm/pt/taps/sanitize*.c, mm/pt/pt_tap.c) is the one part of the kernel that
 * the machine shares.
 *
 * An adversary is a word of the command line with a number; 0 or off switches it off.
 */
#pragma once
#include <lib/types.h>

#define WORST_CPUS 16

enum adversary {
	ADV_STORES,  /* entries of each CPU's store buffer, which drain late and out of order */
	ADV_LOADS,   /* one load in n that may read an old value does; 1: nearly all */
	ADV_WALKS,   /* one slice in n begins with a speculative walk */
	ADV_TLB,     /* 1: leaves are cached; 2: tables as well; 3: failed walks as well */
	ADV_FETCH,   /* instruction fetch reads old bytes until FENCE.I, or IC and ISB */
	ADV_AD,      /* A and D bits: 0 a fault, 1 set by hardware (Svadu, FEAT_HAFDBS) */
	ADV_IRQ,     /* interrupts arrive up to n slices late */
	ADV_LATE,    /* one load in n is performed after po-later stores (late.h) */
	ADV_ATOMICS, /* one atomic in n is performed after po-later stores */
	ADV_FAILS,   /* one SC or STXR in n fails without a reason that software can know */
	ADV_STALL,   /* a CPU whose store overtook older ones is held back for up to n steps */
	ADV_PAUSE,   /* one slice in n ends with its CPU held back for up to stall= steps */
	ADV_CACHES,  /* arm64: lines are dirty or stale for accesses that bypass the cache */
	ADV_UNKNOWN, /* UNKNOWN state at the start: registers, TLBs, RAM, which hart boots */
	ADV_DEVICE,  /* devices act up to n slices late, and poll (virtio.h); 0: at once */
	ADV_CONTEXT, /* arm64: a control takes effect only at the next context synchronisation */
	ADV_NR
};

struct knobs {
	u64 adversary[ADV_NR];
	u64 seed;
	u64 age;           /* steps after which a store drains in any case */
	u64 slice;         /* the most instructions between two decisions of the scheduler */
	u64 evict;         /* one look-up in n misses the TLB's entry; 0: none does */
	u64 rate;          /* steps in a tick of the counter */
	u64 hz;            /* its frequency, as the machine states it */
	u64 svvptc;        /* steps that a failed walk stays cached; 0: no Svvptc, no bound */
	u64 watch;         /* physical address of a word whose accesses are printed; 0: none */
	u64 trace, traced; /* the first step that is printed, and how many */
	u64 since;         /* accesses to the word of watch= are printed from this step on */
	u64 stop;          /* stop at the first failure that is printed on the console */
	u64 story;         /* the same, and choices are counted; 2: stores that wait as well */
	u64 sanitize;      /* page tables are checked (sanitize.h) */
	u64 first, last;   /* choices before `first`, and from `last` on, are not taken */
	u64 find;    /* number of choices before a failure: search the last one that it needs */
	u64 key_tag; /* with story=: makes the keys of cached translations match no access */
	bool firmware_text; /* SBI guarantees its specification, not what OpenSBI does */
};
extern struct knobs knobs;

/* A wrong word or file: print one line on stderr, exit with status 4. */
void machine_refuse(const char *word, const char *why) NORETURN;
/* The machine cannot continue: print a line on stderr and the place of each CPU; exit status 3. */
void machine_stop(const char *format, ...) PRINTF_LIKE(1, 2) NORETURN;
