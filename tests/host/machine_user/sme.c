/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/sme.c - sme=1: SMSTART and SMSTOP, the traps of CPACR_EL1 (SMEN, FPEN),
 * of PSTATE.SM and of PSTATE.ZA, LDR and STR of Z and of ZA, and the stop of everything else.
 */
#include "bench.h"
#include <machine/arm64/errata.h>
#include <machine/order.h>
#include <stdio.h>
#include <string.h>

#define PLACE (PAGE + 0x100) /* x1; the byte at PLACE + i is i */
#define FPEN (3ul << 20)
#define SMEN (3ul << 24)
#define SM 1u
#define ZA 2u

#define LDR_Z 0x85804023u        /* ldr z3, [x1] */
#define LDR_Z_BEFORE 0x85bf5c23u /* ldr z3, [x1, #-1, mul vl] */
#define STR_Z_AFTER 0xe5804423u  /* str z3, [x1, #1, mul vl] */
#define LDR_ZA 0xe1002022u       /* ldr za[w13, 2], [x1, #2, mul vl] */
#define STR_ZA 0xe1202021u       /* str za[w13, 1], [x1, #1, mul vl] */
#define LDR_Q 0x3dc00023u        /* ldr q3, [x1] */
#define STR_Q 0x3d800423u        /* str q3, [x1, #16] */
#define SMSTART 0xd503477fu
#define SMSTART_SM 0xd503437fu
#define SMSTART_ZA 0xd503457fu
#define SMSTOP_SM 0xd503427fu
#define MRS_SVCR 0xd53b4240u   /* x0 */
#define MSR_SVCR 0xd51b4242u   /* x2 */
#define MRS_SMCR 0xd53812c0u   /* x0 */
#define MRS_TPIDR2 0xd53bd0a0u /* x0 */
#define ONES 0x1111111111111111

static u8 *byte_of(s64 offset)
{
	return memory_host(PAGE_FRAME) + 0x100 + offset;
}

static struct a64_cpu *begin(enum level level, u64 cpacr, unsigned svcr)
{
	struct a64_cpu *c = begin_at(level);

	set_page(level == AT_EL0 ? BIT(6) : 0, 0);
	c->cpacr = c->cpacr_now = cpacr;
	c->streaming = svcr & SM;
	c->za_on = svcr & ZA;
	c->x[1] = PLACE;
	c->x[2] = SM | ZA;
	c->x[13] = 15;
	c->v[3] = (struct a64_vector) { .part = { ONES, ONES } };
	for (s64 i = -64; i < 64; i++)
		*byte_of(i) = (u8)i;
	return c;
}

/* ---- traps ---- */
static const struct {
	const char *what;
	u32 word;
	enum level level;
	u64 cpacr;
	unsigned svcr, class;
	u64 iss;
} traps[] = {
	{ "SMSTART without SMEN", SMSTART, AT_EL1, FPEN, 0, EC_SME, 0 },
	{ "SMSTART at EL0 with SMEN 1", SMSTART, AT_EL0, FPEN | 1 << 24, 0, EC_SME, 0 },
	{ "SMSTART at EL0", SMSTART, AT_EL0, FPEN | SMEN, 0, NO_EXCEPTION, 0 },
	{ "SMSTART without FPEN", SMSTART, AT_EL1, SMEN, 0, NO_EXCEPTION, 0 },
	{ "MRS of SVCR without SMEN", MRS_SVCR, AT_EL1, FPEN, 0, EC_SME, 0 },
	{ "MSR of SVCR without SMEN", MSR_SVCR, AT_EL1, FPEN, 0, EC_SME, 0 },
	{ "SMCR_EL1 without SMEN", MRS_SMCR, AT_EL1, FPEN, 0, EC_SME, 0 },
	{ "SMCR_EL1 at EL0", MRS_SMCR, AT_EL0, FPEN | SMEN, 0, EC_UNKNOWN, 0 },
	{ "TPIDR2_EL0 without SMEN", MRS_TPIDR2, AT_EL1, FPEN, 0, NO_EXCEPTION, 0 },
	{ "TPIDR2_EL0 at EL0 without EnTP2", MRS_TPIDR2, AT_EL0, FPEN, 0, EC_SYSTEM, 0x3af401 },
	{ "LDR of Z, not streaming", LDR_Z, AT_EL1, FPEN | SMEN, ZA, EC_SME, 2 },
	{ "LDR of Z without SMEN", LDR_Z, AT_EL1, FPEN, SM, EC_SME, 0 },
	{ "LDR of Z without FPEN", LDR_Z, AT_EL1, SMEN, SM, EC_FP, 0x1e00000 },
	{ "LDR of Z", LDR_Z, AT_EL1, FPEN | SMEN, SM, NO_EXCEPTION, 0 },
	{ "LDR of ZA without it", LDR_ZA, AT_EL1, FPEN | SMEN, SM, EC_SME, 3 },
	{ "LDR of ZA, not streaming", LDR_ZA, AT_EL1, FPEN | SMEN, ZA, NO_EXCEPTION, 0 },
	{ "LDR of Q without SMEN", LDR_Q, AT_EL1, FPEN, SM, NO_EXCEPTION, 0 },
	{ "LDR of Q without FPEN", LDR_Q, AT_EL1, SMEN, SM, EC_FP, 0x1e00000 },
};

