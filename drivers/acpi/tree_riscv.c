/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree_riscv.c - the RISC-V parts of the tree: extensions of each hart (RHCT) and
 * interrupt controllers (MADT; both: ACPI 6.6), as the device tree bindings describe them.
 */
#include <drivers/acpi/tree_write.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>

enum { RHCT_TIMEBASE = 40, RHCT_NR = 48, RHCT_FIRST = 52, RHCT_BYTES = 56, NODE_HEAD = 6 };
enum { NODE_ISA = 0, NODE_CMO = 1, NODE_MMU = 2, NODE_HART = 0xffff };
#define SUPERVISOR_EXTERNAL 9
#define NO_CONTEXT (~0u) /* interrupts-extended: context without a hart */
#define CONTEXTS_MAX (2 * MADT_CPUS)
#define CONTEXT_OF(id) ((id)&0xffff)
#define CHIP_OF(id) ((id) >> 24)

struct hart { /* a hart in the RHCT */
	const char *isa;
	u16 isa_len;
	u8 cbom, mmu; /* log2 of the block size, and MMU type + 1; 0: not given */
};

/* The RHCT and its length; NULL: none, or too short for its header. */
static const u8 *rhct(const struct tree *t, u32 *len)
{
	const struct table *table = tables_find(t->tables, "RHCT", 0);

	if (!table || table->len < RHCT_BYTES)
		return NULL;
	*len = table->len;
	return t->tables->at(table->pa, table->len);
}

u32 tree_timebase(const struct tree *t)
{
	u32 len;
	const u8 *p = rhct(t, &len);

	return p ? (u32)table_u64(p + RHCT_TIMEBASE) : 0;
}

/* The node at offset `at`, or NULL if it is not inside the table. */
static const u8 *node_at(const u8 *p, u32 len, u32 at)
{
	u32 bytes = at <= len && len - at >= NODE_HEAD ? table_u16(p + at + 2) : 0;

	return bytes >= NODE_HEAD && bytes <= len - at ? p + at : NULL;
}

/* One node that a hart refers to; unknown types and nodes that are too short are skipped. */
static void read_hart_node(struct hart *h, const u8 *n)
{
	u16 type = table_u16(n), bytes = table_u16(n + 2);

	if (type == NODE_ISA && bytes > 8) {
		h->isa_len = (u16)min_u64(table_u16(n + 6), (u64)bytes - 8);
		h->isa = (const char *)n + 8;
	} else if (type == NODE_CMO && bytes >= 10) {
		h->cbom = n[7];
	} else if (type == NODE_MMU && bytes >= 8) {
		h->mmu = n[7] < 3 ? (u8)(n[7] + 1) : 0;
	}
}

/* `info`: the hart's Hart Info node, a list of offsets of other nodes. */
static void read_hart_nodes(struct hart *h, const u8 *p, u32 len, const u8 *info)
{
	u32 nr = table_u16(info + 6), room = (table_u16(info + 2) - 12u) / 4;

	for (u32 i = 0; i < nr && i < room; i++) {
		const u8 *n = node_at(p, len, table_u32(info + 12 + i * 4));

		if (n)
			read_hart_node(h, n);
	}
}

/* Fill *h with what the RHCT has for the hart of this ACPI processor UID. */
static void find(const struct tree *t, u32 uid, struct hart *h)
{
	u32 len, at;
	const u8 *p = rhct(t, &len), *n;

	memset(h, 0, sizeof(*h));
	at = p ? table_u32(p + RHCT_FIRST) : 0;
	for (u32 nr = p ? table_u32(p + RHCT_NR) : 0; nr && (n = node_at(p, len, at)); nr--) {
		if (table_u16(n) == NODE_HART && table_u16(n + 2) >= 12 && table_u32(n + 8) == uid)
			read_hart_nodes(h, p, len, n);
		at += table_u16(n + 2);
	}
}

/* The hart's local interrupt controller, to which interrupts-extended refers. */
static void hart_intc(struct tree *t, const struct madt_cpu *c)
{
	tree_begin_plain(t, "interrupt-controller");
	tree_text(t, "compatible", "riscv,cpu-intc");
	tree_u32(t, "#interrupt-cells", 1);
	tree_flag(t, "interrupt-controller");
	tree_u32(t, "phandle", PHANDLE_HART + (u32)(c - t->madt->cpu));
	tree_end(t);
}

/* If the RHCT gives no MMU type, Sv39 is assumed, because firmware starts an operating system on
 * this hart.  Without an ISA string the tree has the minimum that the kernel needs. */
void tree_riscv_cpu(struct tree *t, const struct madt_cpu *c)
{
	static const char mmu[][12] = { "riscv,sv39", "riscv,sv39", "riscv,sv48", "riscv,sv57" };
	struct hart h;
	u16 len;

	find(t, c->uid, &h);
	len = h.isa ? (u16)strnlen(h.isa, h.isa_len) : 0;
	if (len && len < h.isa_len)
		tree_bytes(t, "riscv,isa", h.isa, len + 1ul);
	else
		tree_text(t, "riscv,isa", "rv64ima");
	tree_text(t, "mmu-type", mmu[h.mmu]);
	if (h.cbom && h.cbom < 16)
		tree_u32(t, "riscv,cbom-block-size", 1u << h.cbom);
	hart_intc(t, c);
}

/* interrupts-extended of a PLIC or a wired APLIC: interrupt 9 (supervisor external) of each hart
 * at the index that the MADT gives; other contexts are not connected. */
