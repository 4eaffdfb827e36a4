/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_riscv/user.c - U-mode: which pages it and S-mode may access, which
 * instructions trap there, and how a trap and SRET change the mode (privileged spec).
 */
#include "hart_test.h"
#include <stdio.h>

#define VA 0x40005000ul
#define ROOT (TEST_RAM + 0x20000) /* Sv39: three tables, the last one maps VA */
#define FRAME (TEST_RAM + 0x30000)
#define VECTOR (TEST_RAM + 0x8000)

enum { V = 1, R = 2, W = 4, X = 8, U = 16, AD = 0xc0 };

/* ---- pages ---- */
/* "U-mode software may only access the page when U=1"; S-mode loads and stores need SUM then, and
 * S-mode never executes such a page (privileged spec, "Addressing and Memory Protection"; sstatus,
 * SUM and MXR). */
static const struct page_row {
	const char *name;
	bool user;
	u64 bits, status;
	enum rv_access access;
	bool permitted;
} pages[] = {
	{ "U-mode loads from its page", true, R | U, 0, ACCESS_LOAD, true },
	{ "U-mode stores to its page", true, R | W | U, 0, ACCESS_STORE, true },
	{ "U-mode stores to its read-only page", true, R | U, 0, ACCESS_STORE, false },
	{ "U-mode executes its page", true, X | U, 0, ACCESS_FETCH, true },
	{ "U-mode executes its page of data", true, R | W | U, 0, ACCESS_FETCH, false },
	{ "U-mode loads from an execute-only page", true, X | U, 0, ACCESS_LOAD, false },
	{ "the same with MXR", true, X | U, STATUS_MXR, ACCESS_LOAD, true },
	{ "U-mode loads from S-mode's page", true, R | W | X, 0, ACCESS_LOAD, false },
	{ "the same with SUM", true, R | W | X, STATUS_SUM, ACCESS_LOAD, false },
	{ "U-mode stores to S-mode's page", true, R | W | X, 0, ACCESS_STORE, false },
	{ "U-mode executes S-mode's page", true, R | W | X, 0, ACCESS_FETCH, false },
	{ "S-mode loads from a U-mode page", false, R | U, 0, ACCESS_LOAD, false },
	{ "the same with SUM", false, R | U, STATUS_SUM, ACCESS_LOAD, true },
	{ "S-mode stores to a U-mode page with SUM", false, R | W | U, STATUS_SUM, ACCESS_STORE,
	  true },
	{ "S-mode executes a U-mode page", false, X | U, 0, ACCESS_FETCH, false },
	{ "the same with SUM", false, X | U, STATUS_SUM, ACCESS_FETCH, false },
	{ "S-mode loads from its page", false, R, 0, ACCESS_LOAD, true },
	{ "S-mode executes its page", false, X, 0, ACCESS_FETCH, true },
};

static void put(u64 at, u64 frame, u64 bits)
{
	*(u64 *)(void *)memory_host(at) = frame >> 12 << 10 | bits | V;
}

static struct rv_hart *hart_with_page(u64 bits)
{
	struct rv_hart *h = &harts[0];

	begin_hart(0, 0);
	h->satp = 8ul << 60 | ROOT >> 12;
	put(ROOT + 8, ROOT + 0x1000, 0);
	put(ROOT + 0x1000, ROOT + 0x2000, 0);
	put(ROOT + 0x2000 + 8 * 5, FRAME, bits | AD);
	return h;
}

static unsigned judge_page(const struct page_row *r)
{
	static const u64 causes[] = { CAUSE_FETCH_PAGE, CAUSE_LOAD_PAGE, CAUSE_STORE_PAGE };
	struct rv_hart *h = hart_with_page(r->bits);
	u64 pa, view, cause;

	h->mode_key = r->user ? USER_KEY : 0;
	h->sstatus = r->status;
	cause = translate(h, VA, r->access, &pa, &view);
	if (cause == (r->permitted ? 0 : causes[r->access]))
		return 0;
	printf("%s: cause %lu\n", r->name, cause);
	return 1;
}

/* A translation in use belongs to one mode. */
static unsigned judge_use(void)
{
	struct rv_hart *h = hart_with_page(R | W);
	u64 pa, cause, of_user;
	unsigned bad = !soft_find(h, VA, ACCESS_LOAD, &pa, &cause) || cause;

	h->mode_key = USER_KEY;
	soft_find(h, VA, ACCESS_LOAD, &pa, &of_user);
	bad += of_user != CAUSE_LOAD_PAGE;
	if (bad)
		printf("a translation that S-mode used: cause %lu, in U-mode %lu\n", cause,
		       of_user);
	return bad;
}

/* ---- instructions ---- */
#define TM 2u

