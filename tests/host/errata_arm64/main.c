/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/errata_arm64/main.c - arch/arm64/errata.c: the rows that each core needs, by MIDR_EL1
 * (as Linux lists them: Documentation/arch/arm64/silicon-errata.rst, arch/arm64/kernel/
 * cpu_errata.c), the rows that a tree's timer needs (arm,arch_timer.yaml), and the effects of the
 * counter's rows.
 */
#include <arch/arch.h>
#include <counter.h>
#include <cpu.h>
#include <errata.h>
#include <kern/cpu_id.h>
#include <kern/errata.h>
#include <want.h>

u32 arm_counter_rows;

/* ---- the running CPU ---- */
static u64 midr, ctr, as_if_midr;

u64 fake_get(const char *name)
{
	WANT(!strcmp(name, "midr_el1") || !strcmp(name, "ctr_el0"));
	return strcmp(name, "ctr_el0") ? midr : ctr;
}

u64 cpu_as_if(unsigned word, u64 real)
{
	WANT(word == ID_MIDR || word == ID_CTR);
	return word == ID_MIDR && as_if_midr ? as_if_midr : real;
}

bool midr_listed(const struct midr_range *list, size_t n, u64 of)
{
	unsigned revision = (unsigned)(of >> 16 & 0xf0) | (of & 15);

	for (; n--; list++)
		if (list->model == midr_model(of) && revision >= list->first &&
		    revision <= list->last)
			return true;
	return false;
}

/* ---- cores ---- */
enum {
	REPEAT = 1,
	CLEAN = 2,
	TO_NX = 4,
	FETCH = 8, /* with CTR_EL0.DIC */
	ICACHE = 0x10,
	ROOT = 0x20,
	LOAD = 0x40,
	CARRY = 0x80,
	ACKNOWLEDGE = 0x100,
	STORE = 0x200,
	HCR = 0x400,
	PAR = 0x800,
};
#define DIC (1ul << 29)

static const char *const names[] = { "repeat-tlbi",  "clean-inval",   "exec-to-nx",
				     "stale-fetch",  "icache-tlbi",   "asid-root",
				     "device-load",  "counter-carry", "lost-acknowledge",
				     "device-store", "hcr-write",     "par-read" };

#define ARM(part, variant, revision)                                                               \
	(0x410f0000u | (part) << 4 | (unsigned)(variant) << 20 | (revision))
#define CAVIUM(part, variant, revision) (ARM(part, variant, revision) + 0x2000000)

