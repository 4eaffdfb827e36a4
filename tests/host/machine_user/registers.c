/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/registers.c - both timers, the event stream (D12), the counters' filters
 * (D13), and the description of the caches (D24.2, CLIDR_EL1, CCSIDR_EL1).
 */
#include "bench.h"
#include <machine/arm64/cache.h>
#include <machine/core.h>
#include <machine/schedule.h>
#include <stdio.h>
#include <string.h>

#define NOP 0xd503201fu
#define WFE 0xd503205fu
#define RATE 4u /* steps of a tick: knobs.rate */

/* ---- timers ---- */
static const struct {
	const char *name;
	u32 set_value, set_control, get_control; /* x1 */
	unsigned interrupt;
} timers[] = {
	{ "virtual", 0xd51be301, 0xd51be321, 0xd53be321, 27 },
	{ "physical", 0xd51be201, 0xd51be221, 0xd53be221, 30 },
};

static unsigned check_timer(unsigned i)
{
	struct a64_cpu *c = begin_at(AT_EL1);
	const struct a64_timer *t = i ? &c->physical : &c->virtual;
	unsigned bad;

	ordering.steps = 1000;
	c->x[1] = 50;
	execute(timers[i].set_value);
	bad = complain(t->compare != 300, "%s: CVAL %lu", timers[i].name, t->compare);
	c->x[1] = 1;
	execute(timers[i].set_control);
	bad += complain(core_next_event() != 300 * RATE, "%s: the next event is at %lu",
			timers[i].name, core_next_event());
	bad += complain(cpu_timer_fires(c, t), "%s: fires early", timers[i].name);
	ordering.steps = 300 * RATE;
	bad += complain(!cpu_timer_fires(c, t), "%s: does not fire", timers[i].name);
	execute(timers[i].get_control);
	bad += complain(c->x[1] != 5, "%s: CTL is %lx", timers[i].name, c->x[1]);
	return bad;
}

/* ---- the event stream: EVNTEN is bit 2, EVNTDIR bit 3, EVNTI bits 7 to 4 ---- */
static unsigned check_stream(bool falls)
{
	struct a64_cpu *c = begin_at(AT_EL1);
	u64 at = falls ? 64 : 32; /* bit 5 of the counter changes from 0 to 1, from 1 to 0 */
	unsigned bad;

	c->x[1] = 4 | falls << 3 | 5 << 4;
	execute(0xd518e101); /* msr cntkctl_el1, x1 */
	execute(WFE);
	bad = complain(c->state != CPU_WAITS_EVENT, "WFE does not wait for the stream");
	bad += complain(core_next_event() != at * RATE, "the stream's event is at %lu, not %lu",
			core_next_event(), at * RATE);
	ordering.steps = at * RATE - 1;
	bad += complain(core_wakes(0), "the stream wakes early");
	ordering.steps = at * RATE;
	bad += complain(!core_wakes(0), "the stream does not wake");
	ordering.steps = (at + 64) * RATE; /* while it runs: the next WFE ends at once */
	execute(WFE);
	bad += complain(c->state == CPU_WAITS_EVENT, "an event while the CPU runs is lost");
	c->cntkctl = 0;
	execute(WFE);
	ordering.steps = 10000;
	return bad + complain(core_wakes(0), "a stream that is off wakes");
}

/* ---- PMEVTYPER0_EL0.P and U ---- */
static unsigned check_filters(void)
{
	static const struct {
		u64 filter;
		u64 counted; /* of 3 instructions at EL0 and 5 at EL1 */
	} filters[] = { { 0, 8 }, { BIT(31), 3 }, { BIT(30), 5 }, { BIT(31) | BIT(30), 0 } };
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(filters); i++) {
		struct a64_cpu *c = begin_at(AT_EL1);

		c->pmcr = 1;
		c->pmcnten = 1;
		c->pmevcntr = 0;
		c->pmevtyper = 8 | filters[i].filter;
		counters_update(c);
		c->pmevcntr = 0;
		for (unsigned n = 0; n < 8; n++) {
			cpu_set_pstate(c, n % 2 && n < 6, false, false);
			execute(NOP);
		}
		counters_update(c);
		bad += complain(c->pmevcntr != filters[i].counted, "filter %lx: %lu instructions",
				filters[i].filter, c->pmevcntr);
	}
	return bad;
}

static unsigned check_overflow(void)
{
	struct a64_cpu *c = begin_at(AT_EL1);

	c->pmcr = 1;
	c->pmcnten = 1;
	c->pmevtyper = 8;
	counters_update(c);
	c->pmevcntr = 0xffffffff;
	execute(NOP);
	counters_update(c);
	return complain(c->pmevcntr != 0 || c->pmovs != 1, "an overflow: %lx, PMOVSSET %lx",
			c->pmevcntr, c->pmovs);
}

