/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/machine.h - the worst legal machine: a host program that boots the unmodified image and
 * does everything that the manuals let a CPU do, as `seed=` says, and the same again next time.
 *
 * - memory.h: RAM, by frames of 4 KiB; the host gives memory when a frame is touched
 * - order.h: which value a load may read, and when a store leaves: one model for all architectures
 * - late.h: loads and AMOs that are performed after po-later stores (load buffering)
 * - text.h: what instruction fetch reads
 * - tlb.h: what a CPU keeps of page-table walks, until exactly the fence that must remove it
 * - schedule.h: which CPU runs next, for how long
 * - device.h: interrupt controller, UART;  pci.h: a host bridge;  virtio.h: a device behind it;
 *  channel.h: memory that is shared with a process;
 *   input.h: what is typed, from a file
 * - sanitize.h: the page-table sanitizer, of what CPUs execute
 * - uninit.h: loads of .noinit and .persist before any store
 * - story.h: names of addresses, from the ELF file, and what is told when the machine stops
 * - power.h: power-on, reset, and the loader
 * - core.h: what main.c and power.c ask of an architecture
 * - riscv/: RV64IMAC, its CSRs, traps, walks, and SBI
 * - arm64/: the integer part of A64, system registers, exceptions, walks, TLBI, GIC, and PSCI
 *
 * Nothing outside riscv/ and arm64/ knows an instruction set.  One CPU runs at a time, for some
 * instructions: the machine has one thread, and every choice comes from random.h.
 *
 * Adversaries: a word each, 0 or off switches one off, n says how much.
 */
#pragma once
#include <lib/types.h>

#define WORST_CPUS 16

enum adversary {
	ADV_STORES,  /* entries of each CPU's store buffer; they leave late and out of order */
	ADV_LOADS,   /* one load in n that may read an older value does; 1: nearly all */
	ADV_WALKS,   /* one slice in n begins with a speculative walk */
	ADV_TLB,     /* 1: leaves are kept; 2: tables as well; 3: failed walks as well */
	ADV_FETCH,   /* instruction fetch keeps old bytes until FENCE.I, or IC and ISB */
	ADV_AD,      /* A and D bits: 0 a fault, 1 set by hardware (Svadu, FEAT_HAFDBS) */
	ADV_IRQ,     /* interrupts come up to n slices late */
	ADV_LATE,    /* one load in n is performed after po-later stores (late.h) */
	ADV_ATOMICS, /* one atomic in n is visible after po-later stores */
	ADV_STALL,   /* a CPU whose store overtook others is held back for up to n instructions */
	ADV_PAUSE,   /* one slice in n ends with its CPU held back for as long, wherever it is */
	ADV_CACHES,  /* arm64: lines are dirty or stale for accesses around the cache */
	ADV_UNKNOWN, /* what no text says of the start: registers, TLBs, RAM, which hart begins */
	ADV_DEVICE,  /* devices act up to n slices late, and poll (virtio.h); 0: at once */
	ADV_CONTEXT, /* arm64: a control is in force only from the next synchronisation on */
	ADV_NR
};

struct knobs {
	u64 adversary[ADV_NR];
	u64 seed;
	u64 age;            /* instructions after which a store leaves, whatever chance says */
	u64 rate;           /* instructions of all CPUs together in a tick of the 10 MHz counter */
	u64 svvptc;         /* instructions that a failed walk is kept; 0: no Svvptc, no bound */
	u64 watch;          /* a physical address whose word's acts are told; 0: none */
	u64 trace, traced;  /* the first step that is told, and how many */
	u64 since;          /* acts on the word of watch= are told from this step on */
	u64 stop;           /* the machine stops at the first failure that the console tells */
	u64 story;          /* the same, and freedoms are counted; 2: stores that wait as well */
	u64 sanitize;       /* tables are judged (sanitize.h) */
	u64 first, last;    /* freedoms before and from these on are refused */
	u64 find;           /* freedoms before a failure: the last one that it needs is searched */
	u64 key_tag;        /* of translations in use: with a story no access is served at once */
	bool firmware_text; /* SBI gives what its text promises, not what OpenSBI gives */
};
extern struct knobs knobs;

/* A word or a file that cannot be: one line on stderr, exit status 4. */
void machine_refuse(const char *word, const char *why) NORETURN;
/* The machine cannot go on: one line on stderr, where each CPU is, exit status 3. */
void machine_stop(const char *format, ...) PRINTF_LIKE(1, 2) NORETURN;
