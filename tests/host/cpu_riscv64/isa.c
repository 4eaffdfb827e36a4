/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_riscv64/isa.c - extensions by the device tree's strings (riscv/extensions.yaml;
 * the names' versions: unprivileged spec, "ISA Extension Naming Conventions"), and errata by
 * mvendorid, marchid and mimpid (Linux, arch/riscv/errata/sifive/errata.c and thead/errata.c).
 */
#include "harts.h"
#include <arch_inline.h>
#include <errata.h>
#include <kern/emulator.h>
#include <kern/errata.h>
#include <kern/feature.h>
#include <mm/pt/pt_fmt.h>

u32 feature_caps_off, feature_bits_off;
static u32 probe_takes;
static unsigned probes;
bool emulated;

u32 isa_probe(u32 told)
{
	probes++;
	return told & ~probe_takes;
}

bool emulated_cpu(void)
{
	return emulated;
}

/* The string is in an allocation of exactly its size. */
static void set(u64 hwid, const char *isa, size_t len, u32 block)
{
	char *copy = malloc(len ? len : 1);

	memcpy(copy, isa, len);
	arch_set_isa(hwid, copy, len, block);
	free(copy);
}

#define ALL (ISA_SVNAPOT | ISA_SVPBMT | ISA_SVVPTC | ISA_SSTC | ISA_ZICBOM | ISA_SVINVAL)
#define TEXT(s) s, sizeof(s) - 1

static void strings(void)
{
	static const u64 hwid[] = { 4 };
	static const struct {
		const char *isa;
		size_t len;
		u32 bits;
	} rows[] = {
		{ TEXT("rv64imafdc_svnapot_sstc"), ISA_SVNAPOT | ISA_SSTC | ISA_D },
		{ TEXT("RV64IMAFDC_SvNapot_SSTC1P0"), ISA_SVNAPOT | ISA_SSTC | ISA_D },
		{ TEXT("rv64imafdc_SVINVAL_svinva\x0c"), ISA_SVINVAL | ISA_D },
		{ TEXT("rv64i_svnapot1p0_svpbmt1"), ISA_SVNAPOT | ISA_SVPBMT },
		{ TEXT("i\0m\0svinval\0zicbom"), ISA_SVINVAL | ISA_ZICBOM },
		{ TEXT("svinval\0svvptc12p34\0"), ISA_SVINVAL | ISA_SVVPTC },
		{ TEXT("rv64gcv_zicboz"), ISA_D | ISA_V | ISA_ZICBOZ },
		{ TEXT("rv64i2p0mafd2p0cv1p0"), ISA_D | ISA_V },
		{ TEXT("rv64imaczvd"), 0 },
		{ TEXT("i\0d\0v\0zicboz"), ISA_D | ISA_V | ISA_ZICBOZ },
		{ TEXT("svnapot1p"), 0 },
		{ TEXT("svnapotp0"), 0 },
		{ TEXT("svnapot1x0"), 0 },
		{ TEXT("svnapot1p0x"), 0 },
		{ TEXT("svnapotx_xsvpbmt_svinva"), 0 },
		{ TEXT("svnapot_"), ISA_SVNAPOT },
		{ TEXT("_svnapot9"), ISA_SVNAPOT },
		{ TEXT("svnapot:"), 0 },
		{ TEXT("svnapot/"), 0 },
		{ TEXT(""), 0 },
		{ "svnapot", 6, 0 },
		{ "svnapot1", 7, ISA_SVNAPOT },
		{ TEXT("svnapot_svpbmt_svvptc_sstc_zicbom_svinval"), ALL },
	};

	harts(1, hwid);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		set(4, rows[i].isa, rows[i].len, 0);
		WANT(isa_of_this_cpu() == rows[i].bits && isa_of_all() == rows[i].bits);
	}
	set(4, TEXT("svnapot"), 0);
	set(5, TEXT("svpbmt"), 0);
	WANT(isa_of_this_cpu() == ISA_SVNAPOT);
}

static const struct feature *feature(const char *name)
{
	const struct feature *f = arch_features;

	while (strcmp(f->name, name))
		f++;
	return f;
}

static void here(const char *name, bool wanted, const char *wanted_says)
{
	char says[80] = "";

	WANT(arch_feature_here(feature(name), says, sizeof(says)) == wanted);
	WANT_TEXT(says, wanted_says);
}

static void of_all(void)
{
	static const u64 hwid[] = { 2, 0, 1, 9 };
	u64 hash;

	harts(4, hwid);
	set(9, TEXT("svinval"), 0); /* not a hart of the next machine */
	harts(3, hwid);
	set(2, TEXT("svnapot_sstc_svinval"), 0);
	set(0, TEXT("svnapot_sstc"), 0);
	here("svnapot", false, "riscv,isa names it for 2 of 2 harts");
	set(1, TEXT("svnapot"), 0);
	here("svnapot", true, "riscv,isa names it for 3 of 3 harts");
	here("sstc", false, "riscv,isa names it for 2 of 3 harts");
	here("svinval", false, "riscv,isa names it for 1 of 3 harts");
	here("zicbom", false, "riscv,isa names it for 0 of 3 harts");
	WANT(isa_of_all() == ISA_SVNAPOT);
	WANT(arch_feature_of(feature("sstc"), 1) && !arch_feature_of(feature("sstc"), 2));
	hash = isa_text_hash();
	host_cpu = &cpus[2];
	WANT(isa_of_this_cpu() == ISA_SVNAPOT && isa_text_hash() != hash);
	set(1, TEXT("svnapot_sstc_svinval"), 0);
	WANT(isa_text_hash() == hash);
	feature_bits_off = ISA_SVNAPOT;
	WANT(isa_of_all() == ISA_SSTC && isa_of_this_cpu() == (ISA_SSTC | ISA_SVINVAL));
	feature_bits_off = 0;
	host_cpu = &cpus[0];
}