static const struct {
	u32 midr, rows;
} cores[] = {
	{ ARM(0xd03, 0, 0), CLEAN }, /* Cortex-A53 */
	{ ARM(0xd03, 0, 4), CLEAN },
	{ ARM(0xd03, 0, 5), 0 },
	{ ARM(0xd03, 1, 0), 0 },
	{ ARM(0xd04, 0, 0), 0 },      /* Cortex-A35 */
	{ ARM(0xd05, 0, 0), REPEAT }, /* Cortex-A55 */
	{ ARM(0xd05, 2, 0), REPEAT },
	{ ARM(0xd05, 15, 15), REPEAT },
	{ ARM(0xd46, 0, 0), REPEAT }, /* Cortex-A510 */
	{ ARM(0xd46, 1, 1), REPEAT },
	{ ARM(0xd46, 1, 2), 0 },
	{ ARM(0xd80, 0, 0), 0 },    /* Cortex-A520 */
	{ ARM(0xd07, 0, 0), LOAD }, /* Cortex-A57 */
	{ ARM(0xd07, 1, 2), LOAD },
	{ ARM(0xd07, 1, 3), 0 },
	{ ARM(0xd08, 0, 3), 0 },     /* Cortex-A72 */
	{ ARM(0xd09, 0, 2), CARRY }, /* Cortex-A73 */
	{ ARM(0xd09, 1, 0), CARRY },
	{ ARM(0xd0a, 3, 1), 0 },            /* Cortex-A75 */
	{ ARM(0xd0b, 4, 1), REPEAT },       /* Cortex-A76 */
	{ ARM(0xd0e, 1, 1), REPEAT },       /* Cortex-A76AE */
	{ ARM(0xd0d, 0, 0), REPEAT | PAR }, /* Cortex-A77 */
	{ ARM(0xd0d, 1, 0), REPEAT | PAR },
	{ ARM(0xd0d, 1, 1), REPEAT },
	{ ARM(0xd41, 1, 2), REPEAT },         /* Cortex-A78 */
	{ ARM(0xd42, 0, 3), REPEAT },         /* Cortex-A78AE */
	{ ARM(0xd4b, 0, 2), REPEAT },         /* Cortex-A78C */
	{ ARM(0xd47, 2, 1), REPEAT },         /* Cortex-A710 */
	{ ARM(0xd4d, 1, 2), TO_NX },          /* Cortex-A715 */
	{ ARM(0xd81, 0, 2), 0 },              /* Cortex-A720 */
	{ ARM(0xd44, 1, 2), REPEAT },         /* Cortex-X1 */
	{ ARM(0xd4c, 0, 2), REPEAT },         /* Cortex-X1C */
	{ ARM(0xd48, 2, 1), REPEAT },         /* Cortex-X2 */
	{ ARM(0xd4e, 1, 2), REPEAT },         /* Cortex-X3 */
	{ ARM(0xd82, 0, 3), REPEAT },         /* Cortex-X4 */
	{ ARM(0xd85, 0, 1), REPEAT },         /* Cortex-X925 */
	{ ARM(0xd0c, 4, 1), REPEAT | FETCH }, /* Neoverse-N1 */
	{ ARM(0xd49, 0, 3), REPEAT },         /* Neoverse-N2 */
	{ ARM(0xd40, 1, 2), REPEAT },         /* Neoverse-V1 */
	{ ARM(0xd4f, 0, 2), REPEAT },         /* Neoverse-V2 */
	{ ARM(0xd84, 0, 2), REPEAT },         /* Neoverse-V3 */
	{ ARM(0xd83, 0, 2), REPEAT },         /* Neoverse-V3AE */
	{ ARM(0xd8c, 0, 0), REPEAT },         /* C1-Ultra */
	{ ARM(0xd90, 0, 0), REPEAT },         /* C1-Premium */
	{ 0x4e0f0100, REPEAT | STORE },       /* NVIDIA Olympus */
	{ 0x4e0f0040, 0 },                    /* Carmel */
	{ 0x6d0fd490, REPEAT },               /* Azure Cobalt 100 */
	{ 0x510f8000, REPEAT | ROOT },        /* Qualcomm Falkor v1 */
	{ 0x510f8001, 0 },
	{ 0x51cf804e, REPEAT }, /* Kryo 4xx Gold */
	{ 0x51df804e, REPEAT },
	{ 0x51ff804e, REPEAT },
	{ 0x51cf804d, 0 },
	{ 0x51ff804f, 0 },
	{ CAVIUM(0x0a1, 0, 0), ACKNOWLEDGE | ICACHE }, /* ThunderX T88 */
	{ CAVIUM(0x0a1, 1, 1), ACKNOWLEDGE | ICACHE },
	{ CAVIUM(0x0a1, 1, 2), ACKNOWLEDGE },
	{ CAVIUM(0x0a2, 0, 0), ACKNOWLEDGE | ICACHE }, /* ThunderX T81 */
	{ CAVIUM(0x0a2, 0, 1), ACKNOWLEDGE },
	{ CAVIUM(0x0a3, 0, 0), ACKNOWLEDGE }, /* ThunderX T83 */
	{ CAVIUM(0x0b1, 0, 1), ACKNOWLEDGE }, /* OCTEON TX2 */
	{ CAVIUM(0x0b2, 3, 0), ACKNOWLEDGE },
	{ CAVIUM(0x0b3, 0, 0), ACKNOWLEDGE },
	{ CAVIUM(0x0b4, 0, 0), ACKNOWLEDGE },
	{ CAVIUM(0x0b5, 0, 0), ACKNOWLEDGE },
	{ CAVIUM(0x0b6, 0, 0), ACKNOWLEDGE },
	{ CAVIUM(0x0af, 1, 0), 0 }, /* ThunderX2 */
	{ 0xc00fac30, 0 },          /* Ampere-1 */
	{ 0xc00fac40, HCR },        /* Ampere-1a */
	{ 0x000f0510, 0 },          /* QEMU's max */
};

