/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/gicv3/model.c - see model.h.  Sections are those of IHI 0069: GICD_CTLR (RWP tracks
 * the disable of groups, ARE, and GICD_ICENABLER), GICR_CTLR (RWP, GICR_ICENABLER0), GICD_ICFGR,
 * GICR_WAKER, ICC_AP1R<n>_EL1.  GICR_ISENABLER0 and its neighbours are RAZ/WI without affinity
 * routing.
 */
#include "model.h"
#include "inline.h"
#include <arch_inline.h>
#include <stdio.h>
#include <string.h>

#define SLOW 3u
#define FRAME 0x10000u
#define ARE BIT(4)

struct model model;
bool model_stuck;
u8 model_distributor[FRAME], model_region[MODEL_REGIONS][REGION_FRAMES];

void complain(const char *sentence)
{
	if (model_stuck)
		return;
	printf("# FAIL %s\n", sentence);
	want_failed++;
}

static u64 frames(void)
{
	const struct machine *m = model.machine;

	return m->stride ? m->stride : (m->virtual_lpis ? 4 : 2) * FRAME;
}

/* State that firmware or earlier software has left: everything is enabled. */
static void leave_on(struct model_lines *l)
{
	memset(l, 1, sizeof(*l));
	memset(l->group, 0, sizeof(l->group));
	l->busy = 0;
}

void model_begin(const struct machine *m)
{
	memset(&model, 0, sizeof(model));
	model.machine = m;
	leave_on(&model.spi);
	model.are = model.are_in_force = m->are;
	model.groups = model.groups_in_force = m->are ? 3 : 0;
	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		struct model_cpu *c = &model.cpu[i];

		leave_on(&c->own);
		c->waker = 6 | 1u << 31;
		c->sre = 6;
		c->pmr = c->bpr = 1;
		c->ctlr = 2;
		memset(c->ap, 0xff, sizeof(c->ap));
	}
}

/* ---- lines: the registers that distributor and redistributor have in common ---- */
static void settle(struct model_lines *l)
{
	if (!model_stuck && l->busy && !--l->busy)
		memcpy(l->forwarded, l->enabled, sizeof(l->enabled));
}

static void set_line(struct model_lines *l, u32 offset, unsigned i)
{
	switch (offset & ~0x7fu) {
	case 0x080:
		l->group[i] = 1;
		break;
	case 0x100:
		l->enabled[i] = l->forwarded[i] = 1;
		break;
	case 0x180:
		l->enabled[i] = 0;
		l->busy = SLOW;
		break;
	case 0x280:
		l->pending[i] = 0;
		break;
	case 0x380:
		l->active[i] = 0;
		break;
	default:
		complain("a register that the driver does not need is written");
	}
}

static void write_edges(struct model_lines *l, unsigned first, u32 v)
{
	for (unsigned i = 0; i < 16; i++) {
		u8 edge = v >> (2 * i + 1) & 1;

		if (edge != l->edge[first + i] && l->forwarded[first + i])
			complain("GICD_ICFGR: the trigger of an interrupt changes while it is "
				 "enabled, which is UNPREDICTABLE");
		l->edge[first + i] = edge;
	}
}

static void write_lines(struct model_lines *l, u32 offset, u32 v, unsigned lines)
{
	unsigned first = (offset & 0x7f) * 8;

	if (offset >= 0xc00 && offset < 0xd00) {
		write_edges(l, (offset - 0xc00) * 4, v);
	} else if (offset >= 0x400 && offset < 0x800) {
		if (lines == 32 && offset >= 0x420)
			complain("GICR_IPRIORITYR8 is none");
		for (unsigned i = 0; i < 4; i++)
			l->priority[offset - 0x400 + i] = (u8)(v >> 8 * i);
	} else {
		for (unsigned i = 0; i < 32 && first + i < lines; i++)
			if (v >> i & 1)
				set_line(l, offset, first + i);
	}
}

static u32 read_edges(const struct model_lines *l, u32 offset)
{
	u32 v = 0;

	for (unsigned i = 0; i < 16; i++)
		v |= (u32)l->edge[(offset - 0xc00) * 4 + i] << (2 * i + 1);
	return v;
}

