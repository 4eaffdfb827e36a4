/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/gicv3.c - GICv3 (IHI 0069): distributor, one redistributor for each CPU, and the
 * CPU interface by system registers.  Affinity routing is fixed on; five bits of priority.
 */
#include "gic.h"
#include "registers.h"

#define ROUTES 0x6000u

/* ---- the CPU interface ---- */
static u64 get_iar(struct a64_cpu *c)
{
	unsigned from;

	return gic_acknowledge(c->id, &from);
}

static void set_eoir(struct a64_cpu *c, u64 id)
{
	if (id >= IDS)
		return;
	gic_end(c->id, (unsigned)id);
	cpu_yield(c);
}

/* ICC_SGI1R_EL1: Aff3 to Aff1, and a list of 16 values of Aff0 from 16 * RS on. */
static bool sgi_is_for(u64 v, u64 affinity)
{
	return (v >> 48 & 255) == affinity >> 32 && (v >> 32 & 255) == (affinity >> 16 & 255) &&
	       (v >> 16 & 255) == (affinity >> 8 & 255) && (v >> 44 & 15) == (affinity >> 4 & 15) &&
	       (v >> (affinity & 15) & 1);
}

/* IRM: all CPUs but this one. */
static void set_sgi1r(struct a64_cpu *c, u64 v)
{
	for (unsigned i = 0; i < cpus_nr; i++)
		if (v >> 40 & 1 ? i != c->id : sgi_is_for(v, id_affinity(i)))
			gic_send(i, v >> 24 & 15, 0, c->synced);
}

static u64 get_mask(struct a64_cpu *c)
{
	return gic.part[c->id].mask;
}

static void set_mask(struct a64_cpu *c, u64 v)
{
	gic.part[c->id].mask = v & 0xf8;
	cpu_yield(c);
}

static u64 get_enabled(struct a64_cpu *c)
{
	return gic.part[c->id].enabled;
}

static void set_enabled(struct a64_cpu *c, u64 v)
{
	gic.part[c->id].enabled = v & 1;
	cpu_yield(c);
}

static u64 get_binary(struct a64_cpu *c)
{
	return gic.part[c->id].binary;
}

static void set_binary(struct a64_cpu *c, u64 v)
{
	gic.part[c->id].binary = (v & 7) < 2 ? 2 : v & 7; /* the least that five bits allow */
}

static u64 get_active_priorities(struct a64_cpu *c)
{
	return gic.part[c->id].active_priorities;
}

static void set_active_priorities(struct a64_cpu *c, u64 v)
{
	gic.part[c->id].active_priorities = (u32)v;
}

/* Affinities have an Aff3 (A3V), and an Aff0 above 15 (RSS). */
static bool wide_affinities(void)
{
	return features.mpidr == MPIDR_SPARSE;
}

