/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_errata/main.c - each erratum of the arm64 machine has its effect, the remedy
 * of the vendor ends it, and without the erratum there is none (docs/ERRATA.md).
 */
#include <machine/arm64/errata.h>
#include <machine/arm64/registers.h>
#include <machine/random.h>
#include <machine/tlb.h>
#include <stdio.h>
#include <string.h>

#define SYS_TLBI(crm, op2) (0xd5088000u | (crm) << 8 | (op2) << 5)
#define VAE1IS SYS_TLBI(3, 1)
#define VMALLE1 SYS_TLBI(7, 0)
#define BASE 0x40000000ul
#define VA 0xffff800012345000ul
#define OPERAND(va, asid) ((u64)(asid) << 48 | ((va) >> 12 & (BIT(44) - 1)))
#define TCR (16 | 16 << 16 | 2ul << 30 | 5ul << 32 | 1ul << 36)
#define TRIES 128u

static unsigned bad;

static void expect(const char *what, bool holds)
{
	if (!holds)
		printf("%s\n", what);
	bad += !holds;
}

static void fresh(const char *erratum)
{
	errata_effects = 0;
	if (erratum)
		errata_parse(erratum, erratum);
	order_reset();
	for (unsigned i = 0; i < cpus_nr; i++) {
		struct a64_cpu *c = &cpus[i];

		memset(c, 0, sizeof(*c));
		c->id = i;
		c->state = CPU_ON;
		c->now.sctlr = 1;
		c->now.tcr = TCR;
		tlbi_reset(c);
		soft_forget(c);
		fetch_again(c);
		errata_completed(i, ~0u);
	}
}

static void keep(unsigned cpu, u64 word, u16 asid)
{
	tlb_insert(cpu, &(struct tlb_entry) {
				.va = VA, .word = word, .at = BASE, .shift = 12, .asid = asid });
}

static void invalidate(u32 word)
{
	tlbi_issue(&cpus[0], word, OPERAND(VA, 5));
	while (!tlbi_complete(&cpus[0], true))
		;
}

/* ---- completion ---- */
/* `earlier`: a TLBI was complete before the store. */
static bool store_waits(const char *erratum, bool earlier, unsigned times)
{
	bool waits;

	fresh(erratum);
	if (earlier)
		invalidate(VAE1IS);
	ordering.steps += 10;
	order_store(1, BASE, 8, 1, 0, 0);
	ordering.steps += 10;
	while (times--)
		invalidate(VAE1IS);
	waits = order_newest(BASE, 8) != 1;
	while (!order_full(1))
		;
	order_store(1, BASE, 8, 0, 0, 0);
	while (!order_full(1))
		;
	return waits;
}

static void check_stores(void)
{
	unsigned once[2] = { 0 }, twice = 0, without = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		once[i & 1] += store_waits("2441009", i & 1, 1);
		once[i & 1] += store_waits("4118414", i & 1, 1);
		twice += store_waits("2441009", i & 1, 2);
		twice += store_waits("4118414", i & 1, 2);
		without += store_waits(NULL, i & 1, 1);
	}
	expect("2441009: no store is late", once[0] > TRIES / 2 && once[1] > TRIES / 2);
	expect("2441009: a store is late after a repeated TLBI", !twice);
	expect("a store is late without an erratum", !without);
}

/* By another CPU's TLBI and DSB, `times`; `flags` are those of the store. */
static bool spared_waits(unsigned flags, unsigned times)
{
	bool waits;

	fresh("4193714");
	ordering.steps += 10;
	order_store(1, BASE, 8, 1, 0, flags);
	ordering.steps += 10;
	while (times--)
		invalidate(VAE1IS);
	waits = order_newest(BASE, 8) != 1;
	while (!order_full(1)) /* its own DSB */
		;
	expect("4193714: the CPU's own DSB does not wait", order_newest(BASE, 8) == 1);
	order_store(1, BASE, 8, 0, 0, 0);
	while (!order_full(1))
		;
	return waits;
}

static void check_streaming(void)
{
	unsigned spared = 0, twice = 0, plain = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		spared += spared_waits(ORDER_SPARED, 1);
		twice += spared_waits(ORDER_SPARED, 2);
		plain += spared_waits(0, 1);
	}
	expect("4193714: no store in Streaming mode is late", spared > TRIES / 2);
	expect("4193714: a repeated TLBI suffices", twice > TRIES / 2);
	expect("4193714: a plain store is late", !plain);
	expect("4193714: FEAT_SME", features.fp && features.sme);
	features.fp = features.sme = 0;
}

static bool reads(const char *erratum, unsigned times, enum a64_access access)
{
	struct translation t;

	fresh(erratum);
	keep(1, BASE | 0x703, 5);
	cpus[1].now.ttbr[1] = cpus[0].now.ttbr[1] = BASE + FRAME_BYTES;
	cpus[1].now.ttbr[0] = 5ul << 48;
	while (times--)
		invalidate(VAE1IS);
	return translate(&cpus[1], VA, access, 0, &t) == FSC_NONE;
}

