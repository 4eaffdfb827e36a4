/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/cpu_id.h - who each CPU is, in words that it read of itself: what the architecture has for
 * maker, model, revision and abilities.
 *
 * CPUs of one kind have the same words, whatever their number; nothing in them changes from boot to
 * boot.  Each CPU is asked once; one that never came online has none.
 */
#pragma once
#include <arch/arch.h>

struct cpu_id {
	u64 word[ARCH_CPU_ID_WORDS]; /* in the order of arch_cpu_id_names */
	u32 hash;
};

/* NULL: it never ran.  Boot CPU only, with the others idle. */
const struct cpu_id *cpu_id(unsigned nr);
/* Calls kind() for the first CPU, by hwid, of every kind, with all those of its kind. */
void cpu_id_kinds(void (*kind)(const struct cpu_id *, cpumask_t, void *arg), void *arg);

/*
 * `as-if=N:WORD=VALUE,...`: what CPU N is taken to say of itself, so that one machine shows what a
 * mixed one would do.  It says nothing to the CPU: what is said to be there and is not, traps.
 */
void cpu_as_if_init(const char *list, void (*bad)(const char *sentence));
/* What this CPU says, as one that asks about abilities or errata is to hear it. */
u64 cpu_as_if(unsigned word, u64 real);

/* Between CPUs that are online: one line for each word, and one for each feature that some lack. */
void cpu_differences(void);
/* The numbers of a mask, as in "0-3,7". */
void cpu_list(cpumask_t, char *buf, size_t size);