/* PRIbits: five; only EOImode 0 is modelled. */
static u64 get_interface_control(struct a64_cpu *c)
{
	(void)c;
	return 4 << 8 | (wide_affinities() ? BIT(15) | BIT(18) : 0);
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

/* ---- group 0: accessible, since there is one security state; its interrupts are not modelled ----
 */
static u64 get_spurious(struct a64_cpu *c)
{
	(void)c;
	return SPURIOUS;
}

static void set_eoir0(struct a64_cpu *c, u64 id)
{
	if (id < IDS)
		machine_stop("CPU %u: ICC_EOIR0_EL1 is written with %lx: group 0 is not modelled",
			     c->id, id);
}

static u64 get_binary0(struct a64_cpu *c)
{
	return gic.part[c->id].binary0;
}

static void set_binary0(struct a64_cpu *c, u64 v)
{
	gic.part[c->id].binary0 = (v & 7) < 2 ? 2 : v & 7;
}

static u64 get_enabled0(struct a64_cpu *c)
{
	(void)c;
	return 0;
}

static void set_enabled0(struct a64_cpu *c, u64 v)
{
	if (v & 1)
		machine_stop("CPU %u: ICC_IGRPEN0_EL1 enables group 0, which is not modelled",
			     c->id);
}

static u64 get_active_priorities0(struct a64_cpu *c)
{
	(void)c;
	return 0;
}

static void set_active_priorities0(struct a64_cpu *c, u64 v)
{
	if (v)
		machine_stop("CPU %u: ICC_AP0R0_EL1 is written with %lx: group 0 is not modelled",
			     c->id, v);
}

static u64 get_running(struct a64_cpu *c)
{
	unsigned r = gic_running(&gic.part[c->id]);

	return r < 256 ? r : 255;
}

static u64 get_highest(struct a64_cpu *c)
{
	return gic_best(c->id);
}

static const struct a64_register rows[] = {
	{ "ICC_PMR_EL1", REGISTER_CODE(3, 0, 4, 6, 0), .get = get_mask, .set = set_mask },
	{ "ICC_IAR0_EL1", REGISTER_CODE(3, 0, 12, 8, 0), .get = get_spurious },
	{ "ICC_EOIR0_EL1", REGISTER_CODE(3, 0, 12, 8, 1), .set = set_eoir0 },
	{ "ICC_HPPIR0_EL1", REGISTER_CODE(3, 0, 12, 8, 2), .get = get_spurious },
	{ "ICC_BPR0_EL1", REGISTER_CODE(3, 0, 12, 8, 3), .get = get_binary0, .set = set_binary0 },
	{ "ICC_AP0R0_EL1", REGISTER_CODE(3, 0, 12, 8, 4), .get = get_active_priorities0,
	  .set = set_active_priorities0 },
	{ "ICC_IGRPEN0_EL1", REGISTER_CODE(3, 0, 12, 12, 6), .get = get_enabled0,
	  .set = set_enabled0 },
	{ "ICC_AP1R0_EL1", REGISTER_CODE(3, 0, 12, 9, 0), .get = get_active_priorities,
	  .set = set_active_priorities },
	{ "ICC_IAR1_EL1", REGISTER_CODE(3, 0, 12, 12, 0), .get = get_iar },
	{ "ICC_EOIR1_EL1", REGISTER_CODE(3, 0, 12, 12, 1), .set = set_eoir },
	{ "ICC_HPPIR1_EL1", REGISTER_CODE(3, 0, 12, 12, 2), .get = get_highest },
	{ "ICC_BPR1_EL1", REGISTER_CODE(3, 0, 12, 12, 3), .get = get_binary, .set = set_binary },
	{ "ICC_CTLR_EL1", REGISTER_CODE(3, 0, 12, 12, 4), .get = get_interface_control,
	  .set = set_interface_control },
	{ "ICC_SRE_EL1", REGISTER_CODE(3, 0, 12, 12, 5), .get = get_sre, .set = set_sre },
	{ "ICC_IGRPEN1_EL1", REGISTER_CODE(3, 0, 12, 12, 7), .get = get_enabled,
	  .set = set_enabled },
	{ "ICC_RPR_EL1", REGISTER_CODE(3, 0, 12, 11, 3), .get = get_running },
	{ "ICC_SGI1R_EL1", REGISTER_CODE(3, 0, 12, 11, 5), .set = set_sgi1r },
};
const struct a64_registers gic_registers = { rows, ARRAY_SIZE(rows) };

/* ---- the distributor ---- */
#define CTLR_ARE BIT(4)
#define CTLR_ONE_STATE BIT(6)
#define PIDR2 0xffe8u
#define VERSION_3 0x3bu

static bool dist_read(u64 offset, unsigned bytes, u64 *v)
{
	if (offset == 0)
		*v = gic.control | CTLR_ARE | CTLR_ONE_STATE;
	else if (offset == 4) /* TYPER: identifiers have ten bits */
		*v = 9u << 19 | (IDS / 32 - 1) | (wide_affinities() ? BIT(24) | BIT(26) : 0);
	else if (offset == PIDR2)
		*v = VERSION_3;
	else if (offset >= ROUTES + 8 * PRIVATE && offset < ROUTES + 8 * IDS)
		*v = gic.route[(offset - ROUTES) / 8] >> 8 * (offset & 7);
	else
		gic_read_lines(0, offset, bytes, v);
	return true;
}

static bool dist_write(u64 offset, unsigned bytes, u64 v)
{
	if (offset == 0)
		gic.control = (u32)v & 3;
	else if (offset >= ROUTES + 8 * PRIVATE && offset < ROUTES + 8 * IDS && bytes == 8)
		gic.route[(offset - ROUTES) / 8] = v;
	else if (offset < ROUTES)
		gic_write_lines(0, offset, bytes, v);
	return true;
}

struct machine_device gicd_device = { IO_BASE, 0x10000, dist_read, dist_write };

/* ---- redistributors: two frames of 64 KiB for each CPU ---- */
/* GICR_TYPER: affinity, number, last */
static u64 redist_type(unsigned cpu)
{
	u64 a = id_affinity(cpu);

	return (a >> 32 << 24 | (a & 0xffffff)) << 32 | (u64)cpu << 8 |
	       (cpu + 1 == cpus_nr ? BIT(4) : 0);
}

static bool redist_read(u64 offset, unsigned bytes, u64 *v)
{
	unsigned cpu = (unsigned)(offset / GICR_BYTES);

	*v = 0;
	offset %= GICR_BYTES;
	if (offset >= 0x10000)
		gic_read_lines(cpu, offset - 0x10000, bytes, v);
	else if (offset == 8 || offset == 12)
		*v = redist_type(cpu) >> (offset == 12 ? 32 : 0);
	else if (offset == 0x14)
		*v = gic.part[cpu].waker;
	else if (offset == PIDR2)
		*v = VERSION_3;
	return true;
}

static bool redist_write(u64 offset, unsigned bytes, u64 v)
{
	unsigned cpu = (unsigned)(offset / GICR_BYTES);

	offset %= GICR_BYTES;
	if (offset >= 0x10000)
		gic_write_lines(cpu, offset - 0x10000, bytes, v);
	else if (offset == 0x14) /* ChildrenAsleep follows ProcessorSleep */
		gic.part[cpu].waker = v & 2 ? 6 : 0;
	return true;
}

struct machine_device gicr_device = { IO_BASE, GICR_BYTES, redist_read, redist_write };
