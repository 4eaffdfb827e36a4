/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/gic.c - a GICv3 (IHI 0069): distributor, a redistributor a CPU, and the CPU
 * interface by system registers.  One security state, affinity routing fixed on, group 1, five bits
 * of priority; no LPIs.  Interrupts of other groups are never signalled.
 */
#include "devices.h"
#include <machine/random.h>
#include <string.h>

#define PRIVATE 32u
#define IDS 96u
#define BANKS (IDS / 32)
#define SPURIOUS 1023u
#define SGIS 16u
#define TIMER_ID 27u

/* Thirty-two interrupts, a bit each. */
struct gic_bank {
	u32 group, enabled, pending, active, wire, edge;
	u8 priority[32];
};

static struct gic_bank shared[BANKS]; /* the first is not used: those are private */
static u64 route[IDS];                /* MPIDR's affinity */
static u32 control;
static struct gic_part {
	struct gic_bank own;
	u32 waker, under_way; /* SGIs that were sent */
	u64 due[SGIS];        /* slices until they are pending */
	u64 mask, enabled, binary, active_priorities;
} part[WORST_CPUS];

void gic_reset_cpu(unsigned cpu)
{
	memset(&part[cpu], 0, sizeof(part[cpu]));
	part[cpu].waker = 6;
	part[cpu].own.edge = 0xffff;
}

/* A distributor's wires stay as high as devices hold them. */
void gic_power_on(void)
{
	for (unsigned n = 0; n < BANKS; n++)
		shared[n] = (struct gic_bank) { .wire = shared[n].wire };
	memset(route, 0, sizeof(route));
	control = 0;
	for (unsigned i = 0; i < WORST_CPUS; i++)
		gic_reset_cpu(i);
}

static struct gic_bank *bank_at(unsigned cpu, unsigned bank)
{
	return bank ? &shared[bank] : &part[cpu].own;
}

static bool goes_to(unsigned cpu, unsigned id)
{
	if (id < PRIVATE)
		return true;
	return id < IDS && (route[id] >> 31 & 1 || (route[id] & 0xff00fffffful) == cpu);
}

static u32 signalled(const struct gic_bank *b)
{
	return (b->pending | (b->wire & ~b->edge)) & b->enabled & b->group & ~b->active;
}

/* The number of the priority that is active, 256: none. */
static unsigned running(const struct gic_part *p)
{
	return p->active_priorities ? (unsigned)__builtin_ctzl(p->active_priorities) << 3 : 256;
}

static unsigned best(unsigned cpu)
{
	struct gic_part *p = &part[cpu];
	unsigned found = SPURIOUS, level = 256;

	if (!(control & 2) || !(p->enabled & 1) || (p->waker & 2))
		return SPURIOUS;
	p->own.wire = cpu_timer_fires(&cpus[cpu]) ? BIT(TIMER_ID) : 0;
	for (unsigned n = 0; n < BANKS; n++) {
		const struct gic_bank *b = bank_at(cpu, n);
		u32 all = signalled(b);

		for (unsigned i = 0; all && i < 32; i++) {
			if ((all >> i & 1) && b->priority[i] < level && goes_to(cpu, 32 * n + i)) {
				found = 32 * n + i;
				level = b->priority[i];
			}
		}
	}
	return level < p->mask && level < running(p) ? found : SPURIOUS;
}

bool gic_pending(unsigned cpu)
{
	return best(cpu) != SPURIOUS;
}

/* ---- the CPU interface ---- */
static u64 get_iar(struct a64_cpu *c)
{
	unsigned id = best(c->id);
	struct gic_bank *b;

	if (id == SPURIOUS)
		return SPURIOUS;
	b = bank_at(c->id, id / 32);
	b->pending &= ~(1u << id % 32);
	b->active |= 1u << id % 32;
	part[c->id].active_priorities |= BIT(b->priority[id % 32] >> 3);
	return id;
}

