/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_riscv/errata.c - each erratum of the riscv64 machine has its effect, the
 * remedy of the vendor ends it, and without the erratum there is none (docs/ERRATA.md).
 */
#include "hart_test.h"
#include <machine/riscv/errata.h>
#include <machine/tlb.h>
#include <stdio.h>

#define VA 0x40005000ul
#define HIGH 0xffffffd812345000ul /* Sv39: bit 38 is the sign */
#define TRIES 64u

static struct rv_hart *fresh(const char *erratum)
{
	errata_effects = 0;
	if (erratum)
		errata_parse(erratum, erratum);
	begin_hart(0, 0);
	harts[0].stvec = TEST_RAM;
	return &harts[0];
}

/* True: the hart still has a leaf after that fence. */
static bool stays(struct rv_hart *h, const struct invalidation *f)
{
	tlb_insert(0, &(struct tlb_entry) {
			      .va = VA, .at = TEST_RAM, .shift = 12, .asid = 7, .kind = TLB_LEAF });
	walk_fence(h, f);
	return tlb_find(0, VA, 0, 7) != NULL;
}

static unsigned times(struct rv_hart *h, struct invalidation f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TRIES; i++)
		n += stays(h, &f);
	return n;
}

static unsigned expect(const char *what, bool holds)
{
	if (!holds)
		printf("%s\n", what);
	return !holds;
}

static unsigned check_cip_1200(void)
{
	const struct invalidation address = { .by_address = true, .va = VA };
	const struct invalidation both = {
		.by_address = true, .by_asid = true, .va = VA, .asid = 7
	};
	struct rv_hart *h = fresh("cip-1200");
	unsigned lost = times(h, address), lost_asid = times(h, both), bad;

	bad = expect("CIP-1200: a fence by address never, or always, keeps the leaf",
		     lost > 8 && lost < TRIES - 8 && lost_asid > 8);
	bad += expect("CIP-1200: a fence without an address keeps the leaf",
		      !times(h, (struct invalidation) { 0 }) &&
			      !times(h, (struct invalidation) { .by_asid = true, .asid = 7 }));
	tlb_insert(0, &(struct tlb_entry) { .va = VA, .shift = 12, .kind = TLB_LEAF });
	walk_fence_range(h, VA, VA, false, 0);
	bad += expect("CIP-1200: firmware's range keeps the leaf", !tlb_find(0, VA, 0, 0));
	bad += expect("a fence by address keeps the leaf without the erratum",
		      !times(fresh(NULL), address) && !times(fresh("cip-453"), address));
	return bad;
}

static unsigned check_cip_1200_user(void)
{
	const struct invalidation address = { .by_address = true, .va = VA };
	struct rv_hart *h = fresh("cip-1200-user");
	unsigned bad = 0;

	trap_take(h, TEST_RAM, CAUSE_LOAD_PAGE, VA);
	bad += expect("CIP-1200: lost before U-mode has run", !times(h, address));
	h->mode_key = USER_KEY;
	trap_take(h, TEST_RAM, CAUSE_ECALL_USER, 0);
	bad += expect("CIP-1200: not lost after U-mode has run", times(h, address) > 8);
	return bad;
}

static u64 stval(const char *erratum, u64 cause, u64 va)
{
	struct rv_hart *h = fresh(erratum);

	trap_take(h, TEST_RAM, cause, va);
	return h->stval;
}

static unsigned check_cip_453(void)
{
	const u64 cut = HIGH & (BIT(39) - 1);
	unsigned bad;

	bad = expect("CIP-453: stval of a fetch fault is sign-extended",
		     stval("cip-453", CAUSE_FETCH_PAGE, HIGH) == cut &&
			     stval("cip-453", CAUSE_FETCH_ACCESS, HIGH) == cut);
	bad += expect("CIP-453: stval of another fault, or of a low address, is changed",
		      stval("cip-453", CAUSE_LOAD_PAGE, HIGH) == HIGH &&
			      stval("cip-453", CAUSE_STORE_PAGE, HIGH) == HIGH &&
			      stval("cip-453", CAUSE_FETCH_PAGE, VA) == VA);
	bad += expect("stval is not sign-extended without the erratum",
		      stval(NULL, CAUSE_FETCH_PAGE, HIGH) == HIGH &&
			      stval("cip-1200", CAUSE_FETCH_PAGE, HIGH) == HIGH);
	return bad;
}

/* The ids by which software detects the hart: SBI's, base extension, functions 4 to 6. */
static bool reports(const char *erratum, u64 vendor, u64 arch, u64 imp)
{
	struct rv_hart *h = fresh(erratum);
	const u64 want[] = { vendor, arch, imp };
	const struct rv_op ecall = { .word = 0x73 };
	bool same = true;

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		h->x[16] = 4 + i; /* a6: function, a7: extension */
		h->x[17] = 0x10;
		sbi_call(h, &ecall);
		same &= !h->x[10] && h->x[11] == want[i];
	}
	return same;
}

static unsigned check_ids(void)
{
	const u64 u74 = 0x8000000000000007;
	unsigned bad;

	bad = expect("the ids of SiFive's U74",
		     reports("cip-1200,cip-453", 0x489, u74, 0x20191105));
	bad += expect("two errata of one hart", errata_effects == (LOST_ADDRESS | SHORT_STVAL));
	bad += expect("it has Svinval, or more than Sv39",
		      hart_lacks[0] == LACKS_ALL && hart_kind.levels == 3);
	bad += expect("hidden",
		      reports("cip-1200,hidden", 0, 0, 0) && errata_effects == LOST_ADDRESS);
	hart_kind.mvendorid = 0x5b7;
	bad += expect("mvendorid= with an erratum", reports("cip-1200", 0x5b7, u74, 0x20191105));
	hart_kind.mvendorid = 0;
	return bad;
}

unsigned check_errata(void)
{
	unsigned bad;

	knobs.adversary[ADV_TLB] = 3;
	bad = check_cip_1200() + check_cip_1200_user() + check_cip_453() + check_ids();
	knobs.adversary[ADV_TLB] = 0;
	fresh(NULL);
	return bad;
}
