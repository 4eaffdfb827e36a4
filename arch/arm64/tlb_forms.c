/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/tlb_forms.c - the TLBI instructions of EL1, for the conformance tests
 * (arch/tlb_form.h): for everything, by ASID, by address and by range, of this CPU and broadcast,
 * and by address with a hint of the level (FEAT_TTL).
 *
 * Each is complete in one function: the TLBI, its completion, the context synchronisation
 * (D8.17.8). The stores to the tables are complete before, by the DSB of the CPU that made them.
 * What it must remove is the description of the instruction (C5.5): "cached copies of translation
 * table entries" that its operands select, so every copy of a block. The broadcast form and the
 * form of a range have the rule of the local form by address.
 */
#include <arch/arch.h>
#include <arch/insn.h>
#include <arch/tlb_form.h>
#include <cpu.h>
#include <kern/feature.h>
#include <lib/printf.h>
#include <mm/kernel/layout.h>
#include <mm/pt/pt_fmt.h>
#include <sysreg.h>

/* ---- operands ---- */
#define VA_FIELD (BIT(44) - 1)
#define BASE_FIELD (BIT(37) - 1)
#define ASID_SHIFT 48
#define WINDOW_SHIFT 16 /* a range begins at a multiple of 64 KiB, for every granule and TCR.DS */

static u64 none(const struct tlb_named *n)
{
	(void)n;
	return 0;
}

static u64 asid(const struct tlb_named *n)
{
	return (u64)n->asid << ASID_SHIFT;
}

static u64 va(const struct tlb_named *n)
{
	return n->va >> 12 & VA_FIELD;
}

static u64 va_asid(const struct tlb_named *n)
{
	return va(n) | asid(n);
}

/* From 4, 16, 64 KiB to 1, 2, 3. */
static u64 granule(void)
{
	return (u64)(layout.fmt->page_shift - 10) / 2 << 46;
}

static u64 va_asid_hint(const struct tlb_named *n)
{
	return va_asid(n) | granule() | (u64)(3 - n->level) << 44;
}

/* 64 KiB, or 2 granules: (NUM + 1) << 1 of them, with SCALE 0. */
static u64 range(const struct tlb_named *n)
{
	unsigned shift = layout.fmt->page_shift;
	bool big = layout.fmt->va_bits > 48; /* with TCR.DS, and with granules of 64 KiB anyway */
	u64 pages = shift < WINDOW_SHIFT ? 1ul << (WINDOW_SHIFT - shift) : 2;
	u64 base = n->va >> WINDOW_SHIFT << WINDOW_SHIFT;

	return granule() | (pages / 2 - 1) << 39 |
	       (base >> (big ? WINDOW_SHIFT : shift) & BASE_FIELD);
}

static u64 range_asid(const struct tlb_named *n)
{
	return range(n) | asid(n);
}

/* ---- what a CPU may lack ---- */
static bool has_ranges(char *reason, size_t size)
{
	if (cpu_tlb_level() >= 2)
		return true;
	snprintf(reason, size, "%s",
		 feature_bit_off(ARM_BIT_TLBIRANGE)
			 ? "switched off by no=tlbirange"
			 : "needs ID_AA64ISAR0_EL1.TLB >= 2 (FEAT_TLBIRANGE)");
	return false;
}

static bool has_hints(char *reason, size_t size)
{
	if (id_field(SYSREG_READ(ID_AA64MMFR2_EL1), 48))
		return true;
	snprintf(reason, size, "needs ID_AA64MMFR2_EL1.TTL (FEAT_TTL)");
	return false;
}

