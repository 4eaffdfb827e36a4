/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_arm64/main.c - arch/arm64/cpu.c with simulated registers: names, features of one
 * CPU and of all CPUs, and controls in force when a function returns.  Fields follow the Arm ARM,
 * D24.2: MIDR_EL1, ID_AA64ISAR0_EL1.TLB, ID_AA64MMFR1_EL1.ETS, ID_AA64MMFR2_EL1.BBM.
 */
#include "machine.h"
#include <arch/arch.h>
#include <asserts.h>
#include <cpu.h>
#include <kern/cpu.h>
#include <kern/cpu_id.h>
#include <kern/feature.h>
#include <mm/pt/pt_fmt.h>
#include <string.h>

unsigned cpus_nr;
u32 feature_caps_off, feature_bits_off;

/* ---- registers ---- */
static struct reg regs[64];
unsigned unsynced, instructions_nr;
const char *instruction[16];

u64 *reg_of(const char *name)
{
	struct reg *r = regs;

	while (r->name && strcmp(r->name, name))
		r++;
	r->name = name;
	return &r->value;
}

u64 fake_get(const char *name)
{
	return *reg_of(name);
}

void (*on_set)(const char *name, u64 was, u64 v), (*on_instruction)(const char *text);

void fake_set(const char *name, u64 v)
{
	u64 *reg = reg_of(name), was = *reg;

	*reg = v;
	unsynced++;
	if (on_set)
		on_set(name, was, v);
}

void fake_instruction(const char *text)
{
	if (on_instruction)
		on_instruction(text);
	if (!strcmp(text, "isb") || strstr(text, "isb\""))
		unsynced = 0;
	instruction[instructions_nr++ % ARRAY_SIZE(instruction)] = text;
}

/* ---- functions of the kernel that cpu.c calls ---- */
static struct cpu_id ids[CPUS_MAX];
static bool ran[CPUS_MAX];
static u64 as_if[ARCH_CPU_ID_WORDS];

const struct cpu_id *cpu_id(unsigned nr)
{
	return ran[nr] ? &ids[nr] : NULL;
}

u64 cpu_as_if(unsigned word, u64 real)
{
	return as_if[word] ? as_if[word] : real;
}

/* ---- names ---- */
static void names(void)
{
	static const struct {
		u64 midr;
		const char *text;
	} rows[] = {
		{ 0x410fd034, "Cortex-A53 r0p4 (MIDR 410fd034)" },
		{ 0x411fd072, "Cortex-A57 r1p2 (MIDR 411fd072)" },
		{ 0x413fd0c1, "Neoverse-N1 r3p1 (MIDR 413fd0c1)" },
		{ 0xc00fac30, "Ampere-1 r0p0 (MIDR c00fac30)" },
		{ 0x000f0510, "QEMU max r0p0 (MIDR 000f0510)" },
		{ 0x61af0229, "unknown Arm CPU r10p9 (MIDR 61af0229)" },
		{ 0x423fd0c1, "unknown Arm CPU r3p1 (MIDR 423fd0c1)" },
	};
	char text[64];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		*reg_of("midr_el1") = rows[i].midr;
		arch_cpu_describe(text, sizeof(text));
		WANT_TEXT(text, rows[i].text);
	}
}

/* Each word is the register of its name (C5.3, D24.2: op0 3, op1, CRn, CRm, op2). */
static void words(void)
{
	static const struct {
		const char *word, *reg;
	} rows[] = {
		{ "midr", "midr_el1" },
		{ "revidr", "revidr_el1" },
		{ "ctr", "ctr_el0" },
		{ "pfr0", "id_aa64pfr0_el1" },
		{ "pfr1", "id_aa64pfr1_el1" },
		{ "pfr2", "S3_0_C0_C4_2" },
		{ "zfr0", "S3_0_C0_C4_4" },
		{ "smfr0", "S3_0_C0_C4_5" },
		{ "dfr0", "id_aa64dfr0_el1" },
		{ "dfr1", "id_aa64dfr1_el1" },
		{ "isar0", "id_aa64isar0_el1" },
		{ "isar1", "id_aa64isar1_el1" },
		{ "isar2", "S3_0_C0_C6_2" },
		{ "mmfr0", "id_aa64mmfr0_el1" },
		{ "mmfr1", "id_aa64mmfr1_el1" },
		{ "mmfr2", "S3_0_C0_C7_2" },
		{ "mmfr3", "S3_0_C0_C7_3" },
		{ "mmfr4", "S3_0_C0_C7_4" },
	};
	u64 word[ARCH_CPU_ID_WORDS] = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		*reg_of(rows[i].reg) = 0x1000 + i;
	arch_cpu_id(word);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		WANT_TEXT(arch_cpu_id_names[i], rows[i].word);
		WANT(word[i] == 0x1000 + i);
		*reg_of(rows[i].reg) = 0;
	}
	WANT(!arch_cpu_id_names[ARRAY_SIZE(rows)]);
	*reg_of("mpidr_el1") = 0xffffff81f2345678;
	WANT(arch_cpu_hwid() == 0x8100345678);
}

