/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/vector.c - fp=1: the instructions of FP and AdvSIMD that move bits
 * (C7.2), their traps (D24.2, CPACR_EL1.FPEN), and the stop of the other ones.  The name of a row
 * is its assembler text.
 */
#include "bench.h"
#include <machine/order.h>
#include <stdio.h>
#include <string.h>

/* x1 is PLACE, where the byte at PLACE + i is 0x20 + i. */
#define PLACE (PAGE + 0x100)
#define V0                                                                                         \
	{                                                                                          \
		0xa5a5a5a5a5a5a5a5, 0x5a5a5a5a5a5a5a5a                                             \
	}
#define V3                                                                                         \
	{                                                                                          \
		0x3333333333333333, 0x3333333333333333                                             \
	}
#define X0 0x1111
#define X2 0x8123456789abcdef
#define FPEN (3ul << 20)

static const struct move {
	const char *name;
	u32 word;
	u64 v0[2], v3[2], x0;
	s64 moved; /* x1 */
} moves[] = {
	{ "fmov x0, d1", 0x9e660020, V0, V3, 0x7766554433221100, 0 },
	{ "fmov w0, s1", 0x1e260020, V0, V3, 0x33221100, 0 },
	{ "fmov x0, v1.d[1]", 0x9eae0020, V0, V3, 0xffeeddccbbaa9988, 0 },
	{ "fmov d0, x2", 0x9e670040, { 0x8123456789abcdef, 0 }, V3, X0, 0 },
	{ "fmov s0, w2", 0x1e270040, { 0x89abcdef, 0 }, V3, X0, 0 },
	{ "fmov v0.d[1], x2", 0x9eaf0040, { 0xa5a5a5a5a5a5a5a5, 0x8123456789abcdef }, V3, X0, 0 },
	{ "fmov d0, d1", 0x1e604020, { 0x7766554433221100, 0 }, V3, X0, 0 },
	{ "fmov s0, s1", 0x1e204020, { 0x33221100, 0 }, V3, X0, 0 },
	{ "dup v0.16b, w2", 0x4e010c40, { 0xefefefefefefefef, 0xefefefefefefefef }, V3, X0, 0 },
	{ "dup v0.8b, w2", 0x0e010c40, { 0xefefefefefefefef, 0 }, V3, X0, 0 },
	{ "dup v0.8h, w2", 0x4e020c40, { 0xcdefcdefcdefcdef, 0xcdefcdefcdefcdef }, V3, X0, 0 },
	{ "dup v0.2d, x2", 0x4e080c40, { 0x8123456789abcdef, 0x8123456789abcdef }, V3, X0, 0 },
	{ "dup v0.4s, v1.s[3]", 0x4e1c0420, { 0xffeeddccffeeddcc, 0xffeeddccffeeddcc }, V3, X0, 0 },
	{ "dup v0.8b, v1.b[9]", 0x0e130420, { 0x9999999999999999, 0 }, V3, X0, 0 },
	{ "mov v0.b[15], w2", 0x4e1f1c40, { 0xa5a5a5a5a5a5a5a5, 0xef5a5a5a5a5a5a5a }, V3, X0, 0 },
	{ "mov v0.d[1], x2", 0x4e181c40, { 0xa5a5a5a5a5a5a5a5, 0x8123456789abcdef }, V3, X0, 0 },
	{ "umov w0, v1.b[8]", 0x0e113c20, V0, V3, 0x88, 0 },
	{ "umov w0, v1.h[6]", 0x0e1a3c20, V0, V3, 0xddcc, 0 },
	{ "umov w0, v1.s[2]", 0x0e143c20, V0, V3, 0xbbaa9988, 0 },
	{ "umov x0, v1.d[1]", 0x4e183c20, V0, V3, 0xffeeddccbbaa9988, 0 },
	{ "movi v0.16b, #0x5a", 0x4f02e740, { 0x5a5a5a5a5a5a5a5a, 0x5a5a5a5a5a5a5a5a }, V3, X0, 0 },
	{ "movi v0.8h, #0x5a, lsl #8",
	  0x4f02a740,
	  { 0x5a005a005a005a00, 0x5a005a005a005a00 },
	  V3,
	  X0,
	  0 },
	{ "movi v0.4s, #0x5a, lsl #16",
	  0x4f024740,
	  { 0x5a0000005a0000, 0x5a0000005a0000 },
	  V3,
	  X0,
	  0 },
	{ "movi v0.2s, #0x5a, msl #8", 0x0f02c740, { 0x5aff00005aff, 0 }, V3, X0, 0 },
	{ "movi v0.2d, #0xff00ff00ff00ff00",
	  0x6f05e540,
	  { 0xff00ff00ff00ff00, 0xff00ff00ff00ff00 },
	  V3,
	  X0,
	  0 },
	{ "movi d0, #0x00ffff0000ffff00", 0x2f03e4c0, { 0xffff0000ffff00, 0 }, V3, X0, 0 },
	{ "mvni v0.4s, #0x5a", 0x6f020740, { 0xffffffa5ffffffa5, 0xffffffa5ffffffa5 }, V3, X0, 0 },
	{ "mvni v0.4s, #0x5a, msl #16",
	  0x6f02d740,
	  { 0xffa50000ffa50000, 0xffa50000ffa50000 },
	  V3,
	  X0,
	  0 },
	{ "orr v0.4s, #0x5a, lsl #24",
	  0x4f027740,
	  { 0xffa5a5a5ffa5a5a5, 0x5a5a5a5a5a5a5a5a },
	  V3,
	  X0,
	  0 },
	{ "bic v0.8h, #0xff", 0x6f0797e0, { 0xa500a500a500a500, 0x5a005a005a005a00 }, V3, X0, 0 },
	{ "and v0.16b, v1.16b, v2.16b",
	  0x4e221c20,
	  { 0x66004403201000, 0xf0e0d0c00b0a0908 },
	  V3,
	  X0,
	  0 },
	{ "and v0.8b, v1.8b, v2.8b", 0x0e221c20, { 0x66004403201000, 0 }, V3, X0, 0 },
	{ "bic v0.16b, v1.16b, v2.16b",
	  0x4e621c20,
	  { 0x7700550030020100, 0xf0e0d0cb0a09080 },
	  V3,
	  X0,
	  0 },
	{ "orr v0.16b, v1.16b, v2.16b",
	  0x4ea21c20,
	  { 0x77ff55ff3ff2f10f, 0xfffefdfcbfaf9f8f },
	  V3,
	  X0,
	  0 },
	{ "orn v0.16b, v1.16b, v2.16b",
	  0x4ee21c20,
	  { 0xff66ff44f32f1ff0, 0xffefdfcffbfaf9f8 },
	  V3,
	  X0,
	  0 },
	{ "eor v0.16b, v1.16b, v2.16b",
	  0x6e221c20,
	  { 0x779955bb3cd2e10f, 0xf1e2d3cb4a59687 },
	  V3,
	  X0,
	  0 },
	{ "bsl v0.16b, v1.16b, v2.16b",
	  0x6e621c20,
	  { 0x257e055e2b70510a, 0xfaeaf8e81f0f1d0d },
	  V3,
	  X0,
	  0 },
	{ "bit v0.16b, v1.16b, v2.16b",
	  0x6ea21c20,
	  { 0xa566a544a32515a0, 0xfaeadaca5b5a5958 },
	  V3,
	  X0,
	  0 },
	{ "bif v0.16b, v1.16b, v2.16b",
	  0x6ee21c20,
	  { 0x77a555a535a2a105, 0x5f5e5d5cbaaa9a8a },
	  V3,
	  X0,
	  0 },
	{ "ldr q0, [x1]", 0x3dc00020, { 0x2726252423222120, 0x2f2e2d2c2b2a2928 }, V3, X0, 0 },
	{ "ldr d0, [x1, #8]", 0xfd400420, { 0x2f2e2d2c2b2a2928, 0 }, V3, X0, 0 },
	{ "ldr s0, [x1, #4]", 0xbd400420, { 0x27262524, 0 }, V3, X0, 0 },
	{ "ldr h0, [x1, #2]", 0x7d400420, { 0x2322, 0 }, V3, X0, 0 },
	{ "ldr b0, [x1, #1]", 0x3d400420, { 0x21, 0 }, V3, X0, 0 },
	{ "ldur q0, [x1, #1]", 0x3cc01020, { 0x2827262524232221, 0x302f2e2d2c2b2a29 }, V3, X0, 0 },
	{ "ldur d0, [x1, #-3]", 0xfc5fd020, { 0x24232221201f1e1d, 0 }, V3, X0, 0 },
	{ "ldr q0, [x1], #16", 0x3cc10420, { 0x2726252423222120, 0x2f2e2d2c2b2a2928 }, V3, X0, 16 },
	{ "ldr d0, [x1, #8]!", 0xfc408c20, { 0x2f2e2d2c2b2a2928, 0 }, V3, X0, 8 },
	{ "ldr q0, [x1, x5]", 0x3ce56820, { 0x2a29282726252423, 0x3231302f2e2d2c2b }, V3, X0, 0 },
	{ "ldr s0, [x1, w3, uxtw #2]", 0xbc635820, { 0x2b2a2928, 0 }, V3, X0, 0 },
	{ "ldr q0, [x1, w4, sxtw #4]",
	  0x3ce4d820,
	  { 0x1716151413121110, 0x1f1e1d1c1b1a1918 },
	  V3,
	  X0,
	  0 },
	{ "ldp d0, d3, [x1]",
	  0x6d400c20,
	  { 0x2726252423222120, 0 },
	  { 0x2f2e2d2c2b2a2928, 0 },
	  X0,
	  0 },
	{ "ldp q0, q3, [x1], #32",
	  0xacc10c20,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928 },
	  { 0x3736353433323130, 0x3f3e3d3c3b3a3938 },
	  X0,
	  32 },
	{ "ldnp s0, s3, [x1]", 0x2c400c20, { 0x23222120, 0 }, { 0x27262524, 0 }, X0, 0 },
	{ "ldp q0, q3, [x1, #-32]!",
	  0xadff0c20,
	  { 0x706050403020100, 0xf0e0d0c0b0a0908 },
	  { 0x1716151413121110, 0x1f1e1d1c1b1a1918 },
	  X0,
	  -32 },
	{ "ld1 {v0.16b}, [x1]", 0x4c407020, { 0x2726252423222120, 0x2f2e2d2c2b2a2928 }, V3, X0, 0 },
	{ "ld1 {v0.8b}, [x1]", 0x0c407020, { 0x2726252423222120, 0 }, V3, X0, 0 },
	{ "ldr s0, .", 0x1c000000, { 0x1c000000, 0 }, V3, X0, 0 },
};

