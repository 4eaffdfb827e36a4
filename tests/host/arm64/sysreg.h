/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/arm64/sysreg.h - replaces arch/arm64's: system registers are variables of the program,
 * by the name in the instruction; every other instruction is passed to the program as text.
 */
#pragma once
#include <lib/types.h>

u64 fake_get(const char *name);
void fake_set(const char *name, u64 v);
void fake_instruction(const char *text);

#define SYSREG_TEXT_(name) #name
#define SYSREG_TEXT(name) SYSREG_TEXT_(name)
#define SYSREG_READ(name) fake_get(SYSREG_TEXT(name))
#define SYSREG_WRITE(name, v) fake_set(SYSREG_TEXT(name), v)

#define ID_AA64PFR2_EL1 S3_0_C0_C4_2
#define ID_AA64ZFR0_EL1 S3_0_C0_C4_4
#define ID_AA64SMFR0_EL1 S3_0_C0_C4_5
#define ID_AA64ISAR2_EL1 S3_0_C0_C6_2
#define ID_AA64MMFR2_EL1 S3_0_C0_C7_2
#define ID_AA64MMFR3_EL1 S3_0_C0_C7_3
#define ID_AA64MMFR4_EL1 S3_0_C0_C7_4

static inline unsigned id_field(u64 reg, unsigned shift)
{
	return reg >> shift & 15;
}

static inline int id_field_signed(u64 reg, unsigned shift)
{
	return (int)(id_field(reg, shift) ^ 8) - 8;
}

static inline void isb(void)
{
	fake_instruction("isb");
}

/* `__asm__ volatile(...)` of the file that is tested: only one header is included after this one,
 * and no other object is declared with brackets after `volatile`. */
#define __asm__
#define volatile(...) fake_instruction(#__VA_ARGS__)
