/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/cpu.c - identification and features of this CPU, and its controls outside translation.
 */
#include <arch/arch.h>
#include <arch/tlb_form.h>
#include <boot/boot.h>
#include <cache.h>
#include <cpu.h>
#include <errata.h>
#include <kern/cpu.h>
#include <kern/cpu_id.h>
#include <kern/emulator.h>
#include <kern/feature.h>
#include <lib/atomic.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/pt/pt_fmt.h>
#include <sysreg.h>
#include <trap.h>

const char arch_name[] = "arm64";

extern char boot_stack[], boot_stack_top[];

/* ---- identification ---- */

static const struct {
	u32 id; /* implementer << 12 | part */
	const char *name;
} names[] = {
	{ 0x41d03, "Cortex-A53" },  { 0x41d04, "Cortex-A35" },     { 0x41d05, "Cortex-A55" },
	{ 0x41d07, "Cortex-A57" },  { 0x41d08, "Cortex-A72" },     { 0x41d09, "Cortex-A73" },
	{ 0x41d0a, "Cortex-A75" },  { 0x41d0b, "Cortex-A76" },     { 0x41d0c, "Neoverse-N1" },
	{ 0x41d0d, "Cortex-A77" },  { 0x41d0e, "Cortex-A76AE" },   { 0x41d40, "Neoverse-V1" },
	{ 0x41d41, "Cortex-A78" },  { 0x41d42, "Cortex-A78AE" },   { 0x41d44, "Cortex-X1" },
	{ 0x41d46, "Cortex-A510" }, { 0x41d47, "Cortex-A710" },    { 0x41d48, "Cortex-X2" },
	{ 0x41d49, "Neoverse-N2" }, { 0x41d4b, "Cortex-A78C" },    { 0x41d4d, "Cortex-A715" },
	{ 0x41d4e, "Cortex-X3" },   { 0x41d4f, "Neoverse-V2" },    { 0x41d80, "Cortex-A520" },
	{ 0x41d81, "Cortex-A720" }, { 0x41d82, "Cortex-X4" },      { 0x41d83, "Neoverse-V3AE" },
	{ 0x41d84, "Neoverse-V3" }, { 0x41d8e, "Neoverse-N3" },    { 0x46001, "A64FX" },
	{ 0x51800, "Kryo 2xx" },    { 0x51c00, "Falkor" },         { 0xc0ac3, "Ampere-1" },
	{ 0xc0ac4, "Ampere-1a" },   { MIDR_QEMU_MAX, "QEMU max" },
};

static const char *cpu_name(u64 midr)
{
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].id == midr_model(midr))
			return names[i].name;
	return "unknown Arm CPU";
}

void arch_cpu_describe(char *buf, size_t size)
{
	u64 midr = SYSREG_READ(midr_el1);

	snprintf(buf, size, "%s r%up%u (MIDR %08lx)", cpu_name(midr), (unsigned)(midr >> 20 & 15),
		 (unsigned)(midr & 15), midr);
}

const char *const arch_cpu_id_names[] = {
	"midr",  "revidr", "ctr",   "pfr0",  "pfr1",  "pfr2",  "zfr0",  "smfr0", "dfr0", "dfr1",
	"isar0", "isar1",  "isar2", "mmfr0", "mmfr1", "mmfr2", "mmfr3", "mmfr4", NULL,
};
_Static_assert(ARRAY_SIZE(arch_cpu_id_names) <= ARCH_CPU_ID_WORDS + 1, "ARCH_CPU_ID_WORDS");

/* Registers that this CPU does not have read as zero: the whole ID space does (Arm ARM, "The CPUID
 * Identification Scheme"). */
void arch_cpu_id(u64 word[ARCH_CPU_ID_WORDS])
{
	const u64 all[] = {
		SYSREG_READ(midr_el1),         SYSREG_READ(revidr_el1),
		SYSREG_READ(ctr_el0),          SYSREG_READ(id_aa64pfr0_el1),
		SYSREG_READ(id_aa64pfr1_el1),  SYSREG_READ(ID_AA64PFR2_EL1),
		SYSREG_READ(ID_AA64ZFR0_EL1),  SYSREG_READ(ID_AA64SMFR0_EL1),
		SYSREG_READ(id_aa64dfr0_el1),  SYSREG_READ(id_aa64dfr1_el1),
		SYSREG_READ(id_aa64isar0_el1), SYSREG_READ(id_aa64isar1_el1),
		SYSREG_READ(ID_AA64ISAR2_EL1), SYSREG_READ(id_aa64mmfr0_el1),
		SYSREG_READ(id_aa64mmfr1_el1), SYSREG_READ(ID_AA64MMFR2_EL1),
		SYSREG_READ(ID_AA64MMFR3_EL1), SYSREG_READ(ID_AA64MMFR4_EL1),
	};

	_Static_assert(ARRAY_SIZE(all) + 1 == ARRAY_SIZE(arch_cpu_id_names), "a name each");
	memcpy(word, all, sizeof(all));
}

