/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/cpu_riscv64/harts.h - results of firmware and the calls to it, for all files. */
#pragma once
#include <lib/types.h>
#include <want.h>
#undef __asm__
#undef volatile

struct asked {
	u64 ext, fid, a0, a1, a2, a3;
};
extern struct asked asked[64];
extern unsigned asked_nr;
extern u64 firmware_base[8]; /* by function of SBI's Base extension */
extern char put[256];
extern unsigned fake_asid_bits; /* ASID bits that satp implements */

/* The running hart: its fences since the last write of satp, and the fences after its writes of
 * CSRs. */
extern bool satp_masked; /* interrupts were off at the last write of satp */
extern unsigned fences, fences_before_satp;
extern bool sip_ordered; /* an I/O fence followed the last write of sip */
extern bool emulated;    /* the CPU appears to be emulated */

void harts(unsigned nr, const u64 *hwid);
void printed_clear(void);

void test_fences(void);
void test_isa(void);
void test_errata(void);
void test_traps(void);
void test_times(void);
