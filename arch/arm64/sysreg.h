/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/sysreg.h - system registers and the fields of ID registers.
 *
 * The name is part of the instruction, hence the macros.  A write takes effect for later
 * instructions at the next context synchronisation: the caller writes the ISB.
 */
#pragma once
#include <lib/types.h>

#define SYSREG_TEXT_(name) #name
#define SYSREG_TEXT(name) SYSREG_TEXT_(name) /* an alias below is expanded first */
#define SYSREG_READ(name)                                                                          \
	({                                                                                         \
		u64 sysreg_;                                                                       \
		__asm__ volatile("mrs %0, " SYSREG_TEXT(name) : "=r"(sysreg_));                    \
		sysreg_;                                                                           \
	})
#define SYSREG_WRITE(name, v)                                                                      \
	__asm__ volatile("msr " SYSREG_TEXT(name) ", %x0" ::"rZ"((u64)(v)) : "memory")

/* Registers whose names an assembler may not know with -march=armv8-a. */
#define ID_AA64PFR2_EL1 S3_0_C0_C4_2
#define ID_AA64ZFR0_EL1 S3_0_C0_C4_4
#define ID_AA64SMFR0_EL1 S3_0_C0_C4_5
#define ID_AA64ISAR2_EL1 S3_0_C0_C6_2
#define ID_AA64MMFR2_EL1 S3_0_C0_C7_2
#define ID_AA64MMFR3_EL1 S3_0_C0_C7_3
#define ID_AA64MMFR4_EL1 S3_0_C0_C7_4
#define PSTATE_PAN_ON ".inst 0xd500419f" /* msr pan, #1 (FEAT_PAN) */

static inline unsigned id_field(u64 reg, unsigned shift)
{
	return reg >> shift & 15;
}

/* Signed fields, TGran4 and TGran64 among them: 0xf is -1, "absent" (Arm ARM, "Principles of the
 * ID scheme for fields in ID registers"). */
static inline int id_field_signed(u64 reg, unsigned shift)
{
	return (int)(id_field(reg, shift) ^ 8) - 8;
}

static inline void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}
