/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/denied.c - encodings that are UNDEFINED on this CPU, because the ID registers deny
 * their feature (D24.2; C4.1 for instructions), or because they are of a higher exception level
 * (D1.4.7).  A feature that software uses by mistake is an exception then, as on silicon; encodings
 * that are neither here nor modelled stop the machine.
 */
#include "registers.h"

struct denied_row {
	u32 mask, match;
	const char *feature;
};

static bool matches(const struct denied_row *row, u32 word)
{
	for (; row->mask; row++)
		if ((word & row->mask) == row->match)
			return true;
	return false;
}

/* ---- system registers ---- */
#define ONE(op0, op1, n, m, op2) 0xffff, REGISTER_CODE(op0, op1, n, m, op2)
#define ANY_OP2(op0, op1, n, m) 0xfff8, REGISTER_CODE(op0, op1, n, m, 0)
#define FOUR_M(op0, op1, n, m) 0xffe0, REGISTER_CODE(op0, op1, n, m, 0)
#define ANY_M(op0, op1, n) 0xff80, REGISTER_CODE(op0, op1, n, 0, 0)
#define ANY_N(op0, op1) 0xf800, REGISTER_CODE(op0, op1, 0, 0, 0)

static const struct denied_row registers[] = {
	{ ANY_OP2(3, 0, 0, 0), "unallocated, beside MIDR_EL1, MPIDR_EL1 and REVIDR_EL1" },
	{ ONE(3, 1, 0, 0, 2), "CCIDX: CCSIDR2_EL1" },
	{ ONE(3, 1, 0, 0, 4), "MTE2: GMID_EL1" },
	{ ONE(3, 1, 0, 0, 6), "SME: SMIDR_EL1" },
	{ ONE(3, 0, 1, 0, 3), "SCTLR2" },
	{ ONE(3, 0, 1, 0, 5), "MTE2: RGSR_EL1" },
	{ ONE(3, 0, 1, 0, 6), "MTE2: GCR_EL1" },
	{ ONE(3, 0, 1, 2, 0), "SVE: ZCR_EL1" },
	{ ONE(3, 0, 1, 2, 1), "TRF: TRFCR_EL1" },
	{ ONE(3, 0, 1, 2, 4), "SME: SMPRI_EL1" },
	{ ONE(3, 0, 1, 2, 6), "SME: SMCR_EL1" },
	{ ONE(3, 0, 2, 0, 3), "TCR2" },
	{ ANY_OP2(3, 0, 2, 1), "PAuth: keys" },
	{ ANY_OP2(3, 0, 2, 2), "PAuth: keys" },
	{ ANY_OP2(3, 0, 2, 3), "PAuth: keys" },
	{ ANY_OP2(3, 0, 2, 5), "GCS" },
	{ ONE(3, 0, 4, 2, 3), "PAN" }, /* pan=0 */
	{ ONE(3, 0, 4, 2, 4), "UAO" },
	{ ANY_OP2(3, 0, 4, 3), "NMI, EBEP" },
	{ ANY_OP2(3, 0, 5, 3), "RAS" },
	{ ANY_OP2(3, 0, 5, 4), "RAS" },
	{ ANY_OP2(3, 0, 5, 5), "RAS" },
	{ ANY_OP2(3, 0, 5, 6), "MTE2: TFSR_EL1" },
	{ ANY_OP2(3, 0, 9, 9), "SPE" },
	{ ANY_OP2(3, 0, 9, 10), "SPE" },
	{ ANY_OP2(3, 0, 9, 11), "TRBE" },
	{ ONE(3, 0, 9, 14, 6), "PMUv3p4: PMMIR_EL1" },
	{ ONE(3, 0, 10, 2, 1), "AIE: MAIR2_EL1" },
	{ ONE(3, 0, 10, 2, 2), "S1PIE" },
	{ ONE(3, 0, 10, 2, 3), "S1PIE" },
	{ ONE(3, 0, 10, 2, 4), "S1POE" },
	{ ONE(3, 0, 10, 2, 5), "S2POE" },
	{ ONE(3, 0, 10, 3, 1), "AIE: AMAIR2_EL1" },
	{ ANY_OP2(3, 0, 10, 4), "LOR, MPAM" },
	{ ANY_OP2(3, 0, 10, 5), "MPAM" },
	{ ONE(3, 0, 12, 1, 1), "RAS: DISR_EL1" },
	{ ONE(3, 0, 12, 8, 5), "five bits of priority: ICC_AP0R1_EL1" },
	{ ONE(3, 0, 12, 8, 6), "five bits of priority: ICC_AP0R2_EL1" },
	{ ONE(3, 0, 12, 8, 7), "five bits of priority: ICC_AP0R3_EL1" },
	{ ONE(3, 0, 12, 9, 1), "five bits of priority: ICC_AP1R1_EL1" },
	{ ONE(3, 0, 12, 9, 2), "five bits of priority: ICC_AP1R2_EL1" },
	{ ONE(3, 0, 12, 9, 3), "five bits of priority: ICC_AP1R3_EL1" },
	{ ONE(3, 0, 12, 9, 5), "GICv3 NMI" },
	{ ONE(3, 0, 13, 0, 3), "THE: RCWSMASK_EL1" },
	{ ONE(3, 0, 13, 0, 5), "LS64_ACCDATA" },
	{ ONE(3, 0, 13, 0, 6), "THE: RCWMASK_EL1" },
	{ ONE(3, 0, 13, 0, 7), "CSV2_2: SCXTNUM_EL1" },
	{ ANY_OP2(3, 3, 2, 4), "RNG" },
	{ ANY_OP2(3, 3, 2, 5), "GCS" },
	{ ONE(3, 3, 4, 2, 2), "SME: SVCR" },
	{ ONE(3, 3, 4, 2, 5), "DIT" },
	{ ONE(3, 3, 4, 2, 6), "SSBS" },
	{ ONE(3, 3, 4, 2, 7), "MTE: TCO" },
	{ ANY_OP2(3, 3, 4, 4), "FP: FPCR, FPSR, FPMR" },
	{ ONE(3, 3, 10, 2, 4), "S1POE" },
	{ ONE(3, 3, 13, 0, 5), "SME: TPIDR2_EL0" },
	{ ONE(3, 3, 13, 0, 7), "CSV2_2: SCXTNUM_EL0" },
	{ ANY_OP2(3, 3, 13, 2), "AMU" },
	{ ANY_OP2(3, 3, 13, 3), "AMU" },
	{ FOUR_M(3, 3, 13, 4), "AMU" },
	{ FOUR_M(3, 3, 13, 8), "AMU" },
	{ FOUR_M(3, 3, 13, 12), "AMU" },
	{ ONE(3, 3, 14, 0, 5), "ECV: CNTPCTSS_EL0" },
	{ ONE(3, 3, 14, 0, 6), "ECV: CNTVCTSS_EL0" },
	{ FOUR_M(3, 3, 14, 8), "one event counter: PMEVCNTR1_EL0" },
	{ FOUR_M(3, 3, 14, 12), "one event counter: PMEVTYPER1_EL0" },
	{ ANY_N(3, 5), "VHE: _EL12" },
	{ ANY_N(3, 6), "EL3" },
	{ ANY_N(3, 7), "Secure EL1" },
	{ ANY_N(2, 1), "trace, BRBE" },
	{ ANY_M(2, 0, 9), "SPMU" },
	{ ONE(2, 0, 0, 4, 2), "Debugv8p9: MDSELR_EL1" },
	{ ONE(2, 0, 0, 5, 2), "STEP2" },
	{ 0 },
};