/* ---- features ---- */
#define X4_R0P3 0x410fd823u
#define X4_R0P2 0x410fd822u
#define V3_R1P0 0x411fd840u
#define A72 0x410fd083u
#define TLBIOS (1ul << 56)
#define TLBIRANGE (2ul << 56)
#define ETS2 (2ul << 36)
#define ETS1 (1ul << 36)
#define BBM2 (2ul << 52)
#define BBM1 (1ul << 52)

enum { HAS_BBM2 = 1, HAS_ETS2 = 2, HAS_RANGE = 4 };

/* One or two CPUs, and the features that all of them have. */
static const struct {
	struct {
		u64 midr, isar0, mmfr1, mmfr2;
	} cpu[2];
	u32 has;
	const char *bbm2, *ets2, *range;
} mixes[] = {
	{ { { X4_R0P3, TLBIRANGE, ETS2, BBM2 } },
	  HAS_BBM2 | HAS_ETS2 | HAS_RANGE,
	  "ID_AA64MMFR2_EL1.BBM is 2, and this MIDR_EL1 is listed as one that raises no abort",
	  "ID_AA64MMFR1_EL1.ETS is 2, 2 has it",
	  "ID_AA64ISAR0_EL1.TLB is 2, 2 has it" },
	{ { { X4_R0P2, TLBIOS, ETS1, BBM2 } },
	  0,
	  "ID_AA64MMFR2_EL1.BBM is 2, and this MIDR_EL1 is not listed as one that raises no abort",
	  "ID_AA64MMFR1_EL1.ETS is 1, 2 has it",
	  "ID_AA64ISAR0_EL1.TLB is 1, 2 has it" },
	{ { { V3_R1P0, 0, 0, BBM2 }, { X4_R0P3, TLBIRANGE, ETS2, BBM2 } },
	  HAS_BBM2,
	  "ID_AA64MMFR2_EL1.BBM is 2, and this MIDR_EL1 is listed as one that raises no abort",
	  "ID_AA64MMFR1_EL1.ETS is 0, 2 has it",
	  "ID_AA64ISAR0_EL1.TLB is 0, 2 has it" },
	{ { { X4_R0P3, TLBIRANGE, ETS2, BBM2 }, { A72, TLBIRANGE, 3ul << 36, BBM2 } },
	  HAS_ETS2 | HAS_RANGE,
	  "ID_AA64MMFR2_EL1.BBM is 2, and this MIDR_EL1 is not listed as one that raises no abort",
	  "ID_AA64MMFR1_EL1.ETS is 2, 2 has it",
	  "ID_AA64ISAR0_EL1.TLB is 2, 2 has it" },
	{ { { X4_R0P3, TLBIRANGE, ETS2, BBM2 }, { X4_R0P3, TLBIOS, ETS1, BBM2 } },
	  HAS_BBM2,
	  "ID_AA64MMFR2_EL1.BBM is 2, and this MIDR_EL1 is listed as one that raises no abort",
	  "ID_AA64MMFR1_EL1.ETS is 1, 2 has it",
	  "ID_AA64ISAR0_EL1.TLB is 1, 2 has it" },
	{ { { X4_R0P3, TLBIRANGE, ETS2, BBM1 }, { X4_R0P3, 3ul << 56, ETS2, BBM2 } },
	  HAS_ETS2 | HAS_RANGE,
	  "ID_AA64MMFR2_EL1.BBM is 1, and this MIDR_EL1 is not listed as one that raises no abort",
	  "ID_AA64MMFR1_EL1.ETS is 2, 2 has it",
	  "ID_AA64ISAR0_EL1.TLB is 2, 2 has it" },
};

static const struct feature *feature(const char *name)
{
	const struct feature *f = arch_features;

	while (strcmp(f->name, name))
		f++;
	return f;
}