static void set_eoir(struct a64_cpu *c, u64 id)
{
	struct gic_part *p = &part[c->id];

	if (id >= IDS)
		return;
	p->active_priorities &= p->active_priorities - 1; /* the highest is dropped */
	bank_at(c->id, (unsigned)id / 32)->active &= ~(1u << id % 32);
	cpu_yield(c);
}

/* ICC_SGI1R_EL1: Aff0 of up to 16 CPUs, or all but this one. */
static void set_sgi1r(struct a64_cpu *c, u64 v)
{
	unsigned id = v >> 24 & 15;
	u64 others = v >> 40 & 1, to = others ? ~BIT(c->id) : v & 0xffff;

	if (!others && ((v >> 16 & 0xff) || (v >> 32 & 0xff) || (v >> 48 & 0xff)))
		return; /* no CPU has these affinities */
	for (unsigned i = 0; i < cpus_nr; i++) {
		if (!(to >> i & 1))
			continue;
		cpus[i].interrupt_view = later_view(cpus[i].interrupt_view, c->synced);
		if (!(part[i].under_way >> id & 1))
			part[i].due[id] = random_below(knobs.adversary[ADV_IRQ] + 1);
		part[i].under_way |= 1u << id;
	}
}

bool gic_under_way(unsigned cpu)
{
	return part[cpu].under_way;
}

/* Those under way come nearer. */
void gic_between(unsigned cpu)
{
	struct gic_part *p = &part[cpu];

	for (u32 left = p->under_way; left; left &= left - 1) {
		unsigned id = (unsigned)__builtin_ctz(left);

		if (p->due[id] && --p->due[id])
			continue;
		p->under_way &= ~(1u << id);
		p->own.pending |= 1u << id;
	}
}

static u64 get_mask(struct a64_cpu *c)
{
	return part[c->id].mask;
}

static void set_mask(struct a64_cpu *c, u64 v)
{
	part[c->id].mask = v & 0xf8;
	cpu_yield(c);
}

static u64 get_enabled(struct a64_cpu *c)
{
	return part[c->id].enabled;
}

static void set_enabled(struct a64_cpu *c, u64 v)
{
	part[c->id].enabled = v & 1;
	cpu_yield(c);
}

static u64 get_binary(struct a64_cpu *c)
{
	return part[c->id].binary;
}

static void set_binary(struct a64_cpu *c, u64 v)
{
	part[c->id].binary = (v & 7) < 2 ? 2 : v & 7; /* the least that five bits allow */
}

static u64 get_active_priorities(struct a64_cpu *c)
{
	return part[c->id].active_priorities;
}

static void set_active_priorities(struct a64_cpu *c, u64 v)
{
	part[c->id].active_priorities = (u32)v;
}

/* PRIbits: five; only EOImode 0 is modelled. */
static u64 get_interface_control(struct a64_cpu *c)
{
	(void)c;
	return 4 << 8;
}

static void set_interface_control(struct a64_cpu *c, u64 v)
{
	if (v & 2)
		machine_stop("CPU %u: ICC_CTLR_EL1.EOImode 1 is not modelled", c->id);
}

static u64 get_sre(struct a64_cpu *c)
{
	(void)c;
	return 7; /* system registers only */
}

static void set_sre(struct a64_cpu *c, u64 v)
{
	(void)c, (void)v;
}

static u64 get_running(struct a64_cpu *c)
{
	unsigned r = running(&part[c->id]);

	return r < 256 ? r : 255;
}

static u64 get_highest(struct a64_cpu *c)
{
	return best(c->id);
}

