/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_riscv/views.c - message passing, by instructions of the reader: another CPU
 * has stored 1 to x and then the address of x to y.  The reader's last load may be performed before
 * its first one, unless a dependency, a fence or an acquire is between them (RVWMO; "Syntactic
 * Dependencies").
 */
#include "hart_test.h"
#include <machine/random.h>
#include <stdio.h>

#define X (TEST_RAM + 0x10000)
#define Y (TEST_RAM + 0x12040)
#define STACK (TEST_RAM + 0x14080)
#define OTHER (TEST_RAM + 0x160c0)
#define TRIES 400u

/* A row that passes a value through memory reads that memory first, so that the host has the
 * translation. t0 x, t1 y, sp the hart's own memory, a5 another word; a0 takes y, a2 is what x had.
 */
enum { SP = 2, T0 = 5, T1 = 6, A0 = 10, A1 = 11, A2 = 12, A5 = 15, A7 = 17 };

#define I_WORD(op, f3, rd, rs1, imm)                                                               \
	((u32)((imm)&0xfff) << 20 | (rs1) << 15 | (f3) << 12 | (rd) << 7 | (op))
#define LD(rd, rs1, imm) I_WORD(0x03u, 3u, (u32)(rd), (u32)(rs1), imm)
#define SD(rs2, rs1)                                                                               \
	(8u << 7 | 3u << 12 | (u32)(rs1) << 15 | (u32)(rs2) << 20 | 0x23u) /* offset 8 */
#define LI(rd, imm) I_WORD(0x13u, 0u, (u32)(rd), 0u, imm)
#define MV(rd, rs1) I_WORD(0x13u, 0u, (u32)(rd), (u32)(rs1), 0)
#define ADD(rd, rs1, rs2) ((u32)(rs2) << 20 | (u32)(rs1) << 15 | (u32)(rd) << 7 | 0x33u)
#define XOR(rd, rs1, rs2) (ADD(rd, rs1, rs2) | 4u << 12)
#define CSRW(nr, rs1) I_WORD(0x73u, 1u, 0u, (u32)(rs1), nr)
#define CSRS(rd, nr, rs1) I_WORD(0x73u, 2u, (u32)(rd), (u32)(rs1), nr)
#define AMO(f5, rd, rs1, rs2, aq)                                                                  \
	((u32)(f5) << 27 | (u32)(aq) << 26 | 3u << 12 | 0x2fu | (u32)(rd) << 7 |                   \
	 (u32)(rs1) << 15 | (u32)(rs2) << 20)
#define FENCE(before, after) ((u32)(before) << 24 | (u32)(after) << 20 | 0x0fu)
#define FENCE_I 0x0000100fu
#define ECALL 0x00000073u
#define NOP LI(0, 0)

static const struct sequence {
	const char *name;
	bool old; /* may a2 be 0 although a0 is the address of x? */
	u32 word[10];
} sequences[] = {
	{ "po", true, { LD(A0, T1, 0), LD(A2, T0, 0) } },
	{ "addr", false, { LD(A0, T1, 0), LD(A2, A0, 0) } },
	{ "addr by xor",
	  false,
	  { LD(A0, T1, 0), XOR(A1, A0, A0), ADD(A1, A1, T0), LD(A2, A1, 0) } },
	{ "fence r,r", false, { LD(A0, T1, 0), FENCE(2, 2), LD(A2, T0, 0) } },
	{ "fence w,w", true, { LD(A0, T1, 0), FENCE(1, 1), LD(A2, T0, 0) } },
	{ "sd, fence w,o",
	  true,
	  { LD(A1, SP, 8), SD(A1, SP), LD(A0, T1, 0), FENCE(1, 4), LD(A2, T0, 0) } },
	{ "fence.i", true, { LD(A0, T1, 0), FENCE_I, LD(A2, T0, 0) } },
	{ "another register", true, { LD(A0, T1, 0), MV(A1, T0), LD(A2, A1, 0) } },
	{ "lr.aq", false, { AMO(2, A0, T1, 0, 1), LD(A2, T0, 0) } },
	{ "lr", true, { AMO(2, A0, T1, 0, 0), LD(A2, T0, 0) } },
	{ "lr, sc.aq", true, { AMO(2, A0, T1, 0, 0), AMO(3, A1, T1, A0, 1), LD(A2, T0, 0) } },
	{ "lr.aq, sc", false, { AMO(2, A0, T1, 0, 1), AMO(3, A1, T1, A0, 0), LD(A2, T0, 0) } },
	{ "through memory",
	  false,
	  { LD(A1, SP, 0), LD(A0, T1, 0), SD(A0, SP), LD(A1, SP, 8), LD(A2, A1, 0) } },
	{ "through memory, later",
	  false,
	  { LD(A1, SP, 0), LD(A0, T1, 0), SD(A0, SP), NOP, NOP, LD(A1, SP, 8), NOP,
	    LD(A2, A1, 0) } },
	{ "another word of the memory",
	  true,
	  { LD(A1, SP, 0), LD(A0, T1, 0), SD(T0, SP), LD(A1, SP, 8), LD(A2, A1, 0) } },
	{ "through sscratch",
	  false,
	  { LD(A0, T1, 0), CSRW(0x140, A0), CSRS(A1, 0x140, 0), LD(A2, A1, 0) } },
	{ "through sepc, by csrs",
	  false,
	  { LD(A0, T1, 0), CSRW(0x141, 0), CSRS(0, 0x141, A0), CSRS(A1, 0x141, 0),
	    LD(A2, A1, 0) } },
	{ "sscratch written over",
	  true,
	  { LD(A0, T1, 0), CSRW(0x140, A0), CSRW(0x140, T0), CSRS(A1, 0x140, 0), LD(A2, A1, 0) } },
	{ "a register of before",
	  true,
	  { LD(A0, T1, 0), CSRW(0x140, T0), MV(A1, A0), CSRS(A1, 0x140, 0), LD(A2, A1, 0) } },
	{ "kept by a legacy call",
	  false,
	  { LD(A0, T1, 0), MV(A1, A0), LI(A7, 2), ECALL, LD(A2, A1, 0) } },
	{ "amo, fence r,r",
	  false,
	  { LD(A0, T1, 0), AMO(1, A1, A5, 0, 0), FENCE(2, 2), LD(A2, T0, 0) } },
	{ "amo of its own word (3)",
	  false,
	  { AMO(1, A0, A5, T1, 0), LD(A0, T1, 0), LD(A2, A0, 0) } },
};

static void store(u64 at, u64 value)
{
	order_store(1, at, 8, value, 0, 0);
}

static void place(const struct sequence *s)
{
	struct rv_hart *h = &harts[0];

	begin_hart(0, 2);
	for (unsigned i = 0; i < ARRAY_SIZE(s->word); i++)
		((u32 *)(void *)memory_host(TEST_RAM))[i] = s->word[i] ? s->word[i] : NOP;
	fetch_written(memory_frame(TEST_RAM));
	fetch_fence(h);
	hart_jump(h, TEST_RAM);
	h->x[SP] = STACK;
	h->x[T0] = X;
	h->x[T1] = Y;
	h->x[A5] = OTHER;
}

/* One run: -1 if a0 is not the address of x, else what a2 is. */
static int run(const struct sequence *s, u64 stores)
{
	struct rv_hart *h = &harts[0];
	u64 seen = 0;

	place(s);
	*(u64 *)(void *)memory_host(Y) = OTHER;
	store(X, 1);
	store(Y, X);
	knobs.adversary[ADV_STORES] = stores;
	for (unsigned i = 0; i < 40 && hart_pc(h, h->next) - TEST_RAM < sizeof(s->word); i++) {
		u64 before = h->x[A0];

		hart_run(h, 1);
		if (h->x[A0] != before && h->x[A0] == X)
			seen = X;
		order_drain(0, one_in(2));
	}
	return seen ? (int)h->x[A2] : -1;
}

static unsigned judge(const struct sequence *s, u64 stores)
{
	unsigned old = 0, met = 0;

	for (unsigned n = 0; n < TRIES; n++) {
		int a2 = run(s, stores);

		met += a2 >= 0;
		old += a2 == 0;
	}
	if (met && !old == !s->old)
		return 0;
	printf("%s, stores=%lu: %u of %u read the old value of x, which is %s\n", s->name, stores,
	       old, met, s->old ? "allowed" : "forbidden");
	return 1;
}

/* A page that is mapped after the store to x has the address of x: a read of it is ordered after
 * the read of its leaf. */
static unsigned after_leaf(void)
{
	static const struct sequence s = { "leaf",
					   false,
					   { LD(A0, SP, 0), LD(A0, SP, 0), LD(A2, A0, 0) } };
	struct rv_hart *h = &harts[0];
	unsigned old = 0;

	for (unsigned n = 0; n < TRIES; n++) {
		place(&s);
		*(u64 *)(void *)memory_host(STACK) = X;
		hart_run(h, 1);
		store(X, 1);
		h->soft[ACCESS_LOAD][(STACK >> FRAME_SHIFT) % SOFT].view = ordering.now;
		hart_run(h, 1);
		hart_run(h, 1);
		old += h->x[A2] == 0;
	}
	if (old)
		printf("%u of %u loads are older than the leaf of the page with their address\n",
		       old, TRIES);
	return old != 0;
}

unsigned check_views(void)
{
	unsigned bad = after_leaf();

	for (unsigned i = 0; i < ARRAY_SIZE(sequences); i++)
		bad += judge(&sequences[i], 0) + judge(&sequences[i], 8);
	return bad;
}
