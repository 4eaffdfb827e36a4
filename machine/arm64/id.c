/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/id.c - the features of this CPU, and the ID registers that report them (D24.2).
 * Reserved registers of the ID space, op0 3, op1 0, CRn 0, CRm 2 to 7, read as zero (D23.3.1);
 * those of AArch32 (CRm 1) are UNKNOWN without it, and are zero here.
 */
#include "cache.h"
#include "registers.h"
#include <machine/errata.h>
#include <machine/random.h>
#include <stdlib.h>
#include <string.h>

struct a64_features features = {
	.pa = 52,
	.lpa2 = 1,
	.lva = 1,
	.granules = 7,
	.asid = 16,
	.tlb = 2,
	.ttl = 1,
	.bbm = 0,
	.ets = 0,
	.domains = 1,
	.pan = 1,
	.lse = 1,
	.line = 64,
	.el = 1,
	.gic = 3,
};

/* Implementer 0 is for software; architecture 15: features are in the ID registers. */
#define MIDR 0x000f0a40ul
#define MIDR_NO_ABORT 0x410fd842ul /* Neoverse-V3 r0p2: bbm=3 */

/* midr=, by CPU; the last one is that of all further CPUs. */
static u64 midr[WORST_CPUS];
static unsigned midr_nr;

void id_midr_word(const char *word, const char *value)
{
	char *rest;

	midr_nr = 0;
	do {
		u64 v = strtoul(value, &rest, strncmp(value, "0x", 2) ? 10 : 16);

		if (rest == value || (*rest && *rest != ','))
			machine_refuse(word, "a number, or one for each CPU, with commas");
		if (v >> 32 || (v >> 16 & 15) != 15)
			machine_refuse(word, "not of Armv8: 32 bits, of which 19:16 are ones");
		if (midr_nr == WORST_CPUS)
			machine_refuse(word, "more than 16 CPUs");
		midr[midr_nr++] = v;
		value = rest + 1;
	} while (*rest);
}

u64 id_midr(unsigned cpu)
{
	if (midr_nr)
		return midr[cpu < midr_nr ? cpu : midr_nr - 1];
	if (errata_id[0])
		return errata_id[0];
	return features.bbm < 3 ? MIDR : MIDR_NO_ABORT;
}

static u64 pa_range(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	u64 range = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
		if (bits[i] <= features.pa)
			range = i;
	return range;
}

static u64 mmfr0(void)
{
	u64 small = features.granules & 1 ? features.lpa2 : 15;
	u64 middle = features.granules & 2 ? 1 + features.lpa2 : 0;
	u64 large = features.granules & 4 ? 0 : 15;

	return pa_range() | (features.asid == 16 ? 2ul : 0) << 4 | middle << 20 | large << 24 |
	       small << 28;
}

static u64 mmfr1(void)
{
	u64 hafdbs = knobs.adversary[ADV_AD] ? 2 : 0;

	return hafdbs | features.pan << 20 | (features.ets ? 2ul : 0) << 36;
}

static u64 mmfr2(void)
{
	return features.lva << 16 | features.ttl << 48 |
	       (features.bbm < 2 ? features.bbm : 2) << 52;
}

/* EL0 and EL1 have AArch64 alone; without fp=1 neither FP nor AdvSIMD, else both, without half
 * precision.  With el=2 firmware is called by SMC, which
 * needs an EL3 (C6.2, SMC). */
static u64 pfr0(void)
{
	u64 none = features.fp ? 0 : 15;

	return 0x11 | none << 16 | none << 20 | (features.gic == 3 ? 1ul : 0) << 24 |
	       (features.el == 2 ? 0x11ul : 0) << 8;
}

/* sme=1: FEAT_SME, with the fields of ID_AA64SMFR0_EL1 that it always has.  SVE2 exists in
 * Streaming mode alone, so ID_AA64PFR0_EL1.SVE is 0. */
#define SMFR0 (0xful << 36 | 1ul << 35 | 1ul << 34 | 1ul << 32)

static u64 isar0(void)
{
	return features.crc << 16 | (features.lse ? 2ul : 0) << 20 | features.tlb << 56;
}