/* ---- caches ---- */
static u64 read(struct a64_cpu *c, u32 word)
{
	execute(word | 1);
	return c->x[1];
}

/* With IDC 0 Linux and others read LoUU and LoUIS: a level that must be cleaned. */
static unsigned check_caches(void)
{
	unsigned bad = 0;

	for (unsigned idc = 0; idc < 2; idc++) {
		struct a64_cpu *c;
		u64 clidr, ctr;

		features.idc = idc;
		c = begin_at(AT_EL1);
		clidr = read(c, 0xd5390020);
		ctr = read(c, 0xd53b0020);
		bad += complain((ctr >> 28 & 1) != idc || (clidr >> 21 & 7) != (idc ? 0 : 1) ||
					(clidr >> 27 & 7) != (idc ? 0 : 1) ||
					(clidr >> 24 & 7) != 2 || (clidr & 0x1ff) != (3 | 4 << 3),
				"IDC %u: CTR_EL0 %lx, CLIDR_EL1 %lx", idc, ctr, clidr);
	}
	features.idc = 0;
	for (unsigned level = 0; level < 3; level++) {
		struct a64_cpu *c = begin_at(AT_EL1);
		u64 v, bytes;

		c->x[1] = level == 2 ? 2 : level; /* level 1 data, instructions; level 2 */
		execute(0xd51a0001);              /* msr csselr_el1, x1 */
		v = read(c, 0xd5390000);
		bytes = (16ul << (v & 7)) * ((v >> 3 & 1023) + 1) * ((v >> 13 & 0x7fff) + 1);
		bad += complain((16ul << (v & 7)) != id_line(0) ||
					bytes != (level == 2 ? 1 * MiB : 64 * KiB),
				"CSSELR_EL1 %lx: CCSIDR_EL1 %lx", c->csselr, v);
	}
	return bad;
}

/* The operand of a DC by set and way: Way from bit 32 - log2(ways) on, Set from bit log2(line) on,
 * Level in bits 3 to 1 (C6.2, DC CISW).  A CPU that is off, or has not used its caches, has no line
 * in them. */
static unsigned check_places(void)
{
	static const struct {
		u64 operand, level, way, set, sets, ways;
	} places[] = { { 3ul << 30 | 5 << 6, 0, 3, 5, 256, 4 },
		       { 9ul << 28 | 1000 << 6 | 1 << 1, 1, 9, 1000, 1024, 16 } };
	struct a64_cpu *c = begin_at(AT_EL1);
	struct cache_place p;
	unsigned bad = complain(id_cache_place(c, 2 << 1, &p), "level 3 has a cache");

	for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
		bad += complain(!id_cache_place(c, places[i].operand, &p) ||
					p.level != places[i].level || p.way != places[i].way ||
					p.set != places[i].set || p.sets != places[i].sets ||
					p.ways != places[i].ways || p.holders != 1,
				"%lx: level %lu, way %lu, set %lu, holders %lx", places[i].operand,
				p.level, p.way, p.set, p.holders);
	cpus_nr = 2;
	id_cache_place(c, 0, &p);
	bad += complain(p.holders != 1, "a CPU that is off holds lines");
	cpus[1].caches = true;
	id_cache_place(c, 0, &p);
	bad += complain(p.holders != 3, "a CPU that uses its caches holds no lines");
	cpus[1].caches = false;
	cpus_nr = 1;
	return bad;
}

/* Fetches after DC CISW of all sets, IC IALLU, DSB and ISB read new instructions. */
#define MOV_7 0xd28000e1u /* mov x1, #7 */

static void put_page(u32 word)
{
	memcpy(memory_host(PAGE_FRAME), &word, sizeof(word));
}

static unsigned check_fetch_by_places(bool clean)
{
	struct a64_cpu *c = begin_at(AT_EL1);
	const u32 fence[] = { 0xd508751f, 0xd5033f9f, 0xd5033fdf };

	knobs.adversary[ADV_FETCH] = 1;
	set_page(0, 0);
	execute_at(PAGE);
	order_store(0, PAGE_FRAME, 4, MOV_7, 0, 0);
	while (!order_full(0))
		;
	for (u64 set = 0; clean && set < 256; set++) {
		c->x[2] = set << 6;
		execute(0xd5087e42); /* dc cisw, x2 */
	}
	for (unsigned i = 0; i < ARRAY_SIZE(fence); i++)
		execute(fence[i]);
	c->x[1] = 0;
	execute_at(PAGE);
	knobs.adversary[ADV_FETCH] = 0;
	return complain((c->x[1] == 7) != clean, "after DC CISW (%u) and IC: x1 %lx; %s", clean,
			c->x[1], last_stop ? last_stop : "");
}

