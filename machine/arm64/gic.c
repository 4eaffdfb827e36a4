/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/gic.c - the state of interrupts (gic.h).  One security state, no LPIs.  Interrupts
 * of the group that the kernel does not use are never signalled.
 */
#include "gic.h"
#include <machine/random.h>
#include <string.h>

#define VIRTUAL_ID 27u /* timers: private interrupts 11 and 14 */
#define PHYSICAL_ID 30u

struct gic_state gic;

/* The input wires of the distributor keep the levels of the devices. */
void gic_power_on(void)
{
	bool old = features.gic == 2;

	for (unsigned n = 0; n < BANKS; n++)
		gic.shared[n] = (struct gic_bank) { .wire = gic.shared[n].wire };
	memset(gic.route, 0, sizeof(gic.route));
	gic.control = 0;
	for (unsigned i = 0; i < cpus_nr; i++)
		gic_reset_cpu(i);
	gicd_device.base = gicv2_device.base = bcm2836_device.base = GICD_BASE;
	gicc_device.base = GICC_BASE;
	gicr_device.base = GICR_BASE;
	gicd_device.bytes = features.gic == 3 ? 0x10000 : 0;
	gicr_device.bytes = features.gic == 3 ? cpus_nr * GICR_BYTES : 0;
	bcm2836_device.bytes = features.gic ? 0 : 0x100;
	gicv2_device.bytes = gicc_device.bytes = old ? 0x1000 : 0;
	if (old)
		gicv2_reset();
	if (!features.gic)
		bcm2836_reset();
}

void gic_reset_cpu(unsigned cpu)
{
	struct gic_part *p = &gic.part[cpu];

	memset(p, 0, sizeof(*p));
	p->waker = features.awake ? 0 : 6;
	p->own.edge = 0xffff;
	if (features.gic == 2)
		gicv2_reset_cpu(cpu);
}

struct gic_bank *gic_bank_at(unsigned cpu, unsigned bank)
{
	return bank ? &gic.shared[bank] : &gic.part[cpu].own;
}

static bool targets_cpu(unsigned cpu, unsigned id)
{
	if (id < PRIVATE)
		return true;
	if (features.gic == 2)
		return gicv2_targets(cpu, id);
	return gic.route[id] >> 31 & 1 || (gic.route[id] & 0xff00fffffful) == id_affinity(cpu);
}

/* v2 as the kernel uses it: group 0; v3: group 1. */
static u32 signalled(const struct gic_bank *b)
{
	u32 group = features.gic == 2 ? ~b->group : b->group;

	return (b->pending | (b->wire & ~b->edge)) & b->enabled & group & ~b->active;
}

/* v2 has 16 levels of priority here, the fewest that IHI 0048, 3.3 allows; v3 has 32. */
static unsigned level_shift(void)
{
	return features.gic == 2 ? 4 : 3;
}

unsigned gic_running(const struct gic_part *p)
{
	return p->active_priorities
		       ? (unsigned)__builtin_ctzl(p->active_priorities) << level_shift()
		       : 256;
}

static bool interface_on(const struct gic_part *p)
{
	u32 on = features.gic == 2 ? 1 : 2;

	return (gic.control & on) && (p->enabled & 1) && (features.gic == 2 || !(p->waker & 2));
}

static u32 timers_of(const struct a64_cpu *c)
{
	return (cpu_timer_fires(c, &c->virtual) ? 1u << VIRTUAL_ID : 0) |
	       (cpu_timer_fires(c, &c->physical) ? 1u << PHYSICAL_ID : 0);
}

unsigned gic_best(unsigned cpu)
{
	struct gic_part *p = &gic.part[cpu];
	unsigned found = SPURIOUS, level = 256;

	if (!interface_on(p))
		return SPURIOUS;
	p->own.wire = timers_of(&cpus[cpu]);
	for (unsigned n = 0; n < BANKS; n++) {
		const struct gic_bank *b = gic_bank_at(cpu, n);

		for (u32 all = signalled(b); all; all &= all - 1) {
			unsigned i = (unsigned)__builtin_ctz(all);

			if (b->priority[i] < level && targets_cpu(cpu, 32 * n + i)) {
				found = 32 * n + i;
				level = b->priority[i];
			}
		}
	}
	return level < p->mask && level < gic_running(p) ? found : SPURIOUS;
}

bool gic_pending(unsigned cpu)
{
	return features.gic ? gic_best(cpu) != SPURIOUS : bcm2836_pending(cpu);
}

/* ---- an interrupt is taken ---- */
/* Choose one of the senders of the SGI, and clear it. */
static unsigned sender(u8 *from)
{
	unsigned n = (unsigned)__builtin_popcount(*from),
		 skip = n > 1 ? (unsigned)random_below(n) : 0;
	unsigned found = 0;

	for (u32 left = *from; left; left &= left - 1)
		if (!skip--)
			found = (unsigned)__builtin_ctz(left);
	*from = (u8)(*from & ~(1u << found));
	return found;
}