static const struct kept {
	const char *name;
	u32 word;
	u64 memory[6]; /* from x1 on */
	s64 moved;
} stores[] = {
	{ "st1 {v1.16b}, [x1]",
	  0x4c007021,
	  { 0x7766554433221100, 0xffeeddccbbaa9988, 0x3736353433323130, 0x3f3e3d3c3b3a3938,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "str q1, [x1, #16]",
	  0x3d800421,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0x7766554433221100, 0xffeeddccbbaa9988,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "str d1, [x1, #16]",
	  0xfd000821,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0x7766554433221100, 0x3f3e3d3c3b3a3938,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "str s1, [x1, #16]",
	  0xbd001021,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0x3736353433221100, 0x3f3e3d3c3b3a3938,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "str h1, [x1, #16]",
	  0x7d002021,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0x3736353433321100, 0x3f3e3d3c3b3a3938,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "str b1, [x1, #16]",
	  0x3d004021,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0x3736353433323100, 0x3f3e3d3c3b3a3938,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "stur q1, [x1, #17]",
	  0x3c811021,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0x6655443322110030, 0xeeddccbbaa998877,
	    0x47464544434241ff, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "stp d1, d2, [x1, #16]",
	  0x6d010821,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0x7766554433221100, 0xff00ff0ff0f00f,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "stp s1, s2, [x1, #16]",
	  0x2d020821,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0xff0f00f33221100, 0x3f3e3d3c3b3a3938,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  0 },
	{ "stp q1, q2, [x1, #16]!",
	  0xad808821,
	  { 0x2726252423222120, 0x2f2e2d2c2b2a2928, 0x7766554433221100, 0xffeeddccbbaa9988,
	    0xff00ff0ff0f00f, 0xf0f0f0f00f0f0f0f },
	  16 },
	{ "str q1, [x1], #16",
	  0x3c810421,
	  { 0x7766554433221100, 0xffeeddccbbaa9988, 0x3736353433323130, 0x3f3e3d3c3b3a3938,
	    0x4746454443424140, 0x4f4e4d4c4b4a4948 },
	  16 },
};

static u8 *byte_at(s64 offset)
{
	return memory_host(PAGE_FRAME) + 0x100 + offset;
}

static struct a64_cpu *begin(enum level level)
{
	struct a64_cpu *c;

	features.fp = 1;
	c = begin_at(level);
	set_page(0, 0);
	c->cpacr = c->cpacr_now = FPEN;
	c->x[0] = X0;
	c->x[1] = PLACE;
	c->x[2] = X2;
	c->x[3] = 2;
	c->x[4] = ~0u;
	c->x[5] = 3;
	c->v[0] = (struct a64_vector) { .part = V0 };
	c->v[1] = (struct a64_vector) { .part = { 0x7766554433221100, 0xffeeddccbbaa9988 } };
	c->v[2] = (struct a64_vector) { .part = { 0x00ff00ff0ff0f00f, 0xf0f0f0f00f0f0f0f } };
	c->v[3] = (struct a64_vector) { .part = V3 };
	for (s64 i = -64; i < 64; i++)
		*byte_at(i) = (u8)(0x20 + i);
	return c;
}

static bool same(const u64 *a, const u64 *b, size_t n)
{
	return !memcmp(a, b, n * sizeof(*a));
}

static unsigned check_moves(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(moves); i++) {
		const struct move *m = &moves[i];
		struct a64_cpu *c = begin(AT_EL1);

		execute(m->word);
		bad += complain(exception_of() != NO_EXCEPTION || !same(c->v[0].part, m->v0, 2) ||
					!same(c->v[3].part, m->v3, 2) || c->x[0] != m->x0 ||
					c->x[1] != PLACE + (u64)m->moved,
				"%s: class %x, v0 %lx %lx, v3 %lx %lx, x0 %lx, x1 %lx; %s", m->name,
				exception_of(), c->v[0].part[0], c->v[0].part[1], c->v[3].part[0],
				c->v[3].part[1], c->x[0], c->x[1], last_stop ? last_stop : "");
	}
	for (unsigned i = 0; i < ARRAY_SIZE(stores); i++) {
		const struct kept *k = &stores[i];
		struct a64_cpu *c = begin(AT_EL1);

		execute(k->word);
		bad += complain(exception_of() != NO_EXCEPTION ||
					memcmp(byte_at(0), k->memory, sizeof(k->memory)) != 0 ||
					c->x[1] != PLACE + (u64)k->moved,
				"%s: class %x, x1 %lx; %s", k->name, exception_of(), c->x[1],
				last_stop ? last_stop : "");
	}
	return bad;
}