/* ---- the distributor ---- */
static void write_control(u32 v)
{
	bool are = v & ARE;

	if (model.are && !are)
		complain("GICD_CTLR: ARE changes from 1 to 0, which is UNPREDICTABLE");
	if (!model.are && are && model.groups_in_force)
		complain("GICD_CTLR: ARE changes while a group is enabled, which is UNPREDICTABLE");
	if (model.are != are || (model.groups & ~v & 3))
		model.spi.busy = SLOW;
	for (unsigned i = 32; (v & ~model.groups & 3) && i < model.machine->lines; i++)
		if (model.spi.forwarded[i] && !model.spi.enabled[i]) {
			complain("a group is enabled while disabled interrupts may still be "
				 "forwarded");
			break;
		}
	model.groups = v & 3;
	model.groups_in_force |= model.groups;
	model.are = are;
}

static void write_distributor(u32 offset, u32 v)
{
	if (!offset)
		write_control(v);
	else if (offset >= 0x6000)
		complain("GICD_IROUTER has 64 bits");
	else
		write_lines(&model.spi, offset, v, model.machine->lines);
}

static u32 read_distributor(u32 offset)
{
	if (offset == 4)
		return model.machine->lines / 32 - 1;
	if (offset)
		return read_edges(&model.spi, offset);
	settle(&model.spi);
	if (!model.spi.busy) {
		model.groups_in_force = model.groups;
		model.are_in_force = model.are;
	}
	return model.groups | (model.are ? ARE : 0) | (model.spi.busy ? 1u << 31 : 0);
}

/* ---- redistributors ---- */
static void write_redistributor(struct model_cpu *c, u64 offset, u32 v)
{
	if (offset == 0x14) {
		if ((v ^ c->waker) & ~6u)
			complain("GICR_WAKER: bits change that are IMPLEMENTATION DEFINED");
		c->waking = c->waker & 2 && !(v & 2) ? SLOW : c->waking;
		c->waker = (v & ~4u) | (c->waker & 4);
	} else if (offset < FRAME) {
		complain("a redistributor's register that the driver does not need is written");
	} else if (!model.are_in_force) {
		complain("a redistributor's SGI frame is written before affinity routing is in "
			 "force: the write is ignored");
	} else {
		write_lines(&c->own, (u32)(offset - FRAME), v, 32);
	}
}

static u32 read_redistributor(struct model_cpu *c, u64 offset)
{
	if (offset >= FRAME)
		return read_edges(&c->own, (u32)(offset - FRAME));
	if (offset == 0x14) {
		if (!model_stuck && c->waking && !--c->waking)
			c->waker &= ~4u;
		return c->waker;
	}
	settle(&c->own);
	return c->own.busy ? 8 : 0;
}

/* ---- addresses ---- */
static struct model_cpu *at_redistributor(const volatile void *reg, u64 *offset)
{
	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		const volatile u8 *from =
			model_region[model.machine->region[i]] + model.machine->place[i] * frames();

		*offset = (u64)((const volatile u8 *)reg - from);
		if ((const volatile u8 *)reg >= from && *offset < frames())
			return &model.cpu[i];
	}
	return NULL;
}

static bool at_distributor(const volatile void *reg, u32 *offset)
{
	*offset = (u32)((const volatile u8 *)reg - model_distributor);
	return (const volatile u8 *)reg >= model_distributor &&
	       (const volatile u8 *)reg < model_distributor + FRAME;
}

u32 mmio_read32(const volatile void *reg)
{
	struct model_cpu *c;
	u64 within;
	u32 offset;

	model.accesses++;
	if (at_distributor(reg, &offset))
		return read_distributor(offset);
	c = at_redistributor(reg, &within);
	if (c)
		return read_redistributor(c, within);
	complain("a read at an address without a register");
	return 0;
}

void mmio_write32(volatile void *reg, u32 value)
{
	struct model_cpu *c;
	u64 within;
	u32 offset;

	model.accesses++;
	if (at_distributor(reg, &offset)) {
		write_distributor(offset, value);
		return;
	}
	c = at_redistributor(reg, &within);
	if (c)
		write_redistributor(c, within, value);
	else
		complain("a write at an address without a register");
}

/* GICR_TYPER: affinity, VLPIS, Last. */
u64 mmio_read64(const volatile void *reg)
{
	const struct machine *m = model.machine;
	u64 within, hwid;
	struct model_cpu *c = at_redistributor(reg, &within);
	unsigned nr = (unsigned)(c - model.cpu);
	bool last = true;

	model.accesses++;
	if (!c || within != 8) {
		complain("a read of 64 bits that are not GICR_TYPER");
		return 0;
	}
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		last &= m->region[i] != m->region[nr] || m->place[i] <= m->place[nr];
	hwid = m->hwid[nr];
	return (hwid >> 32 << 24 | (hwid & 0xffffff)) << 32 | (last ? 1 << 4 : 0) |
	       (m->virtual_lpis ? 2 : 0);
}

