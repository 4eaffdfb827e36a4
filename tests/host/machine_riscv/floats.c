/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_riscv/floats.c - fp=1: the instructions of F and D that move bits, and
 * sstatus.FS (unprivileged spec, "F" and "D"; privileged spec, "Extension Context Status").  The
 * name of a row is its assembler text.
 */
#include "hart_test.h"
#include <stdio.h>

#define VECTOR (TEST_RAM + 0x8000)
#define DATA (TEST_RAM + 0x30000) /* x2 and x12; the byte at DATA + i is 0x20 + i */
#define F10 0x1010101010101010
#define F11 0x8899aabbccddeeff
#define F12 0x7ff0000000000001
#define X10 0x1111
#define X11 0xfedcba98fffffffe
#define BOXED 0xffffffff00000000
#define FS_INITIAL (1ul << 13)
#define FADD 0x02c5f553u

static const struct move {
	const char *name;
	u32 word;
	u64 f10, x10, memory; /* the word at DATA + 16 */
	bool changes;         /* f registers, or fcsr: FS becomes Dirty */
} moves[] = {
#define M16 0x3736353433323130
	{ "fmv.x.d a0, fa1", 0xe2058553, F10, F11, M16, false },
	{ "fmv.x.w a0, fa1", 0xe0058553, F10, BOXED | 0xccddeeff, M16, false },
	{ "fmv.d.x fa0, a1", 0xf2058553, X11, X10, M16, true },
	{ "fmv.w.x fa0, a1", 0xf0058553, BOXED | 0xfffffffe, X10, M16, true },
	{ "fcvt.d.w fa0, a1", 0xd2058553, 0xc000000000000000, X10, M16, true }, /* -2.0 */
	{ "fsgnj.d fa0, fa1, fa2", 0x22c58553, F11 & ~BIT(63), X10, M16, true },
	{ "fsgnjn.d fa0, fa1, fa2", 0x22c59553, F11, X10, M16, true },
	{ "fsgnjx.d fa0, fa1, fa2", 0x22c5a553, F11, X10, M16, true },
	{ "fld fa0, 8(a2)", 0x00863507, 0x2f2e2d2c2b2a2928, X10, M16, true },
	{ "fld fa0, 3(a2)", 0x00363507, 0x2a29282726252423, X10, M16, true },
	{ "flw fa0, 4(a2)", 0x00462507, BOXED | 0x27262524, X10, M16, true },
	{ "c.fld fa0, 8(a2)", 0x2608, 0x2f2e2d2c2b2a2928, X10, M16, true },
	{ "c.fldsp fa0, 8(sp)", 0x2522, 0x2f2e2d2c2b2a2928, X10, M16, true },
	{ "fsd fa1, 16(a2)", 0x00b63827, F10, X10, F11, false },
	{ "fsw fa1, 16(a2)", 0x00b62827, F10, X10, 0x37363534ccddeeff, false },
	{ "fsd fa1, 17(a2)", 0x00b638a7, F10, X10, 0x99aabbccddeeff30, false },
	{ "c.fsd fa1, 16(a2)", 0xaa0c, F10, X10, F11, false },
	{ "c.fsdsp fa1, 16(sp)", 0xa82e, F10, X10, F11, false },
	{ "csrr a0, fcsr", 0x00302573, F10, 0xe1, M16, false },
	{ "csrr a0, frm", 0x00202573, F10, 7, M16, false },
	{ "csrr a0, fflags", 0x00102573, F10, 1, M16, false },
	{ "csrw fflags, a1", 0x00159073, F10, X10, M16, true },
};

static struct rv_hart *float_hart(u32 word, u64 fs)
{
	struct rv_hart *h = &harts[0];
	u8 *data = memory_host(DATA);

	hart_kind.fp = 1;
	begin_hart(0, 0);
	*(u32 *)(void *)memory_host(TEST_RAM) = word;
	for (unsigned i = 0; i < 32; i++)
		data[i] = (u8)(0x20 + i);
	memory_frame(TEST_RAM)->copy = NULL;
	fetch_fence(h);
	h->mode_key = 0;
	h->sstatus = fs;
	h->stvec = VECTOR;
	h->x[2] = h->x[12] = DATA;
	h->x[10] = X10;
	h->x[11] = X11;
	h->f[10] = F10;
	h->f[11] = F11;
	h->f[12] = F12;
	h->fcsr = 0xe1;
	hart_jump(h, TEST_RAM);
	return h;
}

static unsigned judge_move(const struct move *m)
{
	struct rv_hart *h = float_hart(m->word, FS_INITIAL);
	u64 kept;

	hart_run(h, 1);
	while (!order_full(0))
		;
	kept = order_newest(DATA + 16, 8);
	if (h->f[10] == m->f10 && h->x[10] == m->x10 && kept == m->memory &&
	    (h->sstatus & STATUS_FS) == (m->changes ? STATUS_FS : FS_INITIAL))
		return 0;
	printf("%s: fa0 %lx, a0 %lx, memory %lx, sstatus %lx, cause %lu\n", m->name, h->f[10],
	       h->x[10], kept, h->sstatus, h->scause);
	return 1;
}

/* "If FS is Off" they are illegal; also one that the machine does not have. */
static unsigned judge_off(u32 word)
{
	struct rv_hart *h = float_hart(word, 0);

	hart_run(h, 1);
	if (hart_pc(h, h->next) == VECTOR && h->scause == CAUSE_ILLEGAL)
		return 0;
	printf("%08x with FS Off: pc %lx, cause %lu\n", word, hart_pc(h, h->next), h->scause);
	return 1;
}

/* frm 7 is reserved as a dynamic rounding mode: fcvt.d.w fa0, a1, dyn. */
static unsigned judge_rounding(void)
{
	struct rv_hart *h = float_hart(0xd205f553, FS_INITIAL);

	hart_run(h, 1);
	if (h->scause == CAUSE_ILLEGAL)
		return 0;
	printf("a reserved rounding mode: cause %lu\n", h->scause);
	return 1;
}

/* sstatus.FS is writable with F alone, and SD is set where it is Dirty. */
static unsigned judge_status(void)
{
	struct rv_hart *h = float_hart(0x10051573, 0); /* csrrw a0, sstatus, a0 */
	bool writable, reported;

	h->x[10] = STATUS_FS;
	hart_run(h, 1);
	writable = (h->sstatus & STATUS_FS) == STATUS_FS;
	hart_jump(h, TEST_RAM);
	hart_run(h, 1);
	reported = h->x[10] >> 63;
	hart_kind.fp = 0;
	h->x[10] = STATUS_FS;
	hart_jump(h, TEST_RAM);
	hart_run(h, 1);
	if (writable && reported && !(h->sstatus & STATUS_FS))
		return 0;
	printf("sstatus.FS: written %u, SD %u, without F %lx\n", writable, reported, h->sstatus);
	return 1;
}

unsigned check_floats(void)
{
	unsigned bad = judge_rounding() + judge_status() + judge_off(FADD);
	struct rv_op op;

	for (unsigned i = 0; i < ARRAY_SIZE(moves); i++)
		bad += judge_move(&moves[i]) + judge_off(moves[i].word);
	if (decode_word(FADD, &op)) {
		printf("FADD runs\n");
		bad++;
	}
	hart_kind.fp = 0;
	return bad;
}
