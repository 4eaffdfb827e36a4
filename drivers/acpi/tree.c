/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree.c - makes a device tree of the ACPI tables, part by part; see tree.h.
 *
 * The PCI host bridge is the last node, so that later additions from AML move no other node.
 */
#include <drivers/acpi/spcr.h>
#include <drivers/acpi/srat.h>
#include <drivers/acpi/tree.h>
#include <drivers/acpi/tree_write.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>

/* Second string of the root's compatible: the mark of a tree made by this file. */
#define MARK "hotplate,acpi"
enum { FADT_HYPERVISOR = 268, HEAD_OEM = 10, OEM_BYTES = 6, MODEL_BYTES = 8 };
enum { MCFG_ENTRIES = 44, MCFG_ENTRY = 16 };

/* The root with two cells each for addresses and sizes, as tree_reg() writes them. */
static void begin(struct tree *t, void *to, u64 size)
{
	t->err = fdt_create(to, (int)size);
	if (!t->err)
		t->err = fdt_finish_reservemap(to);
	tree_begin_plain(t, "");
	tree_u32(t, "#address-cells", 2);
	tree_u32(t, "#size-cells", 2);
}

/* An OEM field as text: trailing blanks are removed, unprintable bytes replaced. */
static void oem(char *to, const u8 *from, unsigned len)
{
	while (len && (from[len - 1] == ' ' || !from[len - 1]))
		len--;
	for (unsigned i = 0; i < len; i++)
		to[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '?';
	to[len] = 0;
}

/* compatible: "OEM,model" from the FADT's header, as board names are written, then MARK. */
static void root(struct tree *t)
{
	const struct table *fadt = tables_find(t->tables, "FACP", 0);
	const u8 *p = fadt ? t->tables->at(fadt->pa, fadt->len) : NULL;
	char maker[OEM_BYTES + 1] = "?", what[MODEL_BYTES + 1] = "?", text[48];
	int len;

	if (p) {
		oem(maker, p + HEAD_OEM, OEM_BYTES);
		oem(what, p + HEAD_OEM + OEM_BYTES, MODEL_BYTES);
	}
	len = snprintf(text, sizeof(text), "%s,%s", maker, what) + 1;
	memcpy(text + len, MARK, sizeof(MARK));
	tree_bytes(t, "compatible", text, (u64)len + sizeof(MARK));
	if (t->madt->gic != GIC_NONE)
		tree_u32(t, "interrupt-parent", PHANDLE_GIC);
}

/* A non-zero "Hypervisor Vendor Identity" in the FADT: a hypervisor or an emulator. */
static void hypervisor(struct tree *t)
{
	const struct table *fadt = tables_find(t->tables, "FACP", 0);
	const u8 *p = fadt && fadt->len >= FADT_HYPERVISOR + 8 ? t->tables->at(fadt->pa, fadt->len)
							       : NULL;
	char vendor[9];

	if (!p || !table_u64(p + FADT_HYPERVISOR))
		return;
	oem(vendor, p + FADT_HYPERVISOR, 8);
	tree_begin_plain(t, "hypervisor");
	tree_text(t, "compatible", "acpi-hypervisor");
	tree_text(t, "model", vendor);
	tree_end(t);
}

/* One CPU.  CPUs that cannot be started are written too: the boot CPU may be one of them. */
static void cpu(struct tree *t, const struct madt_cpu *c)
{
	const u32 reg[] = { (u32)(c->hwid >> 32), (u32)c->hwid };

	tree_begin(t, "cpu", c->hwid);
	tree_text(t, "device_type", "cpu");
	tree_cells(t, "reg", reg, 2);
	tree_u32(t, "numa-node-id", c->node);
	if (c->hart) {
		tree_riscv_cpu(t, c);
	} else {
		tree_text(t, "compatible", "arm,armv8");
		tree_text(t, "enable-method", c->parked ? "acpi-parking" : "psci");
	}
	tree_end(t);
}

/* timebase-frequency is for RISC-V; on Arm, CNTFRQ_EL0 has the frequency of the counter. */
static void cpus(struct tree *t)
{
	u32 hz = tree_timebase(t);

	tree_begin_plain(t, "cpus");
	tree_u32(t, "#address-cells", 2);
	tree_u32(t, "#size-cells", 0);
	if (hz)
		tree_u32(t, "timebase-frequency", hz);
	for (unsigned i = 0; i < t->madt->nr_cpus; i++)
		cpu(t, &t->madt->cpu[i]);
	tree_end(t);
}

/* RAM only: hot-pluggable windows are empty, and the NFIT describes persistent memory. */
static void tree_memory(struct tree *t)
{
	const struct table *table = tables_find(t->tables, "SRAT", 0);
	struct srat s;

	if (!table)
		return;
	srat_read(&s, t->tables->at(table->pa, table->len), table->len);
	tables_count(t->tables, s.bad,
		     "entries of the SRAT make no sense, overlap or are too many and are left out");
	for (unsigned i = 0; i < s.nr; i++) {
		const struct srat_range *r = &s.range[i];

		if (r->hotpluggable || r->non_volatile)
			continue;
		tree_begin(t, "memory", r->pa);
		tree_text(t, "device_type", "memory");
		tree_reg(t, r->pa, r->len);
		tree_u32(t, "numa-node-id", r->proximity);
		tree_end(t);
	}
}

/* The console's node, and stdout-path to it. */
static void console(struct tree *t)
{
	struct why why = { 0 };
	char path[40];
	struct spcr s;

	if (spcr_read(&s, t->tables, &why)) {
		t->tables->log(why.text);
		return;
	}
	tree_begin(t, "serial", s.pa);
	tree_text(t, "compatible", s.compatible);
	tree_reg(t, s.pa, s.len);
	tree_u32(t, "reg-shift", s.shift);
	tree_u32(t, "reg-io-width", s.width);
	if (s.has_gsi)
		tree_interrupt(t, s.gsi, TRIGGER_LEVEL_HIGH);
	tree_end(t);
	snprintf(path, sizeof(path), "/serial@%lx", s.pa);
	tree_begin_plain(t, "chosen");
	tree_text(t, "stdout-path", path);
	tree_end(t);
}

/* The first bridge of the MCFG.  The base address of an entry is that of bus 0 of the segment; the
 * registers of the bridge begin at the offset of its start bus. */
static void pci(struct tree *t)
{
	const struct table *mcfg = tables_find(t->tables, "MCFG", 0);
	bool whole = mcfg && mcfg->len >= MCFG_ENTRIES + MCFG_ENTRY;
	const u8 *e = whole ? t->tables->at(mcfg->pa, mcfg->len) + MCFG_ENTRIES : NULL;
	u64 pa = e ? table_u64(e) + e[10] * MiB : 0;
	u64 len = e && e[11] >= e[10] ? (e[11] - e[10] + 1) * MiB : 0;

	if (mcfg && !whole)
		t->tables->log("acpi: the MCFG ends before its first entry; no PCI");
	if (!e)
		return;
	if (!len || pa + len < pa || !pa) {
		t->tables->log("acpi: the MCFG's first entry is no configuration space; no PCI");
		return;
	}
	tree_begin(t, "pcie", pa);
	tree_text(t, "compatible", "pci-host-ecam-generic");
	tree_text(t, "device_type", "pci");
	tree_reg(t, pa, len);
	tree_cells(t, "bus-range", (const u32[]) { e[10], e[11] }, 2);
	tree_u32(t, "#address-cells", 3);
	tree_u32(t, "#size-cells", 2);
	tree_u32(t, "linux,pci-domain", table_u16(e + 8));
	if (t->madt->has_imsic)
		tree_u32(t, "msi-parent", PHANDLE_IMSIC);
	else if (t->madt->frame)
		tree_u32(t, "msi-parent", PHANDLE_FRAME);
	tree_end(t);
}

/* Any error of libfdt so far means that the tree does not fit into the buffer. */
static int finish(struct tree *t, struct why *why)
{
	tree_end(t);
	if (!t->err)
		t->err = fdt_finish(t->fdt);
	return t->err ? refuse(why, ENOMEM, "acpi: a device tree of the tables: %s",
			       fdt_strerror(t->err))
		      : 0;
}

/* pci() is last: see the head of this file. */
int acpi_tree_make(const struct tables *tables, void *to, u64 size, struct why *why)
{
	static struct madt madt NOINIT;
	struct tree t = { .fdt = to, .tables = tables, .madt = &madt };

	madt_read(&madt, tables);
	if (!madt.nr_cpus)
		tables->log("acpi: the tables describe no enabled CPU");
	begin(&t, to, size);
	root(&t);
	hypervisor(&t);
	cpus(&t);
	if (madt.nr_cpus ? madt.cpu[0].hart : madt.riscv)
		tree_riscv(&t);
	else
		tree_arm(&t);
	tree_memory(&t);
	console(&t);
	pci(&t);
	return finish(&t, why);
}

bool acpi_tree_is(const void *fdt)
{
	return !fdt_node_check_compatible(fdt, 0, MARK);
}

const char *acpi_console_missing(const u8 *(*at)(paddr_t, u64), paddr_t rsdp, struct why *why)
{
	struct tables t = { .at = at, .log = tables_discard, .no_aml = true };
	struct spcr s;

	why->code = 0;
	return tables_read(&t, rsdp, why) || spcr_read(&s, &t, why) ? why->text : NULL;
}
