/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_arm64/switch.c - arch/arm64/mmu.c: TTBR0_EL1 and the fields of TCR_EL1 for the low
 * half change only while no walk of it can begin, and TLB entries of it are invalidated before one
 * can (Arm ARM D8.17, D24.2.190 TCR_EL1.EPD0; a write takes effect after an ISB, D24.1.2.2); the
 * tables of the identity page (D8.3), and the barrier of arch_pt_publish().
 */
#include "machine.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <mmu.h>
#include <setjmp.h>

#define EPD0 (1ul << 7)
#define DS (1ul << 59)
#define LOW_4K_48 16ul                  /* T0SZ; TG0 is 0 */
#define LOW_FIELDS (0x3ful | 3ul << 14) /* T0SZ, TG0 */
#define IMAGE 0x40210000ul              /* physical address of idmap_start */
#define OLD_DAIF 0x80ul                 /* only interrupts are masked */

char idmap_start[4096] __attribute__((aligned(4096)));
const char idmap_switch[1];

/* ---- the low half, by the writes that this CPU makes ---- */

static bool shut;           /* after an ISB: no walk of the low half begins */
static bool stale;          /* TLBs may hold entries of its previous tables */
static bool masked;         /* all exceptions are masked */
static unsigned tlbis;      /* invalidations of all entries of this CPU */
static u64 visible[4][512]; /* the identity page at the last DSB for stores */
static bool wrong_asids;    /* Falkor 1003 */

bool errata_asid_root(void)
{
	return wrong_asids;
}

static void *at_pa(paddr_t pa)
{
	return (void *)(uintptr_t)(pa - boot_info.image_pa + 0xffffffff80000000ul);
}

static paddr_t identity_root; /* 0: not known yet */

static void sees_set(const char *name, u64 was, u64 v)
{
	if (!strcmp(name, "daif")) { /* PSTATE: in force at once */
		masked = v != OLD_DAIF;
		unsynced--;
	}
	/* the ASID differs from the kernel's and the previous one: no old entry matches */
	if (!strcmp(name, "ttbr0_el1") && !shut && !wrong_asids && v >> 48 && was >> 48 != v >> 48)
		return;
	if (!strcmp(name, "ttbr0_el1") || (!strcmp(name, "tcr_el1") && (was ^ v) & LOW_FIELDS)) {
		WANT(shut);
		stale = true;
	}
	if (!strcmp(name, "tcr_el1") && !(v & EPD0)) {
		WANT(!stale);
		if (was & EPD0)
			WANT(unsynced == 1); /* the root and the fields are in force */
		shut = false;
	}
}

static void sees_instruction(const char *text)
{
	if (strstr(text, "daifset, #15"))
		masked = true;
	if (strstr(text, "tlbi vmalle1")) {
		WANT(!unsynced && strstr(text, "dsb nsh") && strstr(text, "isb"));
		stale = false;
		tlbis++;
	}
	if (strstr(text, "dsb ishst") && identity_root)
		memcpy(visible, (char *)at_pa(identity_root) - 3 * 4096, sizeof(visible));
	if (strstr(text, "isb") && *reg_of("tcr_el1") & EPD0)
		shut = true;
}

static bool is_open(u64 ttbr0, u64 low)
{
	u64 tcr = *reg_of("tcr_el1");

	return !unsynced && !stale && !(tcr & EPD0) && (tcr & LOW_FIELDS) == low &&
	       *reg_of("ttbr0_el1") == ttbr0;
}

/* The low half has an empty table and walks are disabled. */
static bool is_closed(void)
{
	const u64 *table = at_pa(*reg_of("ttbr0_el1"));

	for (unsigned i = 0; i < 512; i++)
		if (table[i])
			return false;
	return !unsynced && !stale && shut && *reg_of("tcr_el1") & EPD0 &&
	       (*reg_of("tcr_el1") & LOW_FIELDS) == LOW_4K_48 &&
	       *reg_of("ttbr0_el1") != identity_root;
}

/* ---- the identity page ---- */

/* The page of code is mapped at its own address and nothing else is: read-only and executable at
 * EL1 (AP[2], UXN), the access flag, normal memory (index 0); without DS inner shareable. */
