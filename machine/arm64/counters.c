/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/counters.c - the Performance Monitors Extension, PMUv3 (D13): the cycle counter,
 * and one event counter for INST_RETIRED, CPU_CYCLES and BR_PRED.  Its interrupt is not connected.
 */
#include "registers.h"

#define PMCR_ENABLE 1ul
#define PMCR_ZERO_EVENTS 2ul
#define PMCR_ZERO_CYCLES 4ul
#define PMCR_LONG 0x40ul
#define PMCR_KEPT (PMCR_ENABLE | PMCR_LONG)
#define PMCR_ONE_COUNTER (1ul << 11)
#define EVENT_INST_RETIRED 8u
#define EVENT_CPU_CYCLES 0x11u
#define EVENT_BR_PRED 0x12u
#define CYCLES BIT(31) /* the bit of the cycle counter in PMCNTENSET_EL0 and its like */
#define COUNTERS (CYCLES | 1)
#define FILTER_EL1 BIT(31)
#define FILTER_EL0 BIT(30)
#define CYCLES_SELECTED 31u

static u64 instructions(const struct a64_cpu *c)
{
	return c->instret + (u64)(c->slice - c->left);
}

/* PMEVTYPER0_EL0 and PMCCFILTR_EL0: P and U exclude a level (D13.7.1). */
static bool counts_here(const struct a64_cpu *c, u64 filter)
{
	return !(filter & (c->user ? FILTER_EL0 : FILTER_EL1));
}

static void count_events(struct a64_cpu *c, u64 more)
{
	u64 sum = c->pmevcntr + more;

	if (sum >> 32)
		c->pmovs |= 1;
	c->pmevcntr = (u32)sum;
}

static void count_cycles(struct a64_cpu *c, u64 more)
{
	u64 sum = c->pmccntr + more;

	if (c->pmcr & PMCR_LONG ? sum < more : ((u32)c->pmccntr + more) >> 32)
		c->pmovs |= CYCLES;
	c->pmccntr = sum;
}

void counters_update(struct a64_cpu *c)
{
	static const u8 events[] = { EVENT_INST_RETIRED, EVENT_CPU_CYCLES, EVENT_BR_PRED };
	const u64 now[] = { instructions(c), instructions(c) + c->waited, c->branches };

	for (unsigned i = 0; i < ARRAY_SIZE(now); i++) {
		u64 more = c->pmcr & PMCR_ENABLE ? now[i] - c->counted[i] : 0;

		if ((c->pmcnten & 1) && (c->pmevtyper & 0xffff) == events[i] &&
		    counts_here(c, c->pmevtyper))
			count_events(c, more);
		if ((c->pmcnten & CYCLES) && events[i] == EVENT_CPU_CYCLES &&
		    counts_here(c, c->pmccfiltr))
			count_cycles(c, more);
		c->counted[i] = now[i];
	}
}

static u64 get_control(struct a64_cpu *c)
{
	return (c->pmcr & PMCR_KEPT) | PMCR_ONE_COUNTER;
}

static void set_control(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmcr = v & PMCR_KEPT;
	if (v & PMCR_ZERO_EVENTS)
		c->pmevcntr = 0;
	if (v & PMCR_ZERO_CYCLES)
		c->pmccntr = 0;
}

/* ---- sets of counters: one register sets bits, another clears them ---- */
static u64 get_enabled(struct a64_cpu *c)
{
	return c->pmcnten;
}

static void set_enabled(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmcnten |= v & COUNTERS;
}

static void clear_enabled(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmcnten &= ~v;
}

static u64 get_overflowed(struct a64_cpu *c)
{
	counters_update(c);
	return c->pmovs;
}

static void set_overflowed(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmovs |= v & COUNTERS;
}

static void clear_overflowed(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmovs &= ~v;
}

static u64 get_interrupts(struct a64_cpu *c)
{
	return c->pminten;
}

static void set_interrupts(struct a64_cpu *c, u64 v)
{
	c->pminten |= v & COUNTERS;
}

static void clear_interrupts(struct a64_cpu *c, u64 v)
{
	c->pminten &= ~v;
}

/* PMSWINC_EL0 increments a counter of event SW_INCR alone, which this PMU does not have. */
static void increment(struct a64_cpu *c, u64 v)
{
	(void)c, (void)v;
}

/* ---- the counters ---- */
static u64 get_type(struct a64_cpu *c)
{
	return c->pmevtyper;
}

static void set_type(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmevtyper = v & 0xfffffffful;
}

static u64 get_cycle_filter(struct a64_cpu *c)
{
	return c->pmccfiltr;
}

static void set_cycle_filter(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmccfiltr = v & (FILTER_EL1 | FILTER_EL0);
}

static u64 get_events(struct a64_cpu *c)
{
	counters_update(c);
	return c->pmevcntr;
}

static void set_events(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmevcntr = (u32)v;
}