const struct a64_register gic_registers[] = {
	{ "ICC_PMR_EL1", REGISTER_CODE(3, 0, 4, 6, 0), .get = get_mask, .set = set_mask },
	{ "ICC_AP1R0_EL1", REGISTER_CODE(3, 0, 12, 9, 0), .get = get_active_priorities,
	  .set = set_active_priorities },
	{ "ICC_IAR1_EL1", REGISTER_CODE(3, 0, 12, 12, 0), .get = get_iar, .set = NULL },
	{ "ICC_EOIR1_EL1", REGISTER_CODE(3, 0, 12, 12, 1), .get = NULL, .set = set_eoir },
	{ "ICC_HPPIR1_EL1", REGISTER_CODE(3, 0, 12, 12, 2), .get = get_highest, .set = NULL },
	{ "ICC_BPR1_EL1", REGISTER_CODE(3, 0, 12, 12, 3), .get = get_binary, .set = set_binary },
	{ "ICC_CTLR_EL1", REGISTER_CODE(3, 0, 12, 12, 4), .get = get_interface_control,
	  .set = set_interface_control },
	{ "ICC_SRE_EL1", REGISTER_CODE(3, 0, 12, 12, 5), .get = get_sre, .set = set_sre },
	{ "ICC_IGRPEN1_EL1", REGISTER_CODE(3, 0, 12, 12, 7), .get = get_enabled,
	  .set = set_enabled },
	{ "ICC_RPR_EL1", REGISTER_CODE(3, 0, 12, 11, 3), .get = get_running, .set = NULL },
	{ "ICC_SGI1R_EL1", REGISTER_CODE(3, 0, 12, 11, 5), .get = NULL, .set = set_sgi1r },
};
const unsigned gic_registers_nr = ARRAY_SIZE(gic_registers);

/* ---- registers with a bit, two or eight for each interrupt: the same in both frames ---- */
enum {
	BITS_GROUP = 0x80,
	BITS_ENABLE = 0x100,
	BITS_DISABLE = 0x180,
	BITS_PEND = 0x200,
	BITS_UNPEND = 0x280,
	BITS_ACTIVATE = 0x300,
	BITS_DEACTIVATE = 0x380,
	PRIORITIES = 0x400,
	CONFIGURATION = 0xc00,
	ROUTES = 0x6000
};

static u32 *bits_at(struct gic_bank *b, u64 offset)
{
	switch (offset & ~0xfful) {
	case 0:
		return &b->group;
	case BITS_ENABLE:
		return &b->enabled;
	case BITS_PEND:
		return &b->pending;
	default:
		return &b->active;
	}
}

static u32 edges(const struct gic_bank *b, unsigned first)
{
	u32 v = 0;

	for (unsigned i = 0; i < 16; i++)
		v |= (b->edge >> (first + i) & 1) << (2 * i + 1);
	return v;
}

static void set_edges(struct gic_bank *b, unsigned first, u64 v)
{
	for (unsigned i = 0; i < 16; i++)
		if (v >> (2 * i + 1) & 1)
			b->edge |= 1u << (first + i);
		else
			b->edge &= ~(1u << (first + i));
}

static bool in_lines(u64 offset, u64 start, unsigned bits)
{
	return offset >= start && offset - start < IDS * bits / 8;
}

static void read_lines(unsigned cpu, u64 offset, unsigned bytes, u64 *v)
{
	u64 within = offset & 0x7f;
	const struct gic_bank *b;

	*v = 0;
	if (offset < PRIORITIES) {
		if (offset < BITS_GROUP || within / 4 >= BANKS)
			return;
		b = bank_at(cpu, (unsigned)within / 4);
		*v = *bits_at((struct gic_bank *)b, offset);
		if ((offset & ~0xfful) == BITS_PEND)
			*v |= b->wire & ~b->edge;
	} else if (in_lines(offset, PRIORITIES, 8)) {
		b = bank_at(cpu, (unsigned)(offset - PRIORITIES) / 32);
		for (unsigned i = 0; i < bytes; i++)
			*v |= (u64)b->priority[(offset + i) % 32] << 8 * i;
	} else if (in_lines(offset, CONFIGURATION, 2)) {
		*v = edges(bank_at(cpu, (unsigned)within / 8), within & 4 ? 16 : 0);
	}
}

static void write_bits(unsigned cpu, u64 offset, u64 v)
{
	u64 n = (offset & 0x7f) / 4;
	u32 *bits;

	if (offset < BITS_GROUP || n >= BANKS)
		return;
	bits = bits_at(bank_at(cpu, (unsigned)n), offset);
	*bits = offset < BITS_ENABLE ? (u32)v : offset & 0x80 ? *bits & ~(u32)v : *bits | (u32)v;
}

