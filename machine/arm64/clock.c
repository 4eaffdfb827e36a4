/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/clock.c - the Generic Timer (D12): one counter, the virtual and the physical timer
 * of EL1, and the event stream that ends WFE.
 */
#include "registers.h"

#define TIMER_ENABLE 1ul
#define TIMER_MASK 2ul
#define TIMER_FIRES 4ul

static u64 get_frequency(struct a64_cpu *c)
{
	(void)c;
	return knobs.hz;
}

static u64 get_counter(struct a64_cpu *c)
{
	return cpu_counter(c);
}

/* ---- the timers ---- */
static u64 get_control(const struct a64_cpu *c, const struct a64_timer *t)
{
	bool fires = (t->control & TIMER_ENABLE) && cpu_counter(c) >= t->compare;

	return t->control | (fires ? TIMER_FIRES : 0);
}

static void set_control(struct a64_cpu *c, struct a64_timer *t, u64 v)
{
	t->control = v & (TIMER_ENABLE | TIMER_MASK);
	cpu_yield(c);
}

static void set_compare(struct a64_cpu *c, struct a64_timer *t, u64 v)
{
	t->compare = v;
	cpu_yield(c);
}

#define TIMER(name)                                                                                \
	static u64 get_##name##_control(struct a64_cpu *c)                                         \
	{                                                                                          \
		return get_control(c, &c->name);                                                   \
	}                                                                                          \
	static void set_##name##_control(struct a64_cpu *c, u64 v)                                 \
	{                                                                                          \
		set_control(c, &c->name, v);                                                       \
	}                                                                                          \
	static u64 get_##name##_compare(struct a64_cpu *c)                                         \
	{                                                                                          \
		return c->name.compare;                                                            \
	}                                                                                          \
	static void set_##name##_compare(struct a64_cpu *c, u64 v)                                 \
	{                                                                                          \
		set_compare(c, &c->name, v);                                                       \
	}                                                                                          \
	static u64 get_##name##_value(struct a64_cpu *c)                                           \
	{                                                                                          \
		return (u32)(c->name.compare - cpu_counter(c));                                    \
	}                                                                                          \
	static void set_##name##_value(struct a64_cpu *c, u64 v)                                   \
	{                                                                                          \
		set_compare(c, &c->name, cpu_counter(c) + (u64)(s64)(int32_t)v);                   \
	}
TIMER(virtual)
TIMER(physical)

/* ---- the event stream: D12.2.3, CNTKCTL_EL1.EVNTEN, EVNTDIR and EVNTI ---- */
#define STREAM_ENABLE BIT(2)
#define STREAM_FALLS BIT(3)

/* The number of transitions of the chosen bit, in the chosen direction, since the counter was 0. */
static u64 transitions(const struct a64_cpu *c)
{
	unsigned bit = c->cntkctl >> 4 & 15;
	u64 half = c->cntkctl & STREAM_FALLS ? 0 : BIT(bit);

	return (cpu_counter(c) + half) >> (bit + 1);
}

bool clock_event(struct a64_cpu *c)
{
	u64 seen = c->stream;

	if (!(c->cntkctl & STREAM_ENABLE))
		return false;
	c->stream = transitions(c);
	return c->stream != seen;
}

u64 clock_next_event(const struct a64_cpu *c)
{
	unsigned bit = c->cntkctl >> 4 & 15;
	u64 half = c->cntkctl & STREAM_FALLS ? 0 : BIT(bit);

	if (!(c->cntkctl & STREAM_ENABLE))
		return ~0ul;
	return (((transitions(c) + 1) << (bit + 1)) - half) * knobs.rate;
}

static u64 get_kernel_control(struct a64_cpu *c)
{
	return c->cntkctl;
}

/* EVNTIS is RES0 without FEAT_ECV. */
static void set_kernel_control(struct a64_cpu *c, u64 v)
{
	c->cntkctl = v & 0x3ff;
	c->stream = transitions(c);
}

static const struct a64_register rows[] = {
	{ "CNTKCTL_EL1", REGISTER_CODE(3, 0, 14, 1, 0), .get = get_kernel_control,
	  .set = set_kernel_control },
	{ "CNTFRQ_EL0", REGISTER_CODE(3, 3, 14, 0, 0), .get = get_frequency, .user = USER_CNTFRQ },
	{ "CNTPCT_EL0", REGISTER_CODE(3, 3, 14, 0, 1), .get = get_counter, .user = USER_CNTPCT },
	{ "CNTVCT_EL0", REGISTER_CODE(3, 3, 14, 0, 2), .get = get_counter, .user = USER_CNTVCT },
	{ "CNTP_TVAL_EL0", REGISTER_CODE(3, 3, 14, 2, 0), .get = get_physical_value,
	  .set = set_physical_value, .user = USER_CNTP },
	{ "CNTP_CTL_EL0", REGISTER_CODE(3, 3, 14, 2, 1), .get = get_physical_control,
	  .set = set_physical_control, .user = USER_CNTP },
	{ "CNTP_CVAL_EL0", REGISTER_CODE(3, 3, 14, 2, 2), .get = get_physical_compare,
	  .set = set_physical_compare, .user = USER_CNTP },
	{ "CNTV_TVAL_EL0", REGISTER_CODE(3, 3, 14, 3, 0), .get = get_virtual_value,
	  .set = set_virtual_value, .user = USER_CNTV },
	{ "CNTV_CTL_EL0", REGISTER_CODE(3, 3, 14, 3, 1), .get = get_virtual_control,
	  .set = set_virtual_control, .user = USER_CNTV },
	{ "CNTV_CVAL_EL0", REGISTER_CODE(3, 3, 14, 3, 2), .get = get_virtual_compare,
	  .set = set_virtual_compare, .user = USER_CNTV },
};
const struct a64_registers clock_registers = { rows, ARRAY_SIZE(rows) };