static const struct denied_row gic_interface[] = {
	{ ONE(3, 0, 4, 6, 0), "ICC_PMR_EL1" }, { ANY_OP2(3, 0, 12, 8), "ICC" },
	{ ANY_OP2(3, 0, 12, 9), "ICC" },       { ANY_OP2(3, 0, 12, 11), "ICC" },
	{ ANY_OP2(3, 0, 12, 12), "ICC" },      { 0 },
};

/* DBGBVR, DBGBCR, DBGWVR and DBGWCR of a number that ID_AA64DFR0_EL1 denies (D24.3). */
static bool missing_breakpoint(u32 code)
{
	return code >> 7 == REGISTER_CODE(2, 0, 0, 0, 0) >> 7 && (code & 4) &&
	       (code >> 3 & 15) >= DEBUG_PAIRS;
}

bool denied_register(const struct a64_cpu *c, u32 code)
{
	if (!c->at_el2 && code >> 11 == REGISTER_CODE(3, 4, 0, 0, 0) >> 11)
		return true; /* EL2's registers */
	if (features.gic != 3 && matches(gic_interface, code))
		return true;
	return missing_breakpoint(code) || matches(registers, code);
}

/* ---- SYS: cache maintenance, address translation, TLBI ---- */
#define SYS(op1, n, m, op2) 0xffff, REGISTER_CODE(1, op1, n, m, op2)
#define SYS_ANY_OP2(op1, n, m) 0xfff8, REGISTER_CODE(1, op1, n, m, 0)
#define SYS_ANY_M(op1, n) 0xff80, REGISTER_CODE(1, op1, n, 0, 0)