static void write_lines(unsigned cpu, u64 offset, unsigned bytes, u64 v)
{
	struct gic_bank *b;

	if (offset < PRIORITIES) {
		write_bits(cpu, offset, v);
	} else if (in_lines(offset, PRIORITIES, 8)) {
		b = bank_at(cpu, (unsigned)(offset - PRIORITIES) / 32);
		for (unsigned i = 0; i < bytes; i++)
			b->priority[(offset + i) % 32] = v >> 8 * i & 0xf8;
	} else if (in_lines(offset, CONFIGURATION, 2)) {
		if (offset != CONFIGURATION) /* SGIs are edges */
			set_edges(bank_at(cpu, (unsigned)(offset & 0x7f) / 8), offset & 4 ? 16 : 0,
				  v);
	}
}

/* ---- the distributor ---- */
#define CTLR_ARE BIT(4)
#define CTLR_ONE_STATE BIT(6)
#define PIDR2 0xffe8u
#define VERSION_3 0x3bu

static bool dist_read(u64 offset, unsigned bytes, u64 *v)
{
	if (offset == 0)
		*v = control | CTLR_ARE | CTLR_ONE_STATE;
	else if (offset == 4) /* TYPER: identifiers have ten bits */
		*v = 9u << 19 | (IDS / 32 - 1);
	else if (offset == PIDR2)
		*v = VERSION_3;
	else if (offset >= ROUTES + 8 * PRIVATE && offset < ROUTES + 8 * IDS)
		*v = route[(offset - ROUTES) / 8] >> 8 * (offset & 7);
	else
		read_lines(0, offset, bytes, v);
	return true;
}

static bool dist_write(u64 offset, unsigned bytes, u64 v)
{
	if (offset == 0)
		control = (u32)v & 3;
	else if (offset >= ROUTES + 8 * PRIVATE && offset < ROUTES + 8 * IDS && bytes == 8)
		route[(offset - ROUTES) / 8] = v;
	else if (offset < ROUTES)
		write_lines(0, offset, bytes, v);
	return true;
}

const struct machine_device gicd_device = { GICD_BASE, 0x10000, dist_read, dist_write };

/* ---- redistributors: two frames of 64 KiB a CPU ---- */
static bool redist_read(u64 offset, unsigned bytes, u64 *v)
{
	unsigned cpu = (unsigned)(offset / GICR_BYTES);

	*v = 0;
	offset %= GICR_BYTES;
	if (offset >= 0x10000)
		read_lines(cpu, offset - 0x10000, bytes, v);
	else if (offset == 8 || offset == 12) { /* TYPER: affinity, number, last */
		*v = (u64)cpu << 32 | (u64)cpu << 8 | (cpu + 1 == cpus_nr ? BIT(4) : 0);
		*v >>= offset == 12 ? 32 : 0;
	} else if (offset == 0x14)
		*v = part[cpu].waker;
	else if (offset == PIDR2)
		*v = VERSION_3;
	return true;
}

static bool redist_write(u64 offset, unsigned bytes, u64 v)
{
	unsigned cpu = (unsigned)(offset / GICR_BYTES);

	offset %= GICR_BYTES;
	if (offset >= 0x10000)
		write_lines(cpu, offset - 0x10000, bytes, v);
	else if (offset == 0x14) /* ChildrenAsleep follows ProcessorSleep */
		part[cpu].waker = v & 2 ? 6 : 0;
	return true;
}

struct machine_device gicr_device = { GICR_BASE, GICR_BYTES, redist_read, redist_write };

void gic_wire(unsigned id, bool high)
{
	struct gic_bank *b = &shared[id / 32];
	u32 bit = 1u << id % 32;

	b->pending |= high && !(b->wire & bit) ? bit & b->edge : 0;
	b->wire = high ? b->wire | bit : b->wire & ~bit;
}