u64 arch_cpu_hwid(void)
{
	return SYSREG_READ(mpidr_el1) & 0xff00fffffful; /* Aff3, Aff2..Aff0 */
}

void arch_machine_facts(struct machine_facts *f)
{
	f->midr = SYSREG_READ(midr_el1);
	f->counter_hz = arch_counter_hz();
	if (f->counters == COUNTERS_UNKNOWN)
		f->counters = pmu_judged();
}

void arch_set_isa(u64 hwid, const char *isa, size_t len, u32 cache_block)
{
	(void)hwid, (void)isa, (void)len, (void)cache_block; /* the ID registers have both */
}

/* ---- capabilities ---- */

bool midr_listed(const struct midr_range *list, size_t n, u64 midr)
{
	u32 revision = (midr >> 20 & 15) << 4 | (midr & 15);

	for (size_t i = 0; i < n; i++)
		if (list[i].model == midr_model(midr) && revision >= list[i].first &&
		    revision <= list[i].last)
			return true;
	return false;
}

/*
 * Cores whose vendor documents that a change of leaf size raises no TLB conflict abort;
 * ID_AA64MMFR2.BBM alone does not guarantee that (ENGINE 4.5).  Earlier revisions need
 * break-before-make: erratum 3053180 and similar ones (Arm SDEN-2615521).
 */
static const struct midr_range bbm2_no_abort[] = {
	{ 0x41d82, 0x03, 0xff }, /* Cortex-X4 from r0p3 */
	{ 0x41d83, 0x02, 0xff }, /* Neoverse-V3AE from r0p2 */
	{ 0x41d84, 0x02, 0xff }, /* Neoverse-V3 from r0p2 */
};

const struct feature arch_features[] = {
	{ "contig", PT_CAP_CONTIG, 0, "the contiguous bit: runs of entries in one TLB entry",
	  NULL },
	{ "bbm2", PT_CAP_BBM2, 0, "leaf size changed without break-before-make, no abort", NULL },
	{ "ets2", PT_CAP_WALK_ORDERED, 0,
	  "FEAT_ETS2: a walk ordered after the store of an entry observes it", NULL },
	{ "tlbirange", 0, ARM_BIT_TLBIRANGE, "FEAT_TLBIRANGE: one TLBI for many pages", "range" },
	{ NULL, 0, 0, NULL, NULL },
};

static u32 caps_of(u64 midr, u64 mmfr1, u64 mmfr2)
{
	u32 caps = PT_CAP_CONTIG | PT_CAP_PBMT; /* both part of the base architecture */

	if (id_field(mmfr2, 52) >= 2 && /* BBM */
	    midr_listed(bbm2_no_abort, ARRAY_SIZE(bbm2_no_abort), midr))
		caps |= PT_CAP_BBM2;
	if (id_field(mmfr1, 36) >= 2) /* ETS: FEAT_ETS2 */
		caps |= PT_CAP_WALK_ORDERED;
	return caps;
}

static u32 caps_of_all(void)
{
	u32 caps = ~0u;

	for (unsigned n = 0; n < cpus_nr; n++)
		if (cpu_id(n))
			caps &= caps_of(cpu_id(n)->word[ID_MIDR], cpu_id(n)->word[ID_MMFR1],
					cpu_id(n)->word[ID_MMFR2]);
	return caps;
}

/* The smallest value of an ID field among all CPUs that have run. */
static unsigned lowest_field(unsigned word, unsigned shift)
{
	unsigned level = 15;

	for (unsigned n = 0; n < cpus_nr; n++)
		if (cpu_id(n))
			level = min_u32(level, id_field(cpu_id(n)->word[word], shift));
	return level;
}

unsigned arch_bbm_level(void)
{
	return lowest_field(ID_MMFR2, 52);
}

/* The smallest ID_AA64ISAR0_EL1.TLB of all CPUs: 1 outer shareable forms, 2 by range as well. */
static u32 tlb_level = ~0u;

static unsigned tlb_level_of(u64 isar0)
{
	return id_field(isar0, 56);
}

static void note_tlb_level(void)
{
	unsigned own = tlb_level_of(cpu_as_if(ID_ISAR0, SYSREG_READ(id_aa64isar0_el1)));

	if (own < atomic_load_relaxed(&tlb_level)) /* CPUs start in turn */
		atomic_store_relaxed(&tlb_level, own);
}