/* The hart is probed once, and only for extensions in the device tree. */
static void caps(void)
{
	static const u64 hwid[] = { 0, 1 };

	harts(2, hwid);
	probes = 0;
	set(0, TEXT("svnapot_svpbmt_svvptc_sstc"), 0);
	set(1, TEXT("svnapot_svvptc"), 0);
	WANT(arch_caps_described() == (PT_CAP_CONTIG | PT_CAP_NEW_BOUNDED));
	probe_takes = ISA_SVPBMT;
	WANT(arch_cpu_caps() == (PT_CAP_CONTIG | PT_CAP_NEW_BOUNDED) && probes == 1);
	probe_takes = ALL;
	WANT(arch_cpu_caps() == (PT_CAP_CONTIG | PT_CAP_NEW_BOUNDED) && probes == 1);
	host_cpu = &cpus[63]; /* the device tree does not describe this hart */
	cpus[63].nr = 63;
	WANT(arch_cpu_caps() == 0 && probes == 1);
	host_cpu = &cpus[0];
}

/* The smallest block size is used, because a larger step would skip blocks; a size that is not a
 * power of two is ignored. */
static void blocks(void)
{
	static const u64 hwid[] = { 0 };

	harts(1, hwid);
	set(0, TEXT("zicbom"), 0);
	WANT(isa_cbom_block() == 0);
	set(0, TEXT("zicbom"), 128);
	WANT(isa_cbom_block() == 128);
	set(0, TEXT("zicbom"), 256);
	WANT(isa_cbom_block() == 128);
	set(0, TEXT("zicbom"), 48);
	WANT(isa_cbom_block() == 128);
	set(0, TEXT("zicbom"), 64);
	WANT(isa_cbom_block() == 64);
	set(0, TEXT("zicbom"), 2);
	set(0, TEXT("zicbom"), 1);
	WANT(isa_cbom_block() == 1);
}

void test_isa(void)
{
	caps();
	blocks();
	strings();
	of_all();
}

/* ---- errata ---- */
#define SIFIVE 0x489
#define THEAD 0x5b7
#define U74 0x8000000000000007

static const struct {
	u64 vendor, arch, imp;
	bool cip_1200, cip_453, thead;
} cores[] = {
	{ SIFIVE, U74, 0x20181003, true, false, false },
	{ SIFIVE, U74, 0x20181004, true, true, false },
	{ SIFIVE, U74, 0x20191105, true, true, false },
	{ SIFIVE, U74, 0x20191106, true, false, false },
	{ SIFIVE, U74, 0x20200630, true, false, false },
	{ SIFIVE, U74, 0x20200631, false, false, false },
	{ SIFIVE, U74, 0x01200626, false, false, false },
	{ SIFIVE, U74, 0x01200625, true, false, false },
	{ SIFIVE, U74, 0x02200626, true, false, false },
	{ SIFIVE, 1, 0x20181004, true, false, false },
	{ SIFIVE, 1, 0x01200626, false, false, false },
	{ SIFIVE, 2, 0x20181004, false, false, false },
	{ THEAD, U74, 0x20181004, false, false, false },
	{ THEAD, 0, 0, false, false, true },
	{ THEAD, 0, 1, false, false, false },
	{ THEAD, 1, 0, false, false, false },
	{ 0, 0, 0, false, false, false },
};

void test_errata(void)
{
	const vaddr_t low = 0x0000003fc0001000, high = 0x0000007fc0001000;

	for (unsigned i = 0; i < ARRAY_SIZE(cores); i++) {
		firmware_base[4] = cores[i].vendor;
		firmware_base[5] = cores[i].arch;
		firmware_base[6] = cores[i].imp;
		memset(errata_rows, 0, sizeof(errata_rows));
		if (i & 1)
			errata_this_cpu();
		else
			arch_cpu_caps(); /* the second call, after `as-if=` was read */
		WANT(errata_in_force("cip-1200") == cores[i].cip_1200);
		WANT(errata_full_fences() == cores[i].cip_1200);
		WANT(errata_in_force("cip-453") == cores[i].cip_453);
		WANT(errata_in_force("thead-attributes") == cores[i].thead);
		WANT(arch_fetch_fault_va(low) == low);
		WANT(arch_fetch_fault_va(high) ==
		     (cores[i].cip_453 ? high | 0xffffff8000000000 : high));
	}
	memset(errata_rows, 0, sizeof(errata_rows));
	errata_this_timer();
	WANT(!errata_lost_timer());
	emulated = true;
	errata_this_timer();
	WANT(errata_lost_timer());
	memset(errata_rows, 0, sizeof(errata_rows));
}