static void check_reads(void)
{
	unsigned once = 0, twice = 0, stores = 0, without = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		once += reads("1286807", 1, ACCESS_LOAD);
		twice += reads("1286807", 2, ACCESS_LOAD);
		stores += reads("1286807", 1, ACCESS_STORE);
		without += reads(NULL, 1, ACCESS_LOAD) + reads("2441009", 1, ACCESS_LOAD);
	}
	expect("1286807: no read is late", once > TRIES / 2);
	expect("1286807: a read is late after a repeated TLBI", !twice);
	expect("1286807: a store is late", !stores);
	expect("a read is late without the erratum", !without);
}

static bool stays(const char *erratum, unsigned times, u32 word)
{
	fresh(erratum);
	keep(1, BASE | 0x703, 5);
	keep(0, BASE | 0x703, 5);
	while (times--)
		invalidate(word);
	if (tlb_find_run(0, VA, 12, 0, 0, 5))
		expect("Falkor 1009: the entry stays on the CPU of the TLBI", false);
	return tlb_find_run(1, VA, 12, 0, 0, 5) != NULL;
}

static void check_early(void)
{
	unsigned once = 0, twice = 0, without = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		once += stays("falkor-1009", 1, VAE1IS);
		twice += stays("falkor-1009", 2, VAE1IS);
		without += stays(NULL, 1, VAE1IS);
		stays("falkor-1009", 1, VMALLE1);
	}
	expect("Falkor 1009: the DSB waits always, or never", once > 8 && once < TRIES - 8);
	expect("Falkor 1009: the repeated TLBI does not suffice", !twice);
	expect("the DSB does not wait without an erratum", !without);
}

/* ---- instructions ---- */
/* True: a line of this ASID, or global, differs from memory after a TLBI, with 6 current. */
static bool spoils(const char *erratum, u16 asid, bool global, u32 tlbi, bool ic)
{
	bool differs;

	fresh(erratum);
	cpus[0].now.sctlr = 0;
	cpu_jump(&cpus[0], BASE);
	cpus[0].now.ttbr[0] = (u64)asid << 48;
	if (erratum)
		errata_fetched(&cpus[0], BASE, global);
	cpus[0].now.ttbr[0] = 6ul << 48;
	if (ic)
		fetch_again(&cpus[0]);
	invalidate(tlbi);
	cpu_jump(&cpus[0], BASE + FRAME_BYTES);
	cpu_jump(&cpus[0], BASE);
	differs = memcmp(cpus[0].text->of.bytes, memory_host(BASE), FRAME_BYTES) != 0;
	return differs;
}

static void check_spoiled(void)
{
	const char *e = "cavium-27456";
	unsigned other = 0, none = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		other += spoils(e, 5, false, VAE1IS, false);
		none += spoils(e, 6, false, VAE1IS, false) + spoils(e, 5, true, VAE1IS, false) +
			spoils(e, 5, false, VMALLE1, false) + spoils(e, 5, false, VAE1IS, true) +
			spoils(NULL, 5, false, VAE1IS, false);
	}
	expect("27456: no instruction is spoiled", other > 8);
	expect("27456: spoiled: the current ASID's, a global one, by a local TLBI, or after IC",
	       !none);
}

/* Another CPU changes an instruction. */
static bool stale(const char *erratum, bool ic)
{
	struct frame_state *f = memory_frame(BASE);
	u64 old = order_newest(BASE, 8);
	u64 now;

	fresh(erratum);
	features.dic = features.idc = 1;
	cpus[1].now.sctlr = 0;
	cpu_jump(&cpus[1], BASE);
	order_store(0, BASE, 8, ~old, 0, 0);
	while (!order_full(0))
		;
	f->writer = 0;
	fetch_written(f, BASE);
	if (ic)
		fetch_again(&cpus[1]);
	cpu_jump(&cpus[1], BASE + FRAME_BYTES);
	cpu_jump(&cpus[1], BASE);
	memcpy(&now, cpus[1].text->of.bytes, sizeof(now));
	features.dic = features.idc = 0;
	return now == old;
}

static void check_stale(void)
{
	expect("1542419: the new instruction is fetched", stale("1542419", false));
	expect("1542419: the old instruction is fetched after IC", !stale("1542419", true));
	expect("DIC: an old instruction is fetched", !stale(NULL, false));
}