/* ---- MPIDR_EL1 (D24.2) ---- */
#define MPIDR_MT (1ul << 24)
static u64 affinity[WORST_CPUS]; /* Aff3 in 39:32, Aff2 to Aff0 in 23:0 */

unsigned id_cpu(u64 of)
{
	unsigned i = 0;

	while (i < cpus_nr && affinity[i] != of)
		i++;
	return i;
}

/* Few values for each field, so that CPUs share some; lists of Aff0 in SGIs begin at 0 and 16. */
static u64 any_affinity(void)
{
	static const u8 some[] = { 0, 1, 15, 16, 17, 255 };
	u64 v = some[random_below(ARRAY_SIZE(some))];

	for (unsigned shift = 8; shift <= 32; shift += shift == 16 ? 16 : 8)
		v |= (u64)some[random_below(ARRAY_SIZE(some))] << shift;
	return v;
}

static u64 affinity_of(unsigned i)
{
	u64 v;

	switch (features.mpidr) {
	case MPIDR_CLUSTERS: /* of two cores: Aff1 and Aff0 */
		return (u64)(i / 2) << 8 | i % 2;
	case MPIDR_QUADS: /* clusters of four cores: Aff1 and Aff0 */
		return (u64)(i / 4) << 8 | i % 4;
	case MPIDR_THREADS: /* cores of one thread, as Cortex-A55 and later: Aff2, Aff1; Aff0 0 */
		return (u64)(i / 4) << 16 | (u64)(i % 4) << 8;
	case MPIDR_SPARSE:
		do
			v = any_affinity();
		while (id_cpu(v) < i);
		return v;
	default:
		return i;
	}
}

/* ---- CTR_EL0 ---- */
#define CTR_RES1 (1ul << 31)
#define CTR_PIPT (3ul << 14)
static u64 line[WORST_CPUS];

u64 id_line(unsigned cpu)
{
	return line[cpu];
}

/* CWG, ERG, DminLine and IminLine are of one size: log2 of words. */
static u64 ctr(unsigned cpu)
{
	u64 n = (u64)__builtin_ctzl(line[cpu] / 4);

	return CTR_RES1 | features.dic << 29 | features.idc << 28 | n << 24 | n << 20 | n << 16 |
	       CTR_PIPT | n;
}

/* ---- the levels of cache ----
 * Level 1 has separate caches of instructions and data, level 2 a unified one.  DC CVAU makes data
 * visible at level 2, which fetches of all CPUs read, and DC CVAC at memory: LoUU and LoUIS are 1,
 * LoC is 2.  With IDC fetches need no clean, so LoUU and LoUIS are 0 (D24.2, CTR_EL0.IDC).
 */
#define CLIDR_TYPES (3ul | 4ul << 3)
#define L1_BYTES (64 * KiB)
#define L1_WAYS 4ul
#define L2_BYTES (1 * MiB)
#define L2_WAYS 16ul

static u64 clidr(void)
{
	u64 unification = features.idc ? 0 : 1;

	return CLIDR_TYPES | unification << 21 | 2ul << 24 | unification << 27;
}

/* DC ISW, CSW, CISW (C5.3): the operand has the way, the set and the level, in bits that follow
 * from CCSIDR_EL1.  False: there is no such cache, and the effect is none here. */
bool id_cache_place(const struct a64_cpu *c, u64 operand, struct cache_place *p)
{
	u64 level = operand >> 1 & 7, ways = level ? L2_WAYS : L1_WAYS;
	unsigned line_shift = (unsigned)__builtin_ctzl(line[c->id]);
	unsigned way_shift = 32 - (unsigned)__builtin_ctzl(ways);

	*p = (struct cache_place) {
		.cpu = c->id,
		.holders = BIT(c->id),
		.level = level,
		.sets = (level ? L2_BYTES : L1_BYTES) / ways / line[c->id],
		.ways = ways,
		.line = line[c->id],
	};
	for (unsigned i = 0; i < cpus_nr; i++)
		p->holders |= cpus[i].caches ? BIT(i) : 0;
	p->set = (operand & (BIT(way_shift) - 1)) >> line_shift;
	p->way = (operand & 0xffffffff) >> way_shift;
	return level < 2 && p->set < p->sets;
}