/* ---- the forms ---- */
#define FORM(id, name, tlbi, operand_of, domain, ...)                                              \
	static void run_##id(const struct tlb_named *n)                                            \
	{                                                                                          \
		u64 operand = operand_of(n);                                                       \
                                                                                                   \
		insn_on(tlbi, operand);                                                            \
		insn("dsb " domain);                                                               \
		insn("isb");                                                                       \
	}                                                                                          \
	TLB_FORM(id, name, .run = run_##id, __VA_ARGS__)
#define HERE "nsh"
#define ALL "ish"

/* Which entries: .by_va, .by_asid, .global_stays, .tables_stay, .everywhere. */
#define EVERYTHING .rule = "C5.5, TLBI VMALLE1"
#define OF_ASID .rule = "C5.5, TLBI ASIDE1", .by_asid = true, .global_stays = true
#define BY_VA .rule = "C5.5, TLBI VAE1", .by_va = true, .by_asid = true
#define BY_VA_LAST .rule = "C5.5, TLBI VALE1", .by_va = true, .by_asid = true, .tables_stay = true
#define ANY_ASID .rule = "C5.5, TLBI VAAE1", .by_va = true
#define ANY_ASID_LAST .rule = "C5.5, TLBI VAALE1", .by_va = true, .tables_stay = true
#define EACH .everywhere = true, .erratum = "repeat-tlbi"
#define KINDS .each_kind = true

FORM(vmalle1, "vmalle1", "tlbi vmalle1", none, HERE, EVERYTHING, KINDS);
FORM(vmalle1is, "vmalle1is", "tlbi vmalle1is", none, ALL, EVERYTHING, EACH, KINDS);
FORM(aside1, "aside1", "tlbi aside1, %0", asid, HERE, OF_ASID);
FORM(aside1is, "aside1is", "tlbi aside1is, %0", asid, ALL, OF_ASID, EACH);
FORM(vae1, "vae1", "tlbi vae1, %0", va_asid, HERE, BY_VA, KINDS);
FORM(vae1is, "vae1is", "tlbi vae1is, %0", va_asid, ALL, BY_VA, EACH, KINDS);
FORM(vale1, "vale1", "tlbi vale1, %0", va_asid, HERE, BY_VA_LAST);
FORM(vale1is, "vale1is", "tlbi vale1is, %0", va_asid, ALL, BY_VA_LAST, EACH, KINDS);
FORM(vaae1, "vaae1", "tlbi vaae1, %0", va, HERE, ANY_ASID);
FORM(vaae1is, "vaae1is", "tlbi vaae1is, %0", va, ALL, ANY_ASID, EACH);
FORM(vaale1, "vaale1", "tlbi vaale1, %0", va, HERE, ANY_ASID_LAST);
FORM(vaale1is, "vaale1is", "tlbi vaale1is, %0", va, ALL, ANY_ASID_LAST, EACH);

/* A hint names the level of the leaf, so these are no forms for tables. */
#define HINTED BY_VA_LAST, .usable = has_hints
FORM(vae1_ttl, "vae1-ttl", "tlbi vae1, %0", va_asid_hint, HERE, HINTED);
FORM(vae1is_ttl, "vae1is-ttl", "tlbi vae1is, %0", va_asid_hint, ALL, HINTED, EACH);
FORM(vale1_ttl, "vale1-ttl", "tlbi vale1, %0", va_asid_hint, HERE, HINTED);
FORM(vale1is_ttl, "vale1is-ttl", "tlbi vale1is, %0", va_asid_hint, ALL, HINTED, EACH);

/* FEAT_TLBIRANGE: as SYS, which every assembler knows. */
#define RANGED .usable = has_ranges
FORM(rvae1, "rvae1", "sys #0, c8, c6, #1, %0", range_asid, HERE, BY_VA, RANGED);
FORM(rvae1is, "rvae1is", "sys #0, c8, c2, #1, %0", range_asid, ALL, BY_VA, RANGED, EACH, KINDS);
FORM(rvaae1, "rvaae1", "sys #0, c8, c6, #3, %0", range, HERE, ANY_ASID, RANGED);
FORM(rvaae1is, "rvaae1is", "sys #0, c8, c2, #3, %0", range, ALL, ANY_ASID, RANGED, EACH);
FORM(rvale1, "rvale1", "sys #0, c8, c6, #5, %0", range_asid, HERE, BY_VA_LAST, RANGED);
FORM(rvale1is, "rvale1is", "sys #0, c8, c2, #5, %0", range_asid, ALL, BY_VA_LAST, RANGED, EACH);
FORM(rvaale1, "rvaale1", "sys #0, c8, c6, #7, %0", range, HERE, ANY_ASID_LAST, RANGED);
FORM(rvaale1is, "rvaale1is", "sys #0, c8, c2, #7, %0", range, ALL, ANY_ASID_LAST, RANGED, EACH);