/* CPU 1 never ran, so the second CPU is CPU 2. */
static void all_of(unsigned mix)
{
	cpus_nr = 3;
	for (unsigned i = 0; i < 2; i++) {
		struct cpu_id *id = &ids[2 * i];

		ran[2 * i] = mixes[mix].cpu[i].midr;
		id->word[ID_MIDR] = mixes[mix].cpu[i].midr;
		id->word[ID_ISAR0] = mixes[mix].cpu[i].isar0;
		id->word[ID_MMFR1] = mixes[mix].cpu[i].mmfr1;
		id->word[ID_MMFR2] = mixes[mix].cpu[i].mmfr2;
	}
	ids[3] = (struct cpu_id) { 0 };
	ran[3] = true; /* ran, but has no ID record */
}

static void here(unsigned mix, const char *name, bool wanted, const char *says)
{
	char text[120] = "";

	WANT(arch_feature_here(feature(name), text, sizeof(text)) == wanted);
	WANT_TEXT(text, says);
}

static void features_of_all(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(mixes); i++) {
		u32 has = mixes[i].has;

		all_of(i);
		here(i, "bbm2", has & HAS_BBM2, mixes[i].bbm2);
		here(i, "ets2", has & HAS_ETS2, mixes[i].ets2);
		here(i, "tlbirange", has & HAS_RANGE, mixes[i].range);
		here(i, "contig", true, "part of VMSAv8-64, no ID field shows it");
		WANT(arch_feature_of(feature("tlbirange"), 0) == (mixes[i].cpu[0].isar0 > TLBIOS));
		WANT(!arch_feature_of(feature("tlbirange"), 1));
	}
	cpus[1].caps = PT_CAP_BBM2;
	WANT(arch_feature_of(feature("bbm2"), 1) && !arch_feature_of(feature("ets2"), 1));
}

static u32 caps_here(u64 midr, u64 isar0, u64 mmfr1, u64 mmfr2)
{
	u32 caps;

	*reg_of("midr_el1") = midr;
	*reg_of("id_aa64isar0_el1") = isar0;
	*reg_of("id_aa64mmfr1_el1") = mmfr1;
	*reg_of("S3_0_C0_C7_2") = mmfr2;
	errata_read = lines_read = 0;
	caps = arch_cpu_caps();
	WANT(errata_read == 1 && lines_read == 1); /* `as-if=` may have changed both */
	return caps;
}

/* Features of the running CPU; each CPU may lower the level of TLBI instructions, none raises it.
 */
static void features_of_this(void)
{
	const u32 base = PT_CAP_CONTIG | PT_CAP_PBMT;

	WANT(caps_here(X4_R0P3, TLBIRANGE, ETS2, BBM2) ==
	     (base | PT_CAP_BBM2 | PT_CAP_WALK_ORDERED));
	WANT(cpu_tlb_level() == 2);
	feature_bits_off = ARM_BIT_TLBIRANGE;
	WANT(cpu_tlb_level() == 1);
	feature_bits_off = 0;
	WANT(caps_here(V3_R1P0, TLBIOS, ETS1, BBM2) == (base | PT_CAP_BBM2));
	WANT(cpu_tlb_level() == 1);
	feature_caps_off = PT_CAP_CONTIG;
	WANT(caps_here(A72, TLBIRANGE, ETS2, BBM2) == (PT_CAP_PBMT | PT_CAP_WALK_ORDERED));
	feature_caps_off = 0;
	WANT(cpu_tlb_level() == 1);
	as_if[ID_MIDR] = X4_R0P3;
	as_if[ID_MMFR2] = BBM2;
	as_if[ID_MMFR1] = ETS2;
	as_if[ID_ISAR0] = 3ul;
	WANT(caps_here(A72, TLBIRANGE, 0, 0) == (base | PT_CAP_BBM2 | PT_CAP_WALK_ORDERED));
	WANT(cpu_tlb_level() == 0);
	memset(as_if, 0, sizeof(as_if));
}

static void revisions(void)
{
	static const struct midr_range range[] = { { 0x41d82, 0x03, 0x11 }, { 0x41d83, 0, 0 } };
	static const struct {
		u64 midr;
		bool in;
	} rows[] = {
		{ 0x410fd822, false }, { 0x410fd823, true },  { 0x411fd820, true },
		{ 0x411fd821, true },  { 0x411fd822, false }, { 0x413fd820, false },
		{ 0x410fd830, true },  { 0x410fd831, false }, { 0x420fd823, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		WANT(midr_listed(range, ARRAY_SIZE(range), rows[i].midr) == rows[i].in);
	WANT(!midr_listed(range, 1, 0x410fd830));
}

int main(void)
{
	names();
	words();
	features_of_all();
	features_of_this();
	revisions();
	test_controls();
	test_geometries();
	test_regimes();
	test_switches();
	test_traps();
	printf("cpu arm64: %u not so\n", want_failed);
	return want_failed != 0;
}