static void maps_one_page(paddr_t root, bool ds)
{
	u64 cell = root | 3;

	for (unsigned level = 0; level < 4; level++) {
		const u64 *table = at_pa(cell & 0xfffffffff000ul);
		unsigned at = IMAGE >> (39 - 9 * level) & 511, used = 0;

		WANT((cell & 3) == 3);
		for (unsigned i = 0; i < 512; i++)
			used += !!table[i];
		WANT(used == 1 && table[at]);
		if (!table[at])
			return;
		cell = table[at];
	}
	WANT(cell == (IMAGE | 1ul << 54 | 1ul << 10 | (ds ? 0 : 3ul << 8) | 1ul << 7 | 3));
}

static struct pt tree(const char *geometry, paddr_t root, u32 asid)
{
	struct pt pt = { .fmt = pt_fmt_find(geometry), .root = root };

	pt.asid = asid;
	return pt;
}

/* Parking CPUs walk it: it is built once for each DS, and does not change. */
static void identity_page(void)
{
	struct pt narrow = tree("arm64-4k-48", 0x40000000, 0),
		  wide = tree("arm64-4k-52", 0x40000000, 0);
	u64 *unused;

	identity_root = mmu_regs_for(&narrow).ttbr0;
	for (unsigned ds = 0; ds < 4; ds++) {
		WANT(mmu_regs_for(ds % 2 ? &narrow : &wide).ttbr0 == identity_root);
		maps_one_page(identity_root, !(ds % 2));
		WANT(!memcmp(visible, (char *)at_pa(identity_root) - 3 * 4096, sizeof(visible)));
	}
	unused = (u64 *)at_pa(identity_root) + 300;
	*unused = 0x77;
	mmu_regs_for(&narrow);
	WANT(*unused == 0x77);
	mmu_regs_for(&wide);
	WANT(!*unused);
}

/* ---- changes of regime ---- */

static unsigned switched;
static struct mmu_regs loaded;

void mmu_switch(const struct mmu_regs *regs, paddr_t code)
{
	WANT(masked && is_open(identity_root, LOW_4K_48));
	WANT(regs->ttbr0 == identity_root && code == image_pa_of(idmap_switch));
	maps_one_page(identity_root, regs->tcr & DS);
	switched++;
	loaded = *regs;
	*reg_of("tcr_el1") = regs->tcr; /* the low half stays enabled, as before */
	*reg_of("ttbr1_el1") = regs->ttbr1;
}

static void first_switch(void)
{
	struct pt pt = tree("arm64-4k-48", 0x40000000, 0);

	*reg_of("daif") = OLD_DAIF;
	masked = false;
	switched = 0;
	arch_first_switch(&pt);
	WANT(switched == 1 && loaded.ttbr1 == 0x40000000);
	WANT(is_closed() && !masked && *reg_of("daif") == OLD_DAIF);
}