void mmio_write64(volatile void *reg, u64 value)
{
	u32 offset;

	model.accesses++;
	if (!at_distributor(reg, &offset) || offset < 0x6000 + 8 * 32 ||
	    offset >= 0x6000 + 8 * min_u32(model.machine->lines, 1020)) {
		complain("a write of 64 bits that are not GICD_IROUTER<n>, 31 < n < 1020");
		return;
	}
	if (!model.are_in_force)
		complain("GICD_IROUTER is written before affinity routing is in force");
	model.route[(offset - 0x6000) / 8] = value;
}

/* ---- the CPU interface ---- */
static u64 *interface_register(struct model_cpu *c, const char *name)
{
	static const struct {
		const char *name;
		size_t at;
	} names[] = {
		{ "S3_0_C4_C6_0", offsetof(struct model_cpu, pmr) },
		{ "S3_0_C12_C9_0", offsetof(struct model_cpu, ap[0]) },
		{ "S3_0_C12_C9_1", offsetof(struct model_cpu, ap[1]) },
		{ "S3_0_C12_C9_2", offsetof(struct model_cpu, ap[2]) },
		{ "S3_0_C12_C9_3", offsetof(struct model_cpu, ap[3]) },
		{ "S3_0_C12_C12_3", offsetof(struct model_cpu, bpr) },
		{ "S3_0_C12_C12_4", offsetof(struct model_cpu, ctlr) },
		{ "S3_0_C12_C12_7", offsetof(struct model_cpu, enabled) },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, name))
			return (u64 *)(void *)((char *)c + names[i].at);
	return NULL;
}

/* ICC_AP1R1 needs six bits of priority, the next two need seven; otherwise they are UNDEFINED. */
static void interface_usable(const struct model_cpu *c, const char *name)
{
	unsigned n = !strncmp(name, "S3_0_C12_C9_", 12) ? (unsigned)(name[12] - '0') : 0;

	if (!c->sre_in_force)
		complain("a register of the interface is accessed before ICC_SRE_EL1.SRE is in "
			 "force");
	if (c->waker & 6)
		complain("a register of the interface is accessed while the CPU's children are "
			 "asleep");
	if (n && model.machine->pribits < (n > 1 ? 7 : 6))
		complain("an ICC_AP1R<n>_EL1 that needs more priority bits is accessed");
}

static u64 take(void)
{
	u32 id = model.acknowledge[model.acknowledged];

	if (!id)
		return 1023;
	model.acknowledged++;
	model.barrier = false;
	return id == ~0u ? 0 : id; /* ~0: SGI 0 */
}

u64 fake_get(const char *name)
{
	struct model_cpu *c = &model.cpu[host_cpu->nr];
	u64 *at = interface_register(c, name);

	if (!strcmp(name, "id_aa64pfr0_el1"))
		return 1ul << 24;
	if (!strcmp(name, "S3_0_C12_C12_5"))
		return c->sre_in_force ? c->sre : c->sre & ~1ul;
	interface_usable(c, name);
	if (!strcmp(name, "S3_0_C12_C12_0"))
		return take();
	if (!strcmp(name, "S3_0_C12_C12_4"))
		return (u64)(model.machine->pribits - 1) << 8;
	if (!at)
		complain("a system register that the driver does not need is read");
	return at ? *at : 0;
}

void fake_set(const char *name, u64 v)
{
	struct model_cpu *c = &model.cpu[host_cpu->nr];
	u64 *at = interface_register(c, name);

	model.accesses++;
	model.unsynced++;
	if (!strcmp(name, "S3_0_C12_C12_5")) {
		c->sre = v;
		return;
	}
	interface_usable(c, name);
	if (at)
		*at = v;
	else if (!strcmp(name, "S3_0_C12_C11_5"))
		model.sgi[model.sgis++ % ARRAY_SIZE(model.sgi)] = v;
	else if (!strcmp(name, "S3_0_C12_C12_1"))
		model.end[model.ended++ % ARRAY_SIZE(model.end)] = (u32)v;
	else
		complain("a system register that the driver does not need is written");
}

void fake_instruction(const char *text)
{
	if (!strcmp(text, "isb")) {
		model.unsynced = 0;
		model.cpu[host_cpu->nr].sre_in_force = model.cpu[host_cpu->nr].sre & 1;
	} else if (strstr(text, "dsb sy")) {
		model.barrier = true;
	}
}