static u64 get_cycles(struct a64_cpu *c)
{
	counters_update(c);
	return c->pmccntr;
}

static void set_cycles(struct a64_cpu *c, u64 v)
{
	counters_update(c);
	c->pmccntr = v;
}

/* ---- by PMSELR_EL0: a counter that is not implemented is RAZ/WI (D13.11, one of the choices) ----
 */
static void set_selector(struct a64_cpu *c, u64 v)
{
	c->pmselr = v & 31;
}

static u64 get_selector(struct a64_cpu *c)
{
	return c->pmselr;
}

static u64 get_selected_type(struct a64_cpu *c)
{
	return c->pmselr == CYCLES_SELECTED ? c->pmccfiltr : c->pmselr ? 0 : c->pmevtyper;
}

static void set_selected_type(struct a64_cpu *c, u64 v)
{
	if (c->pmselr == CYCLES_SELECTED)
		set_cycle_filter(c, v);
	else if (!c->pmselr)
		set_type(c, v);
}

static u64 get_selected_events(struct a64_cpu *c)
{
	return c->pmselr ? 0 : get_events(c);
}

static void set_selected_events(struct a64_cpu *c, u64 v)
{
	if (!c->pmselr)
		set_events(c, v);
}

static u64 get_known_events(struct a64_cpu *c)
{
	(void)c;
	return BIT(EVENT_INST_RETIRED) | BIT(EVENT_CPU_CYCLES) | BIT(EVENT_BR_PRED);
}

static u64 get_user(struct a64_cpu *c)
{
	return c->pmuserenr;
}

static void set_user(struct a64_cpu *c, u64 v)
{
	c->pmuserenr = v & 15;
}

static const struct a64_register rows[] = {
	{ "PMCR_EL0", REGISTER_CODE(3, 3, 9, 12, 0), .get = get_control, .set = set_control,
	  .user = USER_PM },
	{ "PMCNTENSET_EL0", REGISTER_CODE(3, 3, 9, 12, 1), .get = get_enabled, .set = set_enabled,
	  .user = USER_PM },
	{ "PMCNTENCLR_EL0", REGISTER_CODE(3, 3, 9, 12, 2), .get = get_enabled, .set = clear_enabled,
	  .user = USER_PM },
	{ "PMOVSCLR_EL0", REGISTER_CODE(3, 3, 9, 12, 3), .get = get_overflowed,
	  .set = clear_overflowed, .user = USER_PM },
	{ "PMSWINC_EL0", REGISTER_CODE(3, 3, 9, 12, 4), .set = increment,
	  .user = USER_PM_SOFTWARE },
	{ "PMSELR_EL0", REGISTER_CODE(3, 3, 9, 12, 5), .get = get_selector, .set = set_selector,
	  .user = USER_PM_SELECT },
	{ "PMCEID0_EL0", REGISTER_CODE(3, 3, 9, 12, 6), .get = get_known_events, .user = USER_PM },
	{ "PMCEID1_EL0", REGISTER_CODE(3, 3, 9, 12, 7), .get = register_zero, .user = USER_PM },
	{ "PMCCNTR_EL0", REGISTER_CODE(3, 3, 9, 13, 0), .get = get_cycles, .set = set_cycles,
	  .user = USER_PM_CYCLES },
	{ "PMXEVTYPER_EL0", REGISTER_CODE(3, 3, 9, 13, 1), .get = get_selected_type,
	  .set = set_selected_type, .user = USER_PM },
	{ "PMXEVCNTR_EL0", REGISTER_CODE(3, 3, 9, 13, 2), .get = get_selected_events,
	  .set = set_selected_events, .user = USER_PM_EVENTS },
	{ "PMUSERENR_EL0", REGISTER_CODE(3, 3, 9, 14, 0), .get = get_user, .set = set_user,
	  .user = USER_READS },
	{ "PMINTENSET_EL1", REGISTER_CODE(3, 0, 9, 14, 1), .get = get_interrupts,
	  .set = set_interrupts },
	{ "PMINTENCLR_EL1", REGISTER_CODE(3, 0, 9, 14, 2), .get = get_interrupts,
	  .set = clear_interrupts },
	{ "PMOVSSET_EL0", REGISTER_CODE(3, 3, 9, 14, 3), .get = get_overflowed,
	  .set = set_overflowed, .user = USER_PM },
	{ "PMEVCNTR0_EL0", REGISTER_CODE(3, 3, 14, 8, 0), .get = get_events, .set = set_events,
	  .user = USER_PM_EVENTS },
	{ "PMEVTYPER0_EL0", REGISTER_CODE(3, 3, 14, 12, 0), .get = get_type, .set = set_type,
	  .user = USER_PM },
	{ "PMCCFILTR_EL0", REGISTER_CODE(3, 3, 14, 15, 7), .get = get_cycle_filter,
	  .set = set_cycle_filter, .user = USER_PM },
};
const struct a64_registers counters_registers = { rows, ARRAY_SIZE(rows) };