static unsigned check_sme_traps(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(traps); i++) {
		begin(traps[i].level, traps[i].cpacr, traps[i].svcr);
		execute(traps[i].word);
		bad += complain(
			exception_of() != traps[i].class ||
				(traps[i].class != NO_EXCEPTION && syndrome() != traps[i].iss),
			"%s: class %x, ISS %lx; %s", traps[i].what, exception_of(), syndrome(),
			last_stop ? last_stop : "");
	}
	return bad;
}

/* Neither of them exists without the feature. */
static unsigned check_absent(void)
{
	static const u32 words[] = { SMSTART, MRS_SVCR, MRS_SMCR, MRS_TPIDR2, LDR_Z, LDR_ZA };
	unsigned bad = 0;

	features.sme = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		begin(AT_EL1, FPEN | SMEN, 0);
		execute(words[i]);
		bad += complain(exception_of() != EC_UNKNOWN, "%08x without sme=1: class %x",
				words[i], exception_of());
	}
	features.sme = 1;
	return bad;
}

/* ---- effects ---- */
static unsigned check_switch(void)
{
	struct a64_cpu *c = begin(AT_EL1, FPEN | SMEN, 0);
	unsigned bad;

	c->za[4].part[1] = ONES;
	execute(SMSTART_ZA);
	bad = complain(c->za[4].part[1] || c->v[3].part[0] != ONES, "SMSTART ZA: z3 is %lx",
		       c->v[3].part[0]);
	c->fpsr = 0;
	execute(SMSTART_SM);
	execute(MRS_SVCR);
	bad += complain(
		c->v[3].part[0] || c->v[3].part[1] || c->fpsr != 0x800009f || c->x[0] != (SM | ZA),
		"SMSTART SM: z3 is %lx, FPSR %lx, SVCR %lx", c->v[3].part[0], c->fpsr, c->x[0]);
	c->v[3].part[0] = c->za[4].part[0] = ONES;
	execute(SMSTART);
	bad += complain(c->v[3].part[0] != ONES || c->za[4].part[0] != ONES,
			"SMSTART again: z3 is %lx", c->v[3].part[0]);
	execute(SMSTOP_SM);
	execute(MRS_SVCR);
	bad += complain(c->v[3].part[0] || c->za[4].part[0] != ONES || c->x[0] != ZA,
			"SMSTOP SM: z3 is %lx, SVCR %lx", c->v[3].part[0], c->x[0]);
	execute(MSR_SVCR);
	return bad + complain(!c->streaming || !c->za_on, "MSR of SVCR has no effect");
}

#define BYTES(n) ((n)*0x0101010101010101ul + 0x0706050403020100ul)