static void forget(void)
{
	memset(errata_rows, 0, sizeof(errata_rows));
	arch_errata_changed();
}

static u32 rows_of(u64 core, u64 cache_type)
{
	u32 rows = 0;

	forget();
	midr = core;
	ctr = cache_type;
	errata_this_cpu();
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		rows |= errata_in_force(names[i]) ? 1u << i : 0;
	return rows;
}

static void test_cores(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(cores); i++) {
		u32 rows = rows_of(cores[i].midr, DIC), others = rows_of(cores[i].midr, ~DIC);

		if (rows != cores[i].rows || others != (cores[i].rows & ~FETCH)) {
			printf("# FAIL MIDR %x: rows %x and %x, wanted %x\n", cores[i].midr, rows,
			       others, cores[i].rows);
			want_failed++;
		}
		WANT(errata_repeat_tlbi() == !!(rows & REPEAT));
		WANT(arch_errata_repeat() == !!(rows & REPEAT));
		WANT(errata_clean_inval() == !!(rows & CLEAN));
		WANT(errata_lost_acknowledge() == !!(rows & ACKNOWLEDGE));
		WANT(errata_asid_root() == !!(rows & ROOT));
		WANT(!errata_early_clean()); /* no register shows it */
		WANT(arm_mmio_rows == ((rows & LOAD ? MMIO_LOAD_ACQUIRE : 0) |
				       (rows & STORE ? MMIO_STORE_RELEASE : 0)));
		WANT(arm_counter_rows == (rows & CARRY ? COUNTER_CARRY : 0));
	}
	as_if_midr = ARM(0xd03, 0, 4); /* as-if= replaces the MIDR_EL1 of this CPU */
	WANT(rows_of(ARM(0xd09, 0, 2), DIC) == CLEAN);
	as_if_midr = 0;
	/* a second CPU: rows stay in force */
	rows_of(ARM(0xd09, 0, 2), DIC);
	midr = ARM(0xd05, 0, 0);
	errata_this_cpu();
	WANT(errata_repeat_tlbi() && arm_counter_rows == COUNTER_CARRY);
}

/* ---- the counter: by the tree, and by errata= ---- */

static const struct {
	const char *property, *row;
	u32 bit;
} counters[] = {
	{ "fsl,erratum-a008585", "counter-twice", COUNTER_TWICE },
	{ "hisilicon,erratum-161010101", "counter-near", COUNTER_NEAR },
	{ "allwinner,erratum-unknown1", "counter-low-bits", COUNTER_LOW_BITS },
};
static const char *property_there;

static bool timer_has(const void *fdt, const char *property)
{
	WANT(fdt == &property_there);
	return property_there && !strcmp(property, property_there);
}

static void test_counters(void)
{
	char word[40];

	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++) {
		forget();
		property_there = counters[i].property;
		errata_by_tree(&property_there, timer_has);
		WANT(arm_counter_rows == counters[i].bit);
		WANT(errata_in_force(counters[i].row));
		snprintf(word, sizeof(word), "-%s", counters[i].row);
		WANT(!errata_words(word, NULL) && !arm_counter_rows);
		word[0] = '+';
		WANT(!errata_words(word, NULL) && arm_counter_rows == counters[i].bit);
	}
	forget();
	property_there = "arm,no-tick-in-suspend";
	errata_by_tree(&property_there, timer_has);
	WANT(!arm_counter_rows);
	WANT(!errata_words("+counter-carry,+counter-near", NULL));
	WANT(arm_counter_rows == (COUNTER_CARRY | COUNTER_NEAR));
	forget();
	WANT(!arm_counter_rows);
}

int main(void)
{
	test_cores();
	test_counters();
	WANT(arch_fetch_fault_va(0xffff000012345678) == 0xffff000012345678); /* FAR_EL1 is right */
	printf("errata arm64: %u not so\n", want_failed);
	return want_failed != 0;
}