/* D7.5.6: with flash= the caches are invalid at a reset, also those of instructions. */
static unsigned check_flash(void)
{
	struct a64_cpu *c = begin_at(AT_EL1);

	put_page(NOP);
	for (unsigned again = 0; again < 2; again++) {
		core_boot(PAGE_FRAME, 0, 0, again);
		c->x[1] = 0;
		cpu_run(c, 1);
		put_page(MOV_7);
	}
	return complain(c->x[1] != 7, "after a reset an old instruction is executed: x1 %lx",
			c->x[1]);
}

/* ---- TTBR0_EL1 and TTBR1_EL1: writes without a synchronisation between them (D8.2.3, R_DYDPX)
 * ---- */
#define MSR_TTBR0 0xd5182001u /* msr ttbr0_el1, x1 */
#define MSR_TTBR1 0xd5182021u
#define ISB 0xd5033fdfu

static unsigned check_tables(void)
{
	const u64 first = BIT(48), second = BIT(49); /* of ASID, so that the tables stay */
	unsigned seen[2][2] = { 0 }, bad = 0;

	for (unsigned i = 0; i < 256; i++) {
		struct a64_cpu *c = begin_at(AT_EL1);
		u64 old = c->now.ttbr[0];

		knobs.adversary[ADV_CONTEXT] = 1;
		c->x[1] = old | first;
		execute(i & 1 ? MSR_TTBR0 : MSR_TTBR1);
		c->x[1] = old | second;
		execute(i & 1 ? MSR_TTBR1 : MSR_TTBR0);
		seen[c->now.ttbr[!(i & 1)] != old][c->now.ttbr[i & 1] != old]++;
		execute(ISB);
		bad += c->now.ttbr[!(i & 1)] != (old | first) ||
		       c->now.ttbr[i & 1] != (old | second);
		knobs.adversary[ADV_CONTEXT] = 0;
	}
	return complain(bad, "after ISB a write of a TTBR is not in force") +
	       complain(seen[0][1], "the second write of a TTBR is in force before the first: %u",
			seen[0][1]) +
	       complain(!seen[0][0] || !seen[1][0] || !seen[1][1],
			"neither, the first, both in force: %u, %u, %u", seen[0][0], seen[1][0],
			seen[1][1]);
}

/* ---- registers that are UNKNOWN at reset (D24.2): software must write them ---- */
static const struct {
	const char *name;
	u32 word;
} at_reset[] = {
	{ "mrs x1, cpacr_el1", 0xd5381041 },      { "mrs x1, amair_el1", 0xd538a301 },
	{ "mrs x1, csselr_el1", 0xd53a0001 },     { "mrs x1, cntkctl_el1", 0xd538e101 },
	{ "mrs x1, spsr_el1", 0xd5384001 },       { "mrs x1, cntp_cval_el0", 0xd53be241 },
	{ "mrs x1, pmcntenset_el0", 0xd53b9c21 }, { "mrs x1, pmovsset_el0", 0xd53b9e61 },
	{ "mrs x1, pmintenset_el1", 0xd5389e21 }, { "mrs x1, pmselr_el0", 0xd53b9ca1 },
	{ "mrs x1, pmccfiltr_el0", 0xd53befe1 },  { "mrs x1, pmuserenr_el0", 0xd53b9e01 },
	{ "mrs x1, dbgbvr0_el1", 0xd5300081 },    { "mrs x1, dbgbcr1_el1", 0xd53001a1 },
	{ "mrs x1, dbgwvr1_el1", 0xd53001c1 },    { "mrs x1, dbgwcr0_el1", 0xd53000e1 },
};

static unsigned check_reset(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(at_reset); i++) {
		unsigned others = 0;

		for (unsigned n = 0; n < 16; n++) {
			knobs.adversary[ADV_UNKNOWN] = n & 1;
			others += (n & 1) && read(begin_at(AT_EL1), at_reset[i].word & ~31u);
			knobs.adversary[ADV_UNKNOWN] = 0;
			bad += complain(!(n & 1) && read(begin_at(AT_EL1), at_reset[i].word & ~31u),
					"%s: not zero with unknown=0", at_reset[i].name);
		}
		bad += complain(!others, "%s: always zero at reset", at_reset[i].name);
	}
	return bad;
}

unsigned check_registers(void)
{
	return check_timer(0) + check_timer(1) + check_stream(false) + check_stream(true) +
	       check_filters() + check_overflow() + check_caches() + check_places() +
	       check_fetch_by_places(true) + check_fetch_by_places(false) + check_flash() +
	       check_reset() + check_tables();
}
