/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/cpu_id.h - the identification of each CPU, as words that it reads from its own registers:
 * implementer, model, revision and features, as far as the architecture has them.
 *
 * CPUs of one kind have the same words, whatever their number, and the words do not change from
 * boot to boot.  Each CPU reads its words once; a CPU that was never online has none.
 */
#pragma once
#include <arch/arch.h>

struct cpu_id {
	u64 word[ARCH_CPU_ID_WORDS]; /* in the order of arch_cpu_id_names */
	u32 hash;
};

/* NULL: it was never online.  Boot CPU only, with the others idle, because the first call runs work
 * on each new CPU. */
const struct cpu_id *cpu_id(unsigned nr);
/* Calls kind() for the first CPU, by hwid, of every kind, with all those of its kind. */
void cpu_id_kinds(void (*kind)(const struct cpu_id *, cpumask_t, void *arg), void *arg);

/*
 * `as-if=N:WORD=VALUE,...` overrides an identification word of CPU N, so that a uniform machine can
 * imitate a mixed one.  The CPU itself does not change: use of a feature that it lacks traps.
 * `bad` gets a sentence for each malformed word, which is ignored.
 */
void cpu_as_if_init(const char *list, void (*bad)(const char *sentence));
/* An identification word of this CPU, with the overrides of as-if applied: for tests of abilities
 * and errata. */
u64 cpu_as_if(unsigned word, u64 real);

/* Log the differences between online CPUs: a line for each word that differs, and one for each
 * feature that some lack.  Context as cpu_id(). */
void cpu_differences(void);
/* The numbers of a mask as text, "0-3,7"; cut to fit. */
void cpu_list(cpumask_t, char *buf, size_t size);
