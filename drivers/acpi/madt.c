/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/madt.c - CPUs and interrupt controllers; see madt.h.
 *
 * Fields are read at their offsets, not through ACPICA's structures: those are packed, so that
 * fields are not aligned; ACPICA of kernel 6.1 has no RISC-V structures; and this code runs before
 * ACPICA has memory, and in a fuzzer on the host.
 */
#include <drivers/acpi/madt.h>
#include <lib/string.h>

#define ENTRIES_AT 44
#define SRAT_ENTRIES_AT 48
/* Types of entries (5.2.12), and types of the SRAT's entries for CPUs (5.2.16). */
enum { T_GICC = 11, T_GICD, T_FRAME, T_GICR, T_RINTC = 24, T_IMSIC, T_APLIC, T_PLIC };
enum { SRAT_GICC = 3, SRAT_RINTC = 7 };
#define ENABLED 1u
#define AFFINITY 0xff00fffffful /* fields of MPIDR_EL1: Aff3, Aff2 to Aff0 */

/* State of one madt_read(): counts of entries that are left out, reported at the end, one line
 * each. */
struct madt_reading {
	struct madt *m;
	const struct tables *t;
	unsigned too_many, cut_off, twice, nowhere;
	bool second; /* a second distributor was seen */
	u8 version;  /* GIC version of the distributor's entry; 0: not given */
};

bool subtables_each(const u8 *table, u32 len, u32 first, void (*fn)(const u8 *, u8, void *),
		    void *arg)
{
	u32 at = first;

	for (u8 bytes; at + 2 <= len; at += bytes) {
		bytes = table[at + 1];
		if (bytes < 2 || bytes > len - at)
			return false;
		fn(table + at, bytes, arg);
	}
	return at == len || len < first;
}

/* Append a CPU.  NULL: the list has a CPU with this number, or is full; both are counted. */
static struct madt_cpu *cpu_new(struct madt_reading *r, u64 hwid)
{
	struct madt *m = r->m;

	for (unsigned i = 0; i < m->nr_cpus; i++)
		if (m->cpu[i].hwid == hwid) {
			r->twice++;
			return NULL;
		}
	if (m->nr_cpus == MADT_CPUS) {
		r->too_many++;
		return NULL;
	}
	m->cpu[m->nr_cpus] = (struct madt_cpu) { .hwid = hwid };
	return &m->cpu[m->nr_cpus++];
}

/* GICC: a CPU that is not enabled is left out. */
static void gicc(struct madt_reading *r, const u8 *e)
{
	struct madt_cpu *c = NULL;

	if (table_u32(e + 12) & ENABLED)
		c = cpu_new(r, table_u64(e + 68) & AFFINITY);
	if (!c)
		return;
	c->uid = table_u32(e + 8);
	c->parked = table_u32(e + 16) && table_u64(e + 24);
	c->cpu_if = table_u64(e + 32);
	c->redistributor = table_u64(e + 60);
}

/* GICD: the first distributor is used.  Its version field is trusted only with the address. */
static void gicd(struct madt_reading *r, const u8 *e)
{
	u64 pa = table_u64(e + 8);

	if (r->m->distributor) {
		r->second = true;
	} else if (!is_aligned(pa, 4096)) {
		r->cut_off++;
	} else {
		r->m->distributor = pa;
		r->version = e[20];
	}
}

/* A region of redistributors, from a GICR; empty ones and those that wrap are left out. */
static void redistributors(struct madt_reading *r, u64 pa, u64 len)
{
	struct madt *m = r->m;

	if (!len || pa + len < pa)
		r->cut_off++;
	else if (m->nr_regions == MADT_REGIONS)
		r->too_many++;
	else
		m->region[m->nr_regions++] = (struct madt_region) { pa, len };
}

/* Alternatively each GICC has the address of its CPU's redistributor; then there are no GICRs. */
static void gicr(struct madt_reading *r, const u8 *e)
{
	redistributors(r, table_u64(e + 4), table_u32(e + 12));
}

