/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/cpu.h - models and revisions of CPUs, for tables of capabilities and errata.
 */
#pragma once
#include <kern/emulator.h>
#include <lib/types.h>
#include <regs.h>

#define MIDR_QEMU_MAX 0x00051 /* implementer 0 (software), part 'Q' */

struct midr_range {
	u32 model;      /* implementer << 12 | part */
	u8 first, last; /* variant << 4 | revision, both inclusive */
};

static inline u32 midr_model(u64 midr)
{
	return (u32)(midr >> 24 & 255) << 12 | (u32)(midr >> 4 & 0xfff);
}

/* Indices in arch_cpu_id_names of the words that decide about features and errata. */
enum { ID_MIDR = 0, ID_CTR = 2, ID_ISAR0 = 10, ID_MMFR1 = 14, ID_MMFR2 = 15 };

#define ARM_BIT_TLBIRANGE 1 /* struct feature.bits */

/* The smallest ID_AA64ISAR0_EL1.TLB of all CPUs that have run; at most 1 with no=tlbirange. */
unsigned cpu_tlb_level(void);

/* Is this MIDR in one of the n ranges? */
bool midr_listed(const struct midr_range *list, size_t n, u64 midr);

enum cpu_counters pmu_judged(void); /* time.c: judged by the events in PMCEID0 */