/* ---- traps ---- */
#define FMOV 0x9e660020u /* fmov x0, d1 */
#define FADD 0x1e622820u /* fadd d0, d1, d2 */
#define ISS_ANY (1ul << 24 | 14ul << 20)

static const struct {
	u64 enabled;
	enum level level;
	bool trapped;
} controls[] = {
	{ 0, AT_EL1, true }, { 1, AT_EL1, false }, { 2, AT_EL1, true }, { 3, AT_EL1, false },
	{ 0, AT_EL0, true }, { 1, AT_EL0, true },  { 2, AT_EL0, true }, { 3, AT_EL0, false },
};

static unsigned check_control(unsigned i)
{
	static const u32 words[] = { FMOV, 0x3dc00020, 0xd53b4400, 0xd51b4420, FADD };
	unsigned bad = 0;

	/* the last one stops the machine where it is not trapped */
	for (unsigned w = 0; w < ARRAY_SIZE(words) - !controls[i].trapped; w++) {
		struct a64_cpu *c = begin(controls[i].level);

		if (controls[i].level == AT_EL0)
			set_page(BIT(6), 0);
		c->cpacr = c->cpacr_now = controls[i].enabled << 20;
		execute(words[w]);
		bad += complain(controls[i].trapped
					? exception_of() != EC_FP || syndrome() != ISS_ANY
					: exception_of() != NO_EXCEPTION,
				"%08x with FPEN %lu at level %u: class %x; %s", words[w],
				controls[i].enabled, controls[i].level, exception_of(),
				last_stop ? last_stop : "");
	}
	return bad;
}