/* By CSSELR_EL1; UNKNOWN for a cache that is not implemented. */
static u64 ccsidr(const struct a64_cpu *c)
{
	u64 level = c->csselr >> 1, instructions = c->csselr & 1;
	u64 bytes = level ? L2_BYTES : L1_BYTES, ways = level ? L2_WAYS : L1_WAYS;

	if (level > 1 || (level && instructions))
		return ~0u;
	return (bytes / ways / line[c->id] - 1) << 13 | (ways - 1) << 3 |
	       ((u64)__builtin_ctzl(line[c->id]) - 4);
}

/* Chosen once: a reset does not change them. */
void id_power_on(void)
{
	static bool chosen;

	if (features.sme && (!features.fp || features.el == 2))
		machine_refuse("sme", "needs fp=1 and el=1");
	if (midr_nr > cpus_nr)
		machine_refuse("midr", "more values than CPUs");
	for (unsigned i = 0; i < cpus_nr && !chosen; i++) {
		affinity[i] = affinity_of(i);
		line[i] = features.line ? features.line : 16ul << random_below(5);
	}
	chosen = true;
}

u64 id_affinity(unsigned cpu)
{
	return affinity[cpu];
}

u64 id_mpidr(unsigned cpu)
{
	return 1ul << 31 | (features.mpidr == MPIDR_THREADS ? MPIDR_MT : 0) | affinity[cpu];
}

bool id_register(const struct a64_cpu *c, u32 code, u64 *value)
{
	*value = 0;
	switch (code) {
	case REGISTER_CODE(3, 0, 0, 0, 0):
		*value = id_midr(c->id);
		return true;
	case REGISTER_CODE(3, 0, 0, 0, 5):
		*value = id_mpidr(c->id);
		return true;
	case REGISTER_CODE(3, 0, 0, 4, 0):
		*value = pfr0();
		return true;
	case REGISTER_CODE(3, 0, 0, 4, 1): /* ID_AA64PFR1_EL1 */
		*value = features.sme << 24;
		return true;
	case REGISTER_CODE(3, 0, 0, 4, 4): /* ID_AA64ZFR0_EL1: SVEver */
		*value = features.sme;
		return true;
	case REGISTER_CODE(3, 0, 0, 4, 5):
		*value = features.sme ? SMFR0 : 0;
		return true;
	case REGISTER_CODE(3, 1, 0, 0, 6): /* SMIDR_EL1: no priorities */
		return features.sme;
	case REGISTER_CODE(3, 0, 0, 5, 0): /* debug v8.0, PMUv3; DEBUG_PAIRS */
		*value = 6 | 1ul << 8 | (DEBUG_PAIRS - 1ul) << 12 | (DEBUG_PAIRS - 1ul) << 20;
		return true;
	case REGISTER_CODE(3, 0, 0, 6, 0):
		*value = isar0();
		return true;
	case REGISTER_CODE(3, 0, 0, 6, 1): /* LRCPC */
		*value = 1ul << 20;
		return true;
	case REGISTER_CODE(3, 0, 0, 7, 0):
		*value = mmfr0();
		return true;
	case REGISTER_CODE(3, 0, 0, 7, 1):
		*value = mmfr1();
		return true;
	case REGISTER_CODE(3, 0, 0, 7, 2):
		*value = mmfr2();
		return true;
	case REGISTER_CODE(3, 1, 0, 0, 0):
		*value = ccsidr(c);
		return true;
	case REGISTER_CODE(3, 1, 0, 0, 1):
		*value = clidr();
		return true;
	case REGISTER_CODE(3, 3, 0, 0, 1):
		*value = ctr(c->id);
		return true;
	case REGISTER_CODE(3, 3, 0, 0, 7): /* DCZID_EL0: 64 bytes */
		*value = 4;
		return true;
	case REGISTER_CODE(3, 0, 0, 0, 6): /* REVIDR_EL1 */
		*value = features.revidr;
		return true;
	case REGISTER_CODE(3, 1, 0, 0, 7): /* AIDR_EL1 */
		return true;
	default: /* reserved: RAZ; of AArch32: UNKNOWN */
		return code >> 7 == REGISTER_CODE(3, 0, 0, 0, 0) >> 7 && (code >> 3 & 15);
	}
}