/* ---- tables ---- */
/* How an old root's entry is kept: true for the new ASID, by TTBR1 (TCR_EL1.A1). */
static bool mixes(const char *erratum, bool asid, bool root)
{
	const u64 old = 5ul << 48 | (BASE + 2 * FRAME_BYTES);
	u64 new = (asid ? 6ul : 5ul) << 48 | (BASE + (root ? 4 : 2) * FRAME_BYTES);
	struct a64_cpu *c = &cpus[0];

	fresh(erratum);
	c->now.tcr |= TCR_A1;
	c->page_va = VA;
	c->now.ttbr[1] = old;
	c->written = c->now;
	order_store(0, BASE + 2 * FRAME_BYTES + 8 * (VA >> 39 & 511), 8,
		    (BASE + 3 * FRAME_BYTES) | 3, 0, 0);
	order_store(0, BASE + 3 * FRAME_BYTES + 8 * (VA >> 30 & 511), 8, BASE | 0x701, 0, 0);
	while (!order_full(0))
		;
	c->written.ttbr[1] = new;
	if (errata_has(WRONG_ASID))
		errata_root_written(c, 1, old);
	return tlb_find_run(0, VA, 39, 0, 3, 6) != NULL;
}

static void check_asid(void)
{
	const char *e = "falkor-1003";

	expect("Falkor 1003: no entry has the wrong ASID", mixes(e, true, true));
	expect("Falkor 1003: the ASID changes alone, or the root alone",
	       !mixes(e, true, false) && !mixes(e, false, true));
	expect("an entry has the wrong ASID without the erratum", !mixes(NULL, true, true));
}

/* A store through a kept leaf with DBM, after software cleared DBM in memory: the word then. */
static u64 dirtied(const char *erratum)
{
	const u64 root = BASE + 2 * FRAME_BYTES, leaf = BASE | 0x781 | 1ul << 53;
	const u64 entry = root + FRAME_BYTES + 8 * (VA >> 30 & 511);
	const u64 without = leaf & ~(3ul << 51);
	struct a64_cpu *c = &cpus[0];
	struct translation t;

	fresh(erratum);
	knobs.adversary[ADV_AD] = 1;
	c->now.tcr |= 3ul << 39; /* HA, HD */
	c->now.ttbr[1] = root;
	order_store(0, root + 8 * (VA >> 39 & 511), 8, (root + FRAME_BYTES) | 3, 0, 0);
	order_store(0, entry, 8, without, 0, 0);
	while (!order_full(0))
		;
	tlb_insert(0, &(struct tlb_entry) { .va = align_down(VA, 1ul << 30),
					    .word = without | 1ul << 51,
					    .at = entry,
					    .shift = 30,
					    .level = 2,
					    .global = true });
	translate(c, VA, ACCESS_STORE, 0, &t);
	knobs.adversary[ADV_AD] = 0;
	return order_newest(entry, 8) & 1ul << 7;
}

static void check_dirty(void)
{
	unsigned wrong = 0, without = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		wrong += !dirtied("1024718");
		without += !dirtied(NULL);
	}
	expect("1024718: the entry never becomes writable", wrong > TRIES / 2);
	expect("an entry without DBM becomes writable", !without);
}

static u64 id_of(unsigned cpu, unsigned op2)
{
	u64 v = 0;

	expect("an ID register is missing",
	       id_register(&cpus[cpu], REGISTER_CODE(3, 0, 0, 0, op2), &v));
	return v;
}

/* MIDR_EL1 and REVIDR_EL1: by default, by erratum=, and by midr=, which both leave alone. */
static void check_midr(void)
{
	fresh(NULL);
	expect("MIDR_EL1 by default", id_of(0, 0) == 0xf0a40 && id_of(1, 0) == 0xf0a40);
	expect("REVIDR_EL1 by default", !id_of(0, 6));
	features.revidr = 0x100;
	expect("revidr=", id_of(1, 6) == 0x100);
	features.revidr = 0;
	id_midr_word("midr", "0x410fd034");
	expect("midr= with one value", id_of(0, 0) == 0x410fd034 && id_of(1, 0) == 0x410fd034);
	id_midr_word("midr", "0x411fd050,1091555364");
	expect("midr= by CPU", id_of(0, 0) == 0x411fd050 && id_of(1, 0) == 0x410fd024);
	fresh("1286807");
	expect("midr= with an erratum", id_of(0, 0) == 0x411fd050 && errata_effects == LATE_READS);
}

static void check_words(void)
{
	fresh("falkor-1003,falkor-1009");
	expect("two errata of one CPU", errata_effects == (WRONG_ASID | EARLY_DSB | LATE_STORES) &&
						id_midr(0) == 0x510f8000);
	fresh("cavium-27456,hidden");
	expect("hidden", errata_effects == SPOILED_TEXT && id_midr(0) == 0xf0a40);
}

int main(void)
{
	if (memory_add(BASE, 1ul << 20))
		return 2;
	random_seed(3);
	knobs = (struct knobs) { .adversary = { [ADV_STORES] = 8, [ADV_TLB] = 2, [ADV_FETCH] = 1 },
				 .age = 1000 };
	check_stores();
	check_streaming();
	check_reads();
	check_early();
	check_spoiled();
	check_stale();
	check_asid();
	check_dirty();
	check_words();
	check_midr();
	if (!bad)
		printf("machine_errata: ok\n");
	return bad != 0;
}