/* A write of CPACR_EL1 may have no effect until a context synchronisation, and has one then. */
static unsigned check_synchronised(void)
{
	unsigned early = 0, late = 0, missed = 0;

	for (unsigned i = 0; i < 64; i++) {
		struct a64_cpu *c = begin(AT_EL1);

		knobs.adversary[ADV_CONTEXT] = 1;
		c->cpacr = c->cpacr_now = 0;
		c->x[1] = FPEN;
		execute(0xd5181041); /* msr cpacr_el1, x1 */
		execute(FMOV);
		*(exception_of() == EC_FP ? &late : &early) += 1;
		begin(AT_EL1)->cpacr_now = 0;
		execute(0xd5033fdf); /* isb */
		execute(FMOV);
		missed += exception_of() != NO_EXCEPTION;
	}
	knobs.adversary[ADV_CONTEXT] = 0;
	return complain(!early || !late, "without ISB %u have an effect, %u have none", early,
			late) +
	       complain(missed, "with ISB %u have none", missed);
}

/* ---- the rest ---- */
static unsigned check_alignment(void)
{
	struct a64_cpu *c = begin(AT_EL1);
	unsigned bad;

	set_control(SCTLR_A, true);
	c->x[1] = PLACE + 8;
	execute(0x3dc00020); /* ldr q0, [x1] */
	bad = complain(exception_of() != EC_DATA || (syndrome() & 63) != FSC_ALIGNMENT,
		       "LDR of Q at 8 bytes with SCTLR_EL1.A: class %x", exception_of());
	c = begin(AT_EL1);
	set_control(SCTLR_A, true);
	c->x[1] = PLACE + 8;
	execute(0x6d400c20); /* ldp d0, d3, [x1] */
	return bad +
	       complain(exception_of() != NO_EXCEPTION, "LDP of D there: class %x", exception_of());
}