static const struct denied_row sys[] = {
	{ SYS_ANY_M(0, 9), "XS: TLBI nXS" },
	{ SYS(0, 7, 6, 3), "MTE2" },
	{ SYS(0, 7, 6, 4), "MTE2" },
	{ SYS(0, 7, 6, 5), "MTE2" },
	{ SYS(0, 7, 6, 6), "MTE2" },
	{ SYS(0, 7, 10, 4), "MTE2" },
	{ SYS(0, 7, 10, 6), "MTE2" },
	{ SYS(0, 7, 14, 4), "MTE2" },
	{ SYS(0, 7, 14, 6), "MTE2" },
	{ SYS_ANY_OP2(0, 7, 9), "PAN2, ATS1A: AT S1E1RP, S1E1WP, S1E1A" },
	{ SYS_ANY_OP2(1, 7, 2), "BRBE" },
	{ SYS_ANY_OP2(3, 7, 3), "SPECRES" },
	{ SYS(3, 7, 4, 3), "MTE: DC GVA" },
	{ SYS(3, 7, 4, 4), "MTE: DC GZVA" },
	{ SYS_ANY_OP2(3, 7, 7), "GCS" },
	{ SYS(3, 7, 10, 3), "MTE" },
	{ SYS(3, 7, 10, 5), "MTE" },
	{ SYS_ANY_OP2(3, 7, 12), "DPB: DC CVAP" },
	{ SYS_ANY_OP2(3, 7, 13), "DPB2: DC CVADP" },
	{ SYS(3, 7, 14, 3), "MTE" },
	{ SYS(3, 7, 14, 5), "MTE" },
	{ 0 },
};

/* TLBI ... OS, and by range. */
static bool denied_tlbi(u32 code)
{
	unsigned m = code >> 3 & 15;

	if (code >> 7 != REGISTER_CODE(1, 0, 8, 0, 0) >> 7)
		return false;
	return features.tlb < 2 ? m == 2 || m == 5 || m == 6 || (features.tlb < 1 && m == 1)
				: false;
}

bool denied_sys(const struct a64_cpu *c, u32 word)
{
	u32 code = register_code(word), op1 = code >> 11 & 7;

	if (!c->at_el2 && (op1 == 4 || op1 == 6))
		return true;
	return denied_tlbi(code) || matches(sys, code);
}

