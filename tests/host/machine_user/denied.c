/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/denied.c - at EL1: encodings that the ID registers deny are UNDEFINED,
 * those that they claim exist, and one that the machine does not know stops it.  The name of a row
 * is its assembler text.
 */
#include "bench.h"
#include <stdio.h>

static const struct {
	const char *name;
	u32 word;
} denied[] = {
	{ "fadd d0, d1, d2", 0x1e622820 },
	{ "fmov x0, d1", 0x9e660020 },
	{ "movi v0.16b, #0", 0x4f00e400 },
	{ "ldr q0, [x0]", 0x3dc00000 },
	{ "ldp d0, d1, [sp], #16", 0x6cc107e0 },
	{ "ld1 {v0.16b}, [x0]", 0x4c407000 },
	{ "crc32b w0, w1, w2", 0x1ac24020 },
	{ "pacia x0, x1", 0xdac10020 },
	{ "retaa", 0xd65f0bff },
	{ "eretaa", 0xd69f0bff },
	{ "ldapur x0, [x1]", 0xd9400020 },
	{ "sb", 0xd50330ff },
	{ "cfinv", 0xd500401f },
	{ "rmif x0, #0, #0", 0xba000400 },
	{ "hlt #0", 0xd4400000 },
	{ "dcps1", 0xd4a00001 },
	{ "drps", 0xd6bf03e0 },
	{ "smc #0", 0xd4000003 },
	{ "irg x0, x1", 0x9adf1020 },
	{ "addg x0, x1, #0, #0", 0x91800020 },
	{ "ldg x0, [x1]", 0xd9600020 },
	{ "wfet x0", 0xd5031000 },
	{ "ptrue p0.b", 0x2518e3e0 },
	{ "cpyfp [x0]!, [x1]!, x2!", 0x19010440 },
	{ "dc cvap, x0", 0xd50b7c20 },
	{ "dc gva, x0", 0xd50b7460 },
	{ "at s1e1rp, x0", 0xd5087900 },
	{ "tlbi ipas2e1is, x0", 0xd50c8020 },
	{ "tlbi alle2", 0xd50c871f },
	{ "cfp rctx, x0", 0xd50b7380 },
	{ "mrs x0, hcr_el2", 0xd53c1100 },
	{ "msr vbar_el2, x0", 0xd51cc000 },
	{ "mrs x0, scr_el3", 0xd53e1100 },
	{ "mrs x0, sctlr_el12", 0xd53d1000 },
	{ "mrs x0, fpcr", 0xd53b4400 },
	{ "mrs x0, zcr_el1", 0xd5381200 },
	{ "mrs x0, apiakeylo_el1", 0xd5382100 },
	{ "mrs x0, rndr", 0xd53b2400 },
	{ "mrs x0, ssbs", 0xd53b42c0 },
	{ "mrs x0, dit", 0xd53b42a0 },
	{ "msr uao, #1", 0xd500417f },
	{ "msr dit, #1", 0xd503415f },
	{ "mrs x0, erridr_el1", 0xd5385300 },
	{ "mrs x0, disr_el1", 0xd538c120 },
	{ "mrs x0, lorc_el1", 0xd538a460 },
	{ "mrs x0, s3_0_c2_c0_3", 0xd5382060 }, /* TCR2_EL1 */
	{ "mrs x0, tpidr2_el0", 0xd53bd0a0 },
	{ "mrs x0, amcr_el0", 0xd53bd200 },
	{ "mrs x0, amevcntr00_el0", 0xd53bd400 },
	{ "mrs x0, cntpctss_el0", 0xd53be0a0 },
	{ "mrs x0, pmmir_el1", 0xd5389ec0 },
	{ "mrs x0, pmevcntr1_el0", 0xd53be820 },
	{ "mrs x0, pmevtyper30_el0", 0xd53befc0 },
	{ "mrs x0, dbgbvr2_el1", 0xd5300280 },
	{ "msr dbgwcr15_el1, x0", 0xd5100fe0 },
	{ "mrs x0, icc_ap0r1_el1", 0xd538c8a0 },
	{ "mrs x0, ccsidr2_el1", 0xd5390040 },
	{ "mrs x0, s3_0_c0_c0_1", 0xd5380020 },
	{ "msr s3_0_c0_c0_0, x0", 0xd5180000 },   /* MIDR_EL1 */
	{ "msr s3_0_c0_c7_0, x0", 0xd5180700 },   /* ID_AA64MMFR0_EL1 */
	{ "msr s3_3_c14_c0_2, x0", 0xd51be040 },  /* CNTVCT_EL0 */
	{ "mrs x0, s2_0_c1_c0_4", 0xd5301080 },   /* OSLAR_EL1 */
	{ "mrs x0, s3_0_c12_c12_1", 0xd538cc20 }, /* ICC_EOIR1_EL1 */
};