static void contexts(struct tree *t, const struct madt_chip *chip)
{
	static u32 cells[2 * CONTEXTS_MAX] NOINIT;
	const struct madt *m = t->madt;
	unsigned end = 0;

	for (unsigned i = 0; i < CONTEXTS_MAX; i++) {
		cells[2 * i] = PHANDLE_HART;
		cells[2 * i + 1] = NO_CONTEXT;
	}
	for (unsigned i = 0; i < m->nr_cpus; i++) {
		u32 n = CONTEXT_OF(m->cpu[i].context);

		if (CHIP_OF(m->cpu[i].context) != chip->id || n >= CONTEXTS_MAX)
			continue;
		cells[2 * n] = PHANDLE_HART + i;
		cells[2 * n + 1] = SUPERVISOR_EXTERNAL;
		end = n >= end ? n + 1 : end;
	}
	tree_cells(t, "interrupts-extended", cells, 2 * end);
}

/* A PLIC or APLIC.  An APLIC without contexts delivers MSIs to the IMSICs. */
static void chip(struct tree *t, const struct madt_chip *c)
{
	bool messages = c->aplic && !c->contexts && t->madt->has_imsic;

	tree_begin(t, "interrupt-controller", c->pa);
	tree_text(t, "compatible", c->aplic ? "riscv,aplic" : "riscv,plic0");
	tree_flag(t, "interrupt-controller");
	tree_u32(t, "#interrupt-cells", c->aplic ? 2 : 1);
	tree_u32(t, "#address-cells", 0);
	tree_reg(t, c->pa, c->len);
	tree_u32(t, c->aplic ? "riscv,num-sources" : "riscv,ndev", c->sources);
	if (messages)
		tree_u32(t, "msi-parent", PHANDLE_IMSIC);
	else
		contexts(t, c);
	tree_u32(t, "phandle", PHANDLE_CHIP + (u32)(c - t->madt->chip));
	tree_end(t);
}

/* Interrupt files in the order of the harts; adjacent files are merged into one range, at most
 * four ranges.  Harts beyond these get no MSIs. */
static unsigned imsic_reg(const struct madt *m, u32 *cells, u32 *harts, unsigned *nr_harts)
{
	u64 pa = 0, len = 0;
	unsigned nr = 0;

	*nr_harts = 0;
	for (unsigned i = 0; i < m->nr_cpus; i++) {
		const struct madt_cpu *c = &m->cpu[i];

		if (!c->imsic || !c->imsic_size)
			continue;
		if (nr && pa + len == c->imsic) {
			len += c->imsic_size;
		} else if (nr < 4) {
			pa = c->imsic;
			len = c->imsic_size;
			nr++;
		} else {
			break;
		}
		cells[4 * nr - 4] = (u32)(pa >> 32);
		cells[4 * nr - 3] = (u32)pa;
		cells[4 * nr - 2] = (u32)(len >> 32);
		cells[4 * nr - 1] = (u32)len;
		harts[2 * *nr_harts] = PHANDLE_HART + i;
		harts[2 * *nr_harts + 1] = SUPERVISOR_EXTERNAL;
		++*nr_harts;
	}
	return nr;
}

/* One node for the interrupt files of all harts, in the order of the MADT. */
static void imsics(struct tree *t)
{
	static u32 harts[2 * MADT_CPUS];
	const struct madt_imsic *i = &t->madt->imsic;
	u32 cells[16];
	unsigned nr_harts, nr = imsic_reg(t->madt, cells, harts, &nr_harts);

	if (!nr)
		return;
	tree_begin(t, "imsics", (u64)cells[0] << 32 | cells[1]);
	tree_text(t, "compatible", "riscv,imsics");
	tree_flag(t, "interrupt-controller");
	tree_flag(t, "msi-controller");
	tree_u32(t, "#interrupt-cells", 0);
	tree_u32(t, "#msi-cells", 0);
	tree_cells(t, "reg", cells, 4 * nr);
	tree_cells(t, "interrupts-extended", harts, 2 * nr_harts);
	tree_u32(t, "riscv,num-ids", i->identities);
	tree_u32(t, "riscv,guest-index-bits", i->guest_bits);
	tree_u32(t, "riscv,hart-index-bits", i->hart_bits);
	tree_u32(t, "riscv,group-index-bits", i->group_bits);
	tree_u32(t, "riscv,group-index-shift", i->group_shift);
	tree_u32(t, "phandle", PHANDLE_IMSIC);
	tree_end(t);
}

/* Does the MADT contain the controller that this hart's entry names? */
static bool has_controller(const struct madt *m, const struct madt_cpu *c)
{
	bool served = m->has_imsic && c->imsic && c->imsic_size;

	for (unsigned i = 0; i < m->nr_chips; i++)
		served |= CHIP_OF(c->context) == m->chip[i].id &&
			  CONTEXT_OF(c->context) < CONTEXTS_MAX;
	return served;
}

/* Harts whose MADT entry names a controller that the table lacks. */
static unsigned nr_without_controller(const struct madt *m)
{
	unsigned nr = 0;

	for (unsigned i = 0; m->nr_chips && i < m->nr_cpus; i++)
		nr += !has_controller(m, &m->cpu[i]);
	return nr;
}

void tree_riscv(struct tree *t)
{
	if (!t->madt->nr_chips && !t->madt->has_imsic)
		t->tables->log("acpi: the MADT has neither PLIC, APLIC nor IMSIC: only local "
			       "interrupts");
	tables_count(t->tables, nr_without_controller(t->madt),
		     "harts name an interrupt controller that does not exist");
	if (t->madt->has_imsic)
		imsics(t);
	for (unsigned i = 0; i < t->madt->nr_chips; i++)
		chip(t, &t->madt->chip[i]);
}