/* A loaded root is not loaded again, in any state of the low half. */
static void roots(void)
{
	static const struct {
		const char *geometry;
		paddr_t root;
		unsigned switches;
	} rows[] = {
		{ "arm64-4k-48", 0x40000000, 0 },  { "arm64-4k-48", 0x40001000, 1 },
		{ "arm64-4k-48", 0x40001000, 0 },  { "arm64-4k-39", 0x40001000, 1 },
		{ "arm64-16k-47", 0x40004000, 1 }, { "arm64-16k-47", 0x40004000, 0 },
		{ "arm64-64k-42", 0x40010000, 1 }, { "arm64-16k-52", 0x40010000, 1 },
		{ "arm64-16k-52", 0x40010000, 0 }, { "arm64-4k-52", 0x40010000, 1 },
		{ "arm64-4k-48", 0x40000000, 1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pt pt = tree(rows[i].geometry, rows[i].root, 0);

		switched = 0;
		arch_root_load(&pt);
		WANT(switched == rows[i].switches && is_closed());
		WANT(arch_current_root() == rows[i].root);
	}
}

static jmp_buf back;
static u64 left_with[2];
static bool lines_kept;

bool spin_table_misses_lines(void)
{
	return lines_kept;
}

void left_kernel(u64 x0, u64 x1);

void left_kernel(u64 x0, u64 x1)
{
	WANT(masked && is_open(identity_root, LOW_4K_48));
	maps_one_page(identity_root, *reg_of("tcr_el1") & DS);
	left_with[0] = x0;
	left_with[1] = x1;
	longjmp(back, 1);
}

static void leaves_from(const char *geometry)
{
	struct pt pt = tree(geometry, 0x40000000, 0);

	arch_root_load(&pt);
	WANT(!arch_cannot_reenter());
	lines_kept = true;
	WANT(arch_cannot_reenter());
	lines_kept = false;
	host_va_offset = 0xffffffff80000000ul - boot_info.image_pa; /* va_ptr() is at_pa() */
	masked = false;
	left_with[0] = left_with[1] = 0;
	if (!setjmp(back))
		arch_reenter(0x80200000, 5, 0x48000000);
	host_va_offset = 0;
	WANT(left_with[0] == 0x48000000 && left_with[1] == 0x80200000);
	host_va_offset = 0xffffffff80000000ul - boot_info.image_pa;
	masked = false;
	if (!setjmp(back))
		arch_halt_untranslated();
	host_va_offset = 0;
	WANT(left_with[0] == 1 && left_with[1] == 2);
	mmu_close_low_half();
	WANT(is_closed());
}

/* Branches to code of the identity page, at its physical address, in the current regime. */
static void leaves(void)
{
	leaves_from("arm64-4k-48");
	leaves_from("arm64-4k-52");
	leaves_from("arm64-4k-39");
	WANT(!arch_cannot_reenter());
}

/* ---- address spaces ---- */

static const struct {
	const char *geometry;
	paddr_t root;
	u32 asid;
	u64 ttbr0, low; /* D24.2.190: T0SZ is 64 less the bits, TG0 0 4K, 1 64K, 2 16K */
	bool quick;     /* another ASID, same geometry: no invalidation */
} spaces[] = {
	{ "arm64-4k-48", 0x50000000, 5, 5ul << 48 | 0x50000000, 16, false },
	{ "arm64-4k-48", 0x50001000, 6, 6ul << 48 | 0x50001000, 16, true },
	{ "arm64-4k-48", 0x50002000, 0xffff, 0xfffful << 48 | 0x50002000, 16, true },
	{ "arm64-4k-48", 0x50003000, 0, 0x50003000, 16, false },
	{ "arm64-4k-39", 0x50003000, 7, 7ul << 48 | 0x50003000, 25, false },
	{ "arm64-16k-47", 0x50004000, 8, 8ul << 48 | 0x50004000, 2ul << 14 | 17, false },
	{ "arm64-64k-42", 0x50010000, 9, 9ul << 48 | 0x50010000, 1ul << 14 | 22, false },
	{ "arm64-64k-52", 0x9000050010000, 10, 10ul << 48 | 0x50010000 | 9 << 2, 1ul << 14 | 12,
	  false },
};

static void address_spaces(void)
{
	struct pt kernel = tree("arm64-4k-48", 0x40000000, 0);
	unsigned asid;

	for (unsigned i = 0; i < ARRAY_SIZE(spaces); i++) {
		struct pt pt = tree(spaces[i].geometry, spaces[i].root, spaces[i].asid),
			  own = tree(spaces[i].geometry, spaces[i].root, 0);

		if (spaces[i].root >> 48) /* 52 bits, as in the kernel's */
			arch_root_load(&own);
		tlbis = 0;
		arch_space_load(&pt);
		WANT(is_open(spaces[i].ttbr0, spaces[i].low));
		WANT(!tlbis == (spaces[i].quick && !wrong_asids));
		WANT(arch_space_root(&asid) == spaces[i].root && asid == spaces[i].asid);
	}
	arch_space_leave(&kernel);
	WANT(is_closed() && arch_space_root(&asid) == PA_NONE);
}

static unsigned published;

static void sees_barrier(const char *text)
{
	published += !!strstr(text, "dmb ishst");
}

void test_switches(void)
{
	*reg_of("id_aa64mmfr0_el1") = 1ul << 28 | 2ul << 20 | 2ul << 4 | 6;
	*reg_of("tcr_el1") = EPD0 | LOW_4K_48;
	unsynced = 0;
	shut = true;
	on_set = sees_set;
	on_instruction = sees_instruction;
	identity_page();
	first_switch();
	roots();
	leaves();
	address_spaces();
	wrong_asids = true;
	address_spaces();
	on_set = NULL;
	on_instruction = sees_barrier;
	arch_pt_publish();
	WANT(published == 1);
	on_instruction = NULL;
}