static const struct {
	const char *name;
	u32 word;
	u64 value; /* that is read */
} known[] = {
	{ "mrs x0, midr_el1", 0xd5380000, 0xf0a40 },
	{ "mrs x0, revidr_el1", 0xd53800c0, 0 },
	{ "mrs x0, aidr_el1", 0xd53900e0, 0 },
	{ "mrs x0, id_pfr0_el1", 0xd5380100, 0 },
	{ "mrs x0, s3_0_c0_c7_7", 0xd53807e0, 0 }, /* reserved: RAZ */
	{ "mrs x0, id_aa64pfr0_el1", 0xd5380400, 0x1ff0011 },
	{ "mrs x0, oslsr_el1", 0xd5301180, 0xa },
	{ "mrs x0, dbgbvr0_el1", 0xd5300080, 0 },
	{ "mrs x0, dbgwcr1_el1", 0xd53001e0, 0 },
	{ "mrs x0, icc_ap0r0_el1", 0xd538c880, 0 },
	{ "mrs x0, icc_iar0_el1", 0xd538c800, 1023 },
	{ "mrs x0, currentel", 0xd5384240, 4 },
	{ "mrs x0, pmccfiltr_el0", 0xd53befe0, 0 },
	{ "mrs x0, csselr_el1", 0xd53a0000, 0 },
};

static const struct {
	const char *name;
	u32 word;
	const char *why;
} unknown[] = {
	{ "mrs x0, s3_0_c15_c0_0", 0xd538f000, "MRS of S3_0_C15_C0_0 is not known" },
	{ "msr s3_0_c11_c0_0, x0", 0xd518b000, "MSR of S3_0_C11_C0_0 is not known" },
	{ "sys #0, c7, c10, #7, x0", 0xd5087ae0, "SYS d5087ae0 is not known" },
	{ ".inst 0x01000000", 0x01000000, "instruction 01000000 is not known" },
	{ "msr mdscr_el1, x1", 0xd5100241, "software step" },
	{ "msr icc_igrpen0_el1, x1", 0xd518ccc1, "group 0" },
};

static unsigned check_unknown(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(unknown); i++) {
		const char *at;

		begin_at(AT_EL1)->x[1] = 1;
		execute(unknown[i].word);
		at = last_stop ? last_stop : "";
		while (*at &&
		       __builtin_strncmp(at, unknown[i].why, __builtin_strlen(unknown[i].why)))
			at++;
		bad += complain(!*at, "%s: %s", unknown[i].name,
				last_stop ? last_stop : "the machine continues");
	}
	return bad;
}

/* A breakpoint that MDSCR_EL1.MDE enables stops the machine in either order of the writes. */
static unsigned check_breakpoint(void)
{
	struct a64_cpu *c = begin_at(AT_EL1);
	unsigned bad;

	c->x[1] = 1;
	execute(0xd51000a1); /* msr dbgbcr0_el1, x1 */
	bad = complain(last_stop != NULL, "a breakpoint without MDE: %s", last_stop);
	c->x[1] = BIT(15);
	execute(0xd5100241); /* msr mdscr_el1, x1 */
	return bad + complain(!last_stop, "an enabled breakpoint");
}

unsigned check_denied(void)
{
	unsigned bad = check_unknown() + check_breakpoint();

	for (unsigned i = 0; i < ARRAY_SIZE(denied); i++) {
		begin_at(AT_EL1);
		execute(denied[i].word);
		bad += complain(exception_of() != 0 || syndrome(), "%s: class %x; %s",
				denied[i].name, exception_of(), last_stop ? last_stop : "");
	}
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		struct a64_cpu *c = begin_at(AT_EL1);

		execute(known[i].word);
		bad += complain(exception_of() != NO_EXCEPTION || c->x[0] != known[i].value,
				"%s: class %x, %lx; %s", known[i].name, exception_of(), c->x[0],
				last_stop ? last_stop : "");
	}
	return bad;
}