/* The boot CPU calls this a second time, once `as-if=` is known. */
u32 arch_cpu_caps(void)
{
	errata_this_cpu();
	cache_this_cpu();
	note_tlb_level();
	return caps_of(cpu_as_if(ID_MIDR, SYSREG_READ(midr_el1)),
		       cpu_as_if(ID_MMFR1, SYSREG_READ(id_aa64mmfr1_el1)),
		       cpu_as_if(ID_MMFR2, SYSREG_READ(ID_AA64MMFR2_EL1))) &
	       ~feature_caps_off;
}

u32 arch_caps_described(void)
{
	return ~0u; /* the registers of each CPU show it, once it runs */
}

bool arch_feature_of(const struct feature *f, unsigned nr)
{
	const struct cpu_id *id = cpu_id(nr);

	if (f->bits & ARM_BIT_TLBIRANGE)
		return id && tlb_level_of(id->word[ID_ISAR0]) > 1;
	return cpus[nr].caps & f->caps;
}

unsigned cpu_tlb_level(void)
{
	u32 level = atomic_load_relaxed(&tlb_level);

	return level > 1 && feature_bit_off(ARM_BIT_TLBIRANGE) ? 1 : level;
}

bool arch_feature_here(const struct feature *f, char *source, size_t size)
{
	if (f->bits & ARM_BIT_TLBIRANGE) {
		snprintf(source, size, "ID_AA64ISAR0_EL1.TLB is %u, 2 has it",
			 lowest_field(ID_ISAR0, 56));
		return lowest_field(ID_ISAR0, 56) > 1;
	}
	if (f->caps & PT_CAP_BBM2)
		snprintf(source, size,
			 "ID_AA64MMFR2_EL1.BBM is %u, and this MIDR_EL1 is%s listed "
			 "as one that raises no abort",
			 lowest_field(ID_MMFR2, 52), caps_of_all() & PT_CAP_BBM2 ? "" : " not");
	else if (f->caps & PT_CAP_WALK_ORDERED)
		snprintf(source, size, "ID_AA64MMFR1_EL1.ETS is %u, 2 has it",
			 lowest_field(ID_MMFR1, 36));
	else
		snprintf(source, size, "part of VMSAv8-64, no ID field shows it");
	return caps_of_all() & f->caps;
}

/* ---- controls ---- */

/* The top of the stack this CPU runs on, against which the exception entry checks sp. */
static u64 current_stack_top(const struct cpu *cpu)
{
	u64 sp = (u64)(uintptr_t)__builtin_frame_address(0);

	if (sp > ptr_va(boot_stack) && sp <= ptr_va(boot_stack_top))
		return ptr_va(boot_stack_top);
	return cpu->stack_top;
}

static bool has_pan(void)
{
	return id_field(SYSREG_READ(id_aa64mmfr1_el1), 20);
}

/*
 * Unshown (isb): VBAR_EL1 is in force from the next ISB at the latest, and no interrupt and no
 * SError is taken before that ISB.
 */
void arch_cpu_init(struct cpu *cpu)
{
	cpu->scratch[2] = current_stack_top(cpu);
	cpu->scratch[3] = 0;
	arch_set_this_cpu(cpu);
	SYSREG_WRITE(vbar_el1, ptr_va(vectors));
	SYSREG_WRITE(cpacr_el1, 0);   /* FP, SIMD and SVE trap: no code saves those registers */
	SYSREG_WRITE(cntkctl_el1, 0); /* no timer access for EL0, no event stream */
	SYSREG_WRITE(mdscr_el1, 0);   /* no self-hosted debug; OSLAR and EDSCR are not changed */
	SYSREG_WRITE(contextidr_el1, 0);
	if (has_pan()) {
		SYSREG_WRITE(sctlr_el1, SYSREG_READ(sctlr_el1) & ~(u64)ARM_SCTLR_SPAN);
		__asm__ volatile(PSTATE_PAN_ON);
	}
	errata_this_cpu(); /* before it cleans a line or invalidates */
	cache_this_cpu();
	isb(); /* vectors and traps as written before anything can take them */
	__asm__ volatile("msr daifclr, #4" ::: "memory"); /* SError is reported from here on */
}

void arch_irq_local_init(void)
{
	/* This architecture has no interrupts besides those of the controller. */
}

/* Unshown (isb): MODEL.md register-at-once. */
void arch_quiesce(void)
{
	__asm__ volatile("msr daifset, #15" ::: "memory");
	SYSREG_WRITE(cntv_ctl_el0, 0);
	isb(); /* the timer's interrupt is withdrawn before its controller is set up again */
}

void arch_halt(void)
{
	__asm__ volatile("msr daifset, #15" ::: "memory");
	for (;;)
		arch_wait();
}