/* ---- instructions ---- */
static const struct denied_row vectors[] = {
	{ 0x0e000000, 0x0e000000, "FP, AdvSIMD" },
	{ 0x0e000000, 0x0c000000, "FP, AdvSIMD: loads and stores" },
	{ 0 },
};

static const struct denied_row scalable[] = {
	{ 0x1e000000, 0x04000000, "SVE" },
	{ 0x9e000000, 0x80000000, "SME" },
	{ 0 },
};

static const struct denied_row instructions[] = {
	{ 0xffff0000, 0xdac10000, "PAuth" },
	{ 0xffe0fc00, 0x9ac03000, "PACGA" },
	{ 0xfe1ff800, 0xd61f0800, "PAuth: branches" },
	{ 0xff200400, 0xf8200400, "PAuth: LDRAA, LDRAB" },
	{ 0x7fe0e000, 0x1ac04000, "CRC32" },
	{ 0x3b200c00, 0x19000400, "MOPS" },
	{ 0x3f200c00, 0x19000000, "LRCPC2" },
	{ 0x3f200c00, 0x19000800, "LRCPC3" },
	{ 0xff200c00, 0x19200000, "LSE128" },
	{ 0xff200000, 0xd9200000, "MTE: tags" },
	{ 0xffc0c000, 0x91800000, "MTE: ADDG" },
	{ 0xffc0c000, 0xd1800000, "MTE: SUBG" },
	{ 0xffe0fc00, 0x9ac01000, "MTE: IRG" },
	{ 0xffe0fc00, 0x9ac01400, "MTE: GMI" },
	{ 0xdfe0fc00, 0x9ac00000, "MTE: SUBP, SUBPS" },
	{ 0xffe07c10, 0xba000400, "FlagM: RMIF" },
	{ 0xffffbc1f, 0x3a00080d, "FlagM: SETF8, SETF16" },
	{ 0x7ffffc00, 0x5ac01800, "CSSC: CTZ" },
	{ 0x7ffffc00, 0x5ac01c00, "CSSC: CNT" },
	{ 0x7ffffc00, 0x5ac02000, "CSSC: ABS" },
	{ 0x7fe0f000, 0x1ac06000, "CSSC: MAX, MIN" },
	{ 0x7fc00000, 0x11c00000, "CSSC: MAX, MIN (immediate)" },
	{ 0xfffffc00, 0xf83fd000, "LS64: LD64B" },
	{ 0xfffffc00, 0xf83f9000, "LS64: ST64B" },
	{ 0xffe0ec00, 0xf820a000, "LS64: ST64BV, ST64BV0" },
	{ 0xffffffff, 0xd50330ff, "SB" },
	{ 0xfffff3ff, 0xd503323f, "XS: DSB nXS" },
	{ 0xffffffc0, 0xd5031000, "WFxT" },
	{ 0xffffffff, 0xd503307f, "TME: TCOMMIT" },
	{ 0xfffffee0, 0xd5233060, "TME: TSTART, TTEST" },
	{ 0xffe0001f, 0xd4600000, "TME: TCANCEL" },
	{ 0xfff80000, 0xd5480000, "D128: SYSP" },
	{ 0xffd00000, 0xd5500000, "D128: MSRR, MRRS" },
	{ 0xffe0001f, 0xd4400000, "HLT: halting debug is not in use (H2.4)" },
	{ 0xffe0001c, 0xd4a00000, "DCPS1 to DCPS3: not in Debug state" },
	{ 0xffffffff, 0xd6bf03e0, "DRPS: not in Debug state" },
	{ 0 },
};

bool denied_vector(u32 word)
{
	return matches(vectors, word);
}

bool denied_scalable(u32 word)
{
	return matches(scalable, word);
}

bool denied_instruction(u32 word)
{
	return matches(instructions, word) || denied_scalable(word) ||
	       (!features.fp && denied_vector(word));
}