static const struct user_row {
	const char *name;
	u32 word;
	u64 scounteren, senvcfg, cause; /* 0: it does not trap */
} instructions[] = {
	{ "ADDI", 0x00108093, 0, 0, 0 },
	{ "ECALL", 0x00000073, 0, 0, CAUSE_ECALL_USER },
	{ "EBREAK", 0x00100073, 0, 0, CAUSE_BREAK },
	{ "SRET", 0x10200073, 0, 0, CAUSE_ILLEGAL },
	{ "WFI", 0x10500073, 0, 0, CAUSE_ILLEGAL }, /* legal without irq= */
	{ "SFENCE.VMA", 0x12000073, 0, 0, CAUSE_ILLEGAL },
	{ "SINVAL.VMA", 0x16000073, 0, 0, CAUSE_ILLEGAL },
	{ "SFENCE.W.INVAL", 0x18000073, 0, 0, CAUSE_ILLEGAL },
	{ "SFENCE.INVAL.IR", 0x18100073, 0, 0, CAUSE_ILLEGAL },
	{ "FENCE.I", 0x0000100f, 0, 0, 0 },
	{ "RDTIME", 0xc01020f3, TM, 0, 0 },
	{ "RDTIME without scounteren", 0xc01020f3, ~(u64)TM, 0, CAUSE_ILLEGAL },
	{ "RDCYCLE", 0xc00020f3, 1, 0, 0 },
	{ "RDINSTRET", 0xc02020f3, 4, 0, 0 },
	{ "RDINSTRET without scounteren", 0xc02020f3, 3, 0, CAUSE_ILLEGAL },
	{ "a write of time", 0xc0109073, TM, 0, CAUSE_ILLEGAL },
	{ "a read of sstatus", 0x100020f3, ~0u, 0, CAUSE_ILLEGAL },
	{ "a read of fcsr", 0x003020f3, ~0u, 0, CAUSE_ILLEGAL },
	{ "CBO.INVAL", 0x0000a00f, 0, 0x40, CAUSE_ILLEGAL },
	{ "CBO.INVAL with CBIE", 0x0000a00f, 0, 0x10, 0 },
	{ "CBO.CLEAN", 0x0010a00f, 0, 0x30, CAUSE_ILLEGAL },
	{ "CBO.CLEAN with CBCFE", 0x0010a00f, 0, 0x40, 0 },
	{ "CBO.FLUSH", 0x0020a00f, 0, 0, CAUSE_ILLEGAL },
};

static struct rv_hart *user_hart(u32 word)
{
	struct rv_hart *h = &harts[0];

	begin_hart(0, 0);
	*(u32 *)(void *)memory_host(TEST_RAM) = word;
	memory_frame(TEST_RAM)->copy = NULL;
	fetch_fence(h);
	h->mode_key = USER_KEY;
	h->stvec = VECTOR;
	h->x[1] = FRAME;
	hart_jump(h, TEST_RAM);
	return h;
}

static unsigned judge_instruction(const struct user_row *r)
{
	struct rv_hart *h = user_hart(r->word);
	u64 pc;

	h->scounteren = r->scounteren;
	h->senvcfg = r->senvcfg;
	h->sstatus = STATUS_SPP;
	hart_run(h, 1);
	pc = hart_pc(h, h->next);
	if (r->cause ? pc == VECTOR && h->scause == r->cause && h->sepc == TEST_RAM &&
			       !hart_user(h) && !(h->sstatus & STATUS_SPP)
		     : pc == TEST_RAM + 4 && hart_user(h))
		return 0;
	printf("%s in U-mode: pc %lx, cause %lu\n", r->name, pc, h->scause);
	return 1;
}

/* ---- modes ---- */
/* SRET enters the mode of SPP, and leaves U-mode in it; a trap from S-mode sets it. */
static unsigned judge_return(bool user)
{
	struct rv_hart *h = user_hart(0x10200073);
	bool was;

	h->mode_key = 0;
	h->sstatus = user ? STATUS_SPIE : STATUS_SPIE | STATUS_SPP;
	h->sepc = TEST_RAM + 0x40;
	hart_run(h, 1);
	was = hart_user(h);
	trap_take(h, TEST_RAM + 0x40, CAUSE_BREAK, 0);
	if (was == user && !hart_user(h) && !(h->sstatus & STATUS_SPP) == user &&
	    h->sstatus & STATUS_SPIE)
		return 0;
	printf("SRET with SPP %u: U-mode %u, sstatus %lx after the next trap\n", !user, was,
	       h->sstatus);
	return 1;
}

/* "Interrupts for higher-privilege modes [...] are always globally enabled" in U-mode (sstatus,
 * SIE). */
static unsigned judge_interrupt(bool user, bool enabled, bool taken)
{
	struct rv_hart *h = user_hart(0x00108093);

	h->mode_key = user ? USER_KEY : 0;
	h->sstatus = enabled ? STATUS_SIE : 0;
	h->sie = h->sip = BIT(IRQ_SOFT);
	trap_interrupts(h);
	if (taken == (h->scause == (1ul << 63 | IRQ_SOFT)))
		return 0;
	printf("an interrupt, U-mode %u, SIE %u: cause %lx\n", user, enabled, h->scause);
	return 1;
}

/* Fields of extensions that no hart has read as zero; CBIE 2 is reserved. */
static unsigned judge_senvcfg(u64 value, u64 want)
{
	struct rv_hart *h = user_hart(0x10a09073); /* CSRW senvcfg, x1 */

	h->mode_key = 0;
	h->x[1] = value;
	hart_run(h, 1);
	if (h->senvcfg == want)
		return 0;
	printf("senvcfg, %lx written: %lx\n", value, h->senvcfg);
	return 1;
}

unsigned check_user(void)
{
	unsigned bad = judge_use() + judge_return(true) + judge_return(false);

	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		bad += judge_page(&pages[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(instructions); i++)
		bad += judge_instruction(&instructions[i]);
	bad += judge_interrupt(true, false, true) + judge_interrupt(true, true, true);
	bad += judge_interrupt(false, false, false) + judge_interrupt(false, true, true);
	bad += judge_senvcfg(~0ul, 0x71) + judge_senvcfg(0x20, 0) + judge_senvcfg(0x10, 0x10);
	return bad;
}