/* GIC MSI frame: PCI functions need only one, so the first is used. */
static void madt_frame(struct madt_reading *r, const u8 *e)
{
	if (!r->m->frame)
		r->m->frame = table_u64(e + 8);
}

/* RINTC: a hart, with the context of its PLIC or APLIC and its IMSIC interrupt file. */
static void rintc(struct madt_reading *r, const u8 *e)
{
	struct madt_cpu *c = NULL;

	if (table_u32(e + 4) & ENABLED)
		c = cpu_new(r, table_u64(e + 8));
	if (!c)
		return;
	c->hart = true;
	c->uid = table_u32(e + 16);
	c->context = table_u32(e + 20);
	c->imsic = table_u64(e + 24);
	c->imsic_size = table_u32(e + 32);
}

/* IMSIC: how hart and group numbers are encoded in addresses of interrupt files. */
static void imsic(struct madt_reading *r, const u8 *e)
{
	r->m->has_imsic = true;
	r->m->imsic = (struct madt_imsic) { .identities = table_u16(e + 8),
					    .guest_bits = e[12],
					    .hart_bits = e[13],
					    .group_bits = e[14],
					    .group_shift = e[15] };
}

/* A PLIC or APLIC with registers. */
static void chip_add(struct madt_reading *r, const struct madt_chip *c)
{
	struct madt *m = r->m;

	if (!c->len || c->pa + c->len < c->pa)
		r->cut_off++;
	else if (m->nr_chips == MADT_CHIPS)
		r->too_many++;
	else
		m->chip[m->nr_chips++] = *c;
}

/* An APLIC's and a PLIC's entry have the same fields at different offsets; struct madt_chip holds
 * either. */
static void aplic(struct madt_reading *r, const u8 *e)
{
	const struct madt_chip c = { .aplic = true,
				     .id = e[3],
				     .contexts = table_u16(e + 16),
				     .sources = table_u16(e + 18),
				     .gsi = table_u32(e + 20),
				     .pa = table_u64(e + 24),
				     .len = table_u32(e + 32) };

	chip_add(r, &c);
}

static void plic(struct madt_reading *r, const u8 *e)
{
	const struct madt_chip c = { .id = e[3],
				     .sources = table_u16(e + 12),
				     .len = table_u32(e + 20),
				     .pa = table_u64(e + 24),
				     .gsi = table_u32(e + 32) };

	chip_add(r, &c);
}

static const struct madt_kind {
	u8 type, bytes; /* minimal length */
	void (*read)(struct madt_reading *, const u8 *);
} kinds[] = {
	{ T_GICC, 76, gicc },   { T_GICD, 24, gicd },   { T_FRAME, 24, madt_frame },
	{ T_GICR, 16, gicr },   { T_RINTC, 36, rintc }, { T_IMSIC, 16, imsic },
	{ T_APLIC, 36, aplic }, { T_PLIC, 36, plic },
};

/* One subtable of the MADT; unknown types are skipped. */
static void entry(const u8 *e, u8 bytes, void *arg)
{
	struct madt_reading *r = arg;

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type != e[0])
			continue;
		r->m->riscv |= e[0] >= T_RINTC;
		if (bytes < kinds[i].bytes)
			r->cut_off++;
		else
			kinds[i].read(r, e);
	}
}

/* Processor affinity structures of the SRAT: the node of a CPU, matched by its UID. */
static void affinity(const u8 *e, u8 bytes, void *arg)
{
	struct madt_reading *r = arg;
	struct madt *m = r->m;
	bool found = false;
	bool gicc_kind = e[0] == SRAT_GICC && bytes >= 18;
	bool hart_kind = e[0] == SRAT_RINTC && bytes >= 20;
	const u8 *p = hart_kind ? e + 4 : e + 2; /* domain, uid, flags */

	if ((!gicc_kind && !hart_kind) || !(table_u32(p + 8) & ENABLED))
		return;
	for (unsigned i = 0; i < m->nr_cpus; i++)
		if (m->cpu[i].uid == table_u32(p + 4) && m->cpu[i].hart == hart_kind) {
			m->cpu[i].node = table_u32(p);
			found = true;
		}
	r->nowhere += !found;
}