static unsigned check_accesses(void)
{
	struct a64_cpu *c = begin(AT_EL1, FPEN | SMEN, SM | ZA);
	unsigned bad;

	execute(LDR_Z_BEFORE);
	bad = complain(c->v[3].part[0] != BYTES(0xf0ul) || c->v[3].part[1] != BYTES(0xf8ul),
		       "LDR of Z: %lx %lx", c->v[3].part[0], c->v[3].part[1]);
	execute(STR_Z_AFTER);
	bad += complain(memcmp(byte_of(16), byte_of(-16), 16) != 0, "STR of Z");
	execute(LDR_ZA); /* row 17 modulo 16 */
	bad += complain(c->za[1].part[0] != BYTES(32ul), "LDR of ZA: %lx", c->za[1].part[0]);
	c->za[0].part[1] = ONES; /* row 16 */
	execute(STR_ZA);
	bad += complain(*byte_of(16) || *byte_of(24) != 0x11, "STR of ZA: %x", *byte_of(24));
	execute(LDR_Q);
	execute(STR_Q);
	return bad + complain(memcmp(byte_of(16), byte_of(0), 16) != 0, "LDR and STR of Q");
}

/* ---- the rest stops ---- */
static unsigned check_stops(void)
{
	static const struct {
		const char *name;
		u32 word;
		unsigned svcr;
		const char *stop;
	} rows[] = {
		{ "ptrue p0.b", 0x2518e3e0, SM, "2518e3e0 of SVE or SME is not" },
		{ "ptrue p0.b, not streaming", 0x2518e3e0, 0, "2518e3e0 of SVE or SME is not" },
		{ "zero {za}", 0xc00800ff, ZA, "c00800ff of SVE or SME is not" },
		{ "ld1 {v0.16b}, [x1]", 0x4c407020, SM, "4c407020 is not modelled in Streaming" },
		{ "movi v0.16b, #0x5a", 0x4f02e740, SM, "4f02e740 is not modelled in Streaming" },
	};
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(AT_EL1, FPEN | SMEN, rows[i].svcr);
		execute(rows[i].word);
		bad += complain(!last_stop || !strstr(last_stop, rows[i].stop), "%s: %s",
				rows[i].name, last_stop ? last_stop : "the machine continues");
	}
	return bad;
}

static unsigned check_ids(void)
{
	struct a64_cpu *c = begin(AT_EL1, 0, 0);
	unsigned bad;

	execute(0xd5380420); /* mrs x0, id_aa64pfr1_el1 */
	bad = complain(c->x[0] != 1 << 24, "ID_AA64PFR1_EL1 is %lx", c->x[0]);
	execute(0xd53804a0); /* mrs x0, id_aa64smfr0_el1 */
	return bad + complain(c->x[0] != 0xfd00000000, "ID_AA64SMFR0_EL1 is %lx", c->x[0]);
}

/* erratum=4193714: a store for which no DSB of another CPU waits.  True: it is one, or none. */
static bool store_is(bool spared, u32 word, unsigned svcr)
{
	struct a64_cpu *c = begin(AT_EL1, FPEN | SMEN, svcr);
	const struct observer *o = &ordering.cpu[c->id];
	bool same;

	knobs.adversary[ADV_STORES] = 8;
	errata_effects = SME_STORES;
	same = access_store(c, &(struct a64_op) { .word = word }, PLACE, 8, 0, 0) && o->nr &&
	       o->buffer[o->nr - 1].spared == spared;
	while (!order_full(c->id))
		;
	knobs.adversary[ADV_STORES] = 0;
	errata_effects = 0;
	return same;
}

static unsigned check_spared(void)
{
	return complain(!store_is(true, STR_Q, SM), "STR of Q is not spared") +
	       complain(!store_is(false, STR_Q, 0), "STR of Q, not streaming, is spared") +
	       complain(!store_is(true, STR_ZA, ZA), "STR of ZA is not spared");
}

unsigned check_sme(void)
{
	unsigned bad;

	features.fp = features.sme = 1;
	bad = check_sme_traps() + check_absent() + check_switch() + check_accesses() +
	      check_stops() + check_ids() + check_spared();
	features.fp = features.sme = 0;
	return bad;
}
