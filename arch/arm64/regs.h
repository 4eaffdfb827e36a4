/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/regs.h - register values that assembly and C must agree on.
 *
 * MAIR indices are a contract with mm/pt/fmt/arm64.c: 0 write-back, 1 Device-nGnRnE, 2
 * non-cacheable.
 */
#pragma once

#define ARM_MAIR 0x4400ff

/* The longest cache line for which spin_table.c works (A64FX): each of its lines must have a single
 * writer.  It refuses longer ones. */
#define ARM_LINE_MAX 256

/*
 * SCTLR_EL1, MMU off: the bits that are one in Armv8.0 (LSMAOE nTLSMD SPAN EIS TSCXT EOS), and SED
 * and ITD, which are one on a CPU whose EL0 has no AArch32 and only forbid things to it elsewhere
 * (Arm ARM, D24.2, SCTLR_EL1).
 */
#define ARM_SCTLR_OFF 0x30d00980
/* + M C SA SA0 I, and WXN: no mapping of ours is both writable and executable. */
#define ARM_SCTLR_ON 0x30d8199d
#define ARM_SCTLR_SPAN 0x800000 /* 0: an exception sets PAN (FEAT_PAN; one without it) */

/* TCR_EL1 of both halves: 4K pages, 48 bits, inner shareable, write-back walks. */
#define ARM_TCR_LOW 0x3510            /* T0SZ 16, IRGN0 ORGN0 1, SH0 3, TG0 4K */
#define ARM_TCR_EARLY_HIGH 0xb5100000 /* T1SZ 16, IRGN1 ORGN1 1, SH1 3, TG1 4K */
#define ARM_TCR_EPD0 0x80
#define ARM_TCR_IPS_SHIFT 32
#define ARM_TCR_AS_SHIFT 36