/* The version from the distributor's entry; if it is not given, redistributors mean GICv3. */
static enum madt_gic gic_of(const struct madt *m, u8 version)
{
	if (!m->distributor)
		return GIC_NONE;
	if (version)
		return version >= 3 ? GIC_V3 : GIC_V2;
	return m->nr_regions || (m->nr_cpus && m->cpu[0].redistributor) ? GIC_V3 : GIC_V2;
}

/* `whole`: the last entry ended with the table. */
static void madt_report_faults(const struct madt_reading *r, bool whole)
{
	if (!whole)
		r->t->log("acpi: APIC: an entry has no length or exceeds the table; later entries "
			  "are not read");
	tables_count(r->t, r->cut_off, "entries of the APIC make no sense and are left out");
	tables_count(r->t, r->twice,
		     "CPUs of the APIC have the number of another; the first is taken");
	tables_count(r->t, r->too_many, "entries of the APIC do not fit and are left out");
	if (r->second)
		r->t->log("acpi: APIC: a second distributor of a GIC; the first is taken");
}

/* Does the GIC lack redistributors (v3) or CPU interfaces (v2)?  It is unusable then. */
static bool lacks_cpu_part(const struct madt *m)
{
	bool there = m->gic == GIC_V3 && m->nr_regions;

	for (unsigned i = 0; i < m->nr_cpus && !there; i++)
		there = m->gic == GIC_V3 ? m->cpu[i].redistributor : !i && m->cpu[i].cpu_if;
	return !there;
}

/* A GIC that cannot deliver interrupts to CPUs is not used at all. */
static void madt_check_gic(struct madt *m, const struct tables *t)
{
	if (m->gic == GIC_NONE || !lacks_cpu_part(m))
		return;
	t->log(m->gic == GIC_V3 ? "acpi: APIC: a GICv3 without redistributors: no interrupts"
				: "acpi: APIC: a GICv2 without a CPU interface: no interrupts");
	m->gic = GIC_NONE;
}

/* Read the CPUs before the SRAT, whose entries refer to them by UID.  Check the GIC after all
 * entries, whose order is not defined. */
bool madt_read(struct madt *m, const struct tables *t)
{
	const struct table *apic = tables_find(t, "APIC", 0), *srat = tables_find(t, "SRAT", 0);
	struct madt_reading r = { .m = m, .t = t };
	bool whole;

	memset(m, 0, sizeof(*m));
	if (!apic)
		return false;
	whole = subtables_each(t->at(apic->pa, apic->len), apic->len, ENTRIES_AT, entry, &r);
	m->gic = gic_of(m, r.version);
	madt_report_faults(&r, whole);
	madt_check_gic(m, t);
	if (srat)
		subtables_each(t->at(srat->pa, srat->len), srat->len, SRAT_ENTRIES_AT, affinity,
			       &r);
	tables_count(t, r.nowhere, "CPUs of the SRAT are not among the enabled CPUs");
	return true;
}

/* A chip with base B and N sources has GSIs B + 1 to B + N. */
const struct madt_chip *madt_chip_of(const struct madt *m, u32 gsi)
{
	for (unsigned i = 0; i < m->nr_chips; i++)
		if (gsi > m->chip[i].gsi && gsi - m->chip[i].gsi <= m->chip[i].sources)
			return &m->chip[i];
	return NULL;
}

u32 madt_irq(const struct madt *m, u32 gsi, paddr_t controller)
{
	const struct madt_chip *c = madt_chip_of(m, gsi);

	if (!m->nr_chips)
		return gsi;
	return c && c->pa == controller ? gsi - c->gsi : ~0u;
}