unsigned gic_acknowledge(unsigned cpu, unsigned *from)
{
	struct gic_part *p = &gic.part[cpu];
	unsigned id = gic_best(cpu);
	struct gic_bank *b;

	*from = 0;
	if (id == SPURIOUS)
		return SPURIOUS;
	b = gic_bank_at(cpu, id / 32);
	if (id < SGIS)
		*from = sender(&p->from[id]);
	if (id >= SGIS || !p->from[id])
		b->pending &= ~(1u << id % 32);
	b->active |= 1u << id % 32;
	p->active_priorities |= BIT(b->priority[id % 32] >> level_shift());
	return id;
}

void gic_end(unsigned cpu, unsigned id)
{
	struct gic_part *p = &gic.part[cpu];

	p->active_priorities &= p->active_priorities - 1;
	gic_bank_at(cpu, id / 32)->active &= ~(1u << id % 32);
}

/* ---- SGIs ---- */
/* `view`: of the accesses that the sender has completed. */
void gic_send(unsigned to, unsigned id, unsigned from, u64 view)
{
	struct gic_part *p = &gic.part[to];

	cpus[to].interrupt_view = later_view(cpus[to].interrupt_view, view);
	if (!(p->sent[id] >> from & 1))
		p->due[id][from] = random_below(knobs.adversary[ADV_IRQ] + 1);
	p->sent[id] |= (u8)(1u << from);
	p->in_flight |= 1u << id;
}

bool gic_in_flight(unsigned cpu)
{
	return gic.part[cpu].in_flight;
}

/* Advance the SGIs in flight. */
void gic_between(unsigned cpu)
{
	struct gic_part *p = &gic.part[cpu];

	for (u32 left = p->in_flight; left; left &= left - 1) {
		unsigned id = (unsigned)__builtin_ctz(left);

		for (unsigned i = 0; i < GICV2_CPUS; i++) {
			if (!(p->sent[id] >> i & 1) || (p->due[id][i] && --p->due[id][i]))
				continue;
			p->sent[id] = (u8)(p->sent[id] & ~(1u << i));
			p->from[id] |= (u8)(1u << i);
			p->own.pending |= 1u << id;
		}
		if (!p->sent[id])
			p->in_flight &= ~(1u << id);
	}
}

void gic_wire(unsigned id, bool high)
{
	struct gic_bank *b = &gic.shared[id / 32];
	u32 bit = 1u << id % 32;

	b->pending |= high && !(b->wire & bit) ? bit & b->edge : 0;
	b->wire = high ? b->wire | bit : b->wire & ~bit;
}

/* ---- registers with some bits for each interrupt ---- */
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

bool gic_in_lines(u64 offset, u64 start, unsigned bits)
{
	return offset >= start && offset - start < IDS * bits / 8;
}

void gic_read_lines(unsigned cpu, u64 offset, unsigned bytes, u64 *v)
{
	u64 within = offset & 0x7f;
	const struct gic_bank *b;

	*v = 0;
	if (offset < PRIORITIES) {
		if (offset < BITS_GROUP || within / 4 >= BANKS)
			return;
		b = gic_bank_at(cpu, (unsigned)within / 4);
		*v = *bits_at((struct gic_bank *)b, offset);
		if ((offset & ~0xfful) == BITS_PEND)
			*v |= b->wire & ~b->edge;
	} else if (gic_in_lines(offset, PRIORITIES, 8)) {
		b = gic_bank_at(cpu, (unsigned)(offset - PRIORITIES) / 32);
		for (unsigned i = 0; i < bytes; i++)
			*v |= (u64)b->priority[(offset + i) % 32] << 8 * i;
	} else if (gic_in_lines(offset, CONFIGURATION, 2)) {
		*v = edges(gic_bank_at(cpu, (unsigned)within / 8), within & 4 ? 16 : 0);
	}
}

static void write_bits(unsigned cpu, u64 offset, u64 v)
{
	u64 n = (offset & 0x7f) / 4;
	u32 *bits;

	if (offset < BITS_GROUP || n >= BANKS)
		return;
	bits = bits_at(gic_bank_at(cpu, (unsigned)n), offset);
	*bits = offset < BITS_ENABLE ? (u32)v : offset & 0x80 ? *bits & ~(u32)v : *bits | (u32)v;
}

void gic_write_lines(unsigned cpu, u64 offset, unsigned bytes, u64 v)
{
	struct gic_bank *b;

	if (offset < PRIORITIES) {
		write_bits(cpu, offset, v);
	} else if (gic_in_lines(offset, PRIORITIES, 8)) {
		b = gic_bank_at(cpu, (unsigned)(offset - PRIORITIES) / 32);
		for (unsigned i = 0; i < bytes; i++)
			b->priority[(offset + i) % 32] =
				(u8)(v >> 8 * i & (0xffu << level_shift()));
	} else if (gic_in_lines(offset, CONFIGURATION, 2)) {
		if (offset != CONFIGURATION) /* SGIs are edges */
			set_edges(gic_bank_at(cpu, (unsigned)(offset & 0x7f) / 8),
				  offset & 4 ? 16 : 0, v);
	}
}
