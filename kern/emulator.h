/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/emulator.h - are CPU and board real?  Two questions, decided by the clues of emulator.c.
 *
 * Under KVM the CPUs are real and the board is QEMU's: expectations about TLBs, memory order and
 * time depend on the CPU, expectations about devices on the board.
 */
#pragma once
#include <arch/arch.h>
#include <lib/types.h>

bool emulated_cpu(void); /* an interpreter or translator (QEMU's TCG): no TLB or order of its own */
/* An emulator that counts instructions runs its CPUs one at a time, so a CPU may wait very long for
 * its turn.  Real CPUs count instructions as well, but run at the same time. */
static inline bool emulated_by_turns(void)
{
	return emulated_cpu() && arch_instret_works();
}
bool emulated_board(void); /* QEMU's devices, whatever runs the instructions */

/* Result of trying this CPU's performance counters. */
enum cpu_counters {
	COUNTERS_UNKNOWN,         /* there are none, or S-mode or EL1 may not read them */
	COUNTERS_SOUND,           /* instructions are counted, and what costs time takes time */
	COUNTERS_INEXACT,         /* not these instructions alone: TCG's counter is a clock, and on
				     hardware firmware's instructions count as well */
	COUNTERS_NO_INSTRUCTIONS, /* a PMU without the event that every PMU has */
	COUNTERS_NO_COST,         /* a division takes exactly as many cycles as an addition */
	COUNTERS_FEW_EVENTS,      /* no event of caches and branches, which every PMUv3 has */
};

enum cpu_by_user { CPU_BY_CLUES, CPU_REAL, CPU_EMULATED };

/* The input of the clues; fields that an architecture does not have stay 0 or NULL. */
struct machine_facts {
	u64 midr;                       /* arm64 */
	u64 mvendorid, marchid, mimpid; /* riscv64 */
	u64 counter_hz;
	enum cpu_counters counters;
	const char
		*host; /* the hypervisor that firmware's calls end in, "kvm"; NULL: none is known */
	const char
		*model; /* of the device tree, or of the tree that ACPI's tables were made into */
	bool devices;   /* the tree has one of emulator_devices */
	bool cores;     /* the tree has one of emulator_cores */
	enum cpu_by_user user; /* cpu=, which no clue outdoes */
};
extern const char *const emulator_devices[], *const emulator_cores[]; /* compatible strings */

/* In arch/ARCH: the facts from registers of this CPU.  The test of the counters takes thousands of
 * instructions, so it runs once and its result is kept. */
void arch_machine_facts(struct machine_facts *);

/* Boot CPU: facts from the device tree (text is copied) and from firmware calls (static text). */
void emulator_tree(const char *model, bool devices, bool cores);
void emulator_host(const char *host);
/* cpu=real, cpu=emulated, or nothing; of the CPU alone, not of the board. */
void emulator_user(const char *word);
/* Read the registers again, once the counter's frequency is known. */
void emulator_look_again(void);

struct emulator_verdict {
	bool cpu, board;
	const char *by; /* the clue that decided about the CPU, "cpu=", or NULL */
};
/* The rule, over given facts. */
struct emulator_verdict emulator_judge(const struct machine_facts *);
/* The clues that these facts show, strongest first, joined by commas; "none". */
void emulator_names(const struct machine_facts *, char *buf, size_t size);
const struct machine_facts *emulator_facts(void); /* of this machine */