static unsigned check_registers_of_fp(void)
{
	struct a64_cpu *c = begin(AT_EL1);
	unsigned bad;

	c->x[2] = ~0ul;
	execute(0xd51b4402); /* msr fpcr, x2 */
	execute(0xd51b4422); /* msr fpsr, x2 */
	execute(0xd53b4400); /* mrs x0, fpcr */
	bad = complain(c->x[0] != 0x7c00000, "FPCR is %lx", c->x[0]);
	execute(0xd53b4420); /* mrs x0, fpsr */
	bad += complain(c->x[0] != 0x800009f, "FPSR is %lx", c->x[0]);
	execute(0xd5380400); /* mrs x0, id_aa64pfr0_el1 */
	return bad + complain(c->x[0] != 0x1000011, "ID_AA64PFR0_EL1 is %lx", c->x[0]);
}

/* One of FEAT_FP16 is UNDEFINED; one that computes stops the machine. */
static unsigned check_others(void)
{
	unsigned bad;

	begin(AT_EL1);
	execute(0x1ee70040); /* fmov h0, w2 */
	bad = complain(exception_of() != EC_UNKNOWN, "FMOV of H: class %x", exception_of());
	begin(AT_EL1);
	execute(FADD);
	return bad + complain(!last_stop || !strstr(last_stop, "FP instruction 1e622820 is not"),
			      "FADD: %s", last_stop ? last_stop : "the machine continues");
}

/* Dependencies pass through V registers. */
static unsigned check_dependency(void)
{
	struct a64_cpu *c = begin(AT_EL1);
	unsigned bad;

	knobs.adversary[ADV_LOADS] = 4;
	ordering.now = 100;
	c->v[1].view = 90;
	execute(FMOV);
	bad = complain(c->view[0] != 90, "FMOV to X passes the view %lu", c->view[0]);
	execute(0x4e080c03); /* dup v3.2d, x0 */
	bad += complain(c->v[3].view != 90, "DUP passes the view %lu", c->v[3].view);
	execute(0x4ea31c60); /* mov v0.16b, v3.16b */
	bad += complain(c->v[0].view != 90, "ORR passes the view %lu", c->v[0].view);
	knobs.adversary[ADV_LOADS] = 0;
	return bad;
}

unsigned check_fp(void)
{
	unsigned bad = check_moves() + check_synchronised() + check_alignment() +
		       check_registers_of_fp() + check_others() + check_dependency();

	for (unsigned i = 0; i < ARRAY_SIZE(controls); i++)
		bad += check_control(i);
	features.fp = 0;
	return bad;
}
