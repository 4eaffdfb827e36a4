/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_tables.c - tables and ptdump: the kernel's own tree, read under the hotplug lock so
 * that no table goes away meanwhile.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kpt.h>
#include <shell/command.h>
#include <shell/shell.h>

/* ---- tables ---- */

/* By level of the entries, 0 being pages; `other`: entries that are neither empty nor valid, which
 * a sound tree has none of. */
struct table_counts {
	u64 tables[PT_LEVELS_MAX], leaves[PT_LEVELS_MAX], other;
};

static int tables_count_slot(const struct pt_slot *slot, void *arg)
{
	struct table_counts *c = arg;

	if (slot->kind == PT_TABLE)
		c->tables[slot->level - 1]++; /* the table it points to is one level down */
	else if (slot->kind == PT_LEAF)
		c->leaves[slot->level]++;
	else
		c->other++;
	return 0;
}

/* One line for a region, from the root down; a region that this geometry does not have is left out.
 * Called with the hotplug lock held for read. */
static void region_row(const struct va_region *r, unsigned top)
{
	struct table_counts c = { 0 };

	if (!r->len)
		return;
	hotplug_walk(r->va, r->len, PT_ON_LEAF | PT_ON_TABLE | PT_ON_OTHER, tables_count_slot, &c);
	kprintf("%-10s", r->name);
	for (unsigned l = top; l-- > 0;)
		kprintf(" %4lu %7lu", c.tables[l], c.leaves[l]);
	kprintf("%s\n", c.other ? " !" : "");
	if (c.other)
		kprintf("  ! %lu entries are neither empty nor valid: `ptdump`\n", c.other);
}

/* The header and the rows have the same widths.  Tables near the root may serve two regions and are
 * then counted in both rows, so the last line has the number of the engine itself. */
static int tables(const struct command_line *line, struct why *why)
{
	unsigned top = layout.fmt->levels;
	char size[24];

	(void)line;
	(void)why;
	kprintf("%s: %u levels, %s root; tables, and leaves, by level\n", layout.fmt->name, top,
		size_text(pt_root_bytes(layout.fmt), size));
	kprintf("%-10s", "region");
	for (unsigned l = top; l-- > 0;)
		kprintf("   L%u%8s", l, size_text(pt_span(layout.fmt, l), size));
	kputs("\n");
	hotplug_read_lock();
	for (unsigned r = 0; r < REGION_NR; r++)
		region_row(&layout.r[r], top);
	hotplug_read_unlock();
	kprintf("%u tables in the tree, root not counted; regions may share those near the root\n",
		kpt.nr_tables);
	return 0;
}

/* ---- ptdump ---- */

/* The run that is being collected: leaves of one level and equal rights whose addresses, virtual
 * and physical, follow each other.  n = 0: none.  `lines` counts what was printed. */
struct dump {
	vaddr_t va, next;
	paddr_t pa;
	u64 n, lines;
	u8 level;
	enum pt_prot prot;
};

/* Print the run and begin anew.  Columns: addresses, number and size of the leaves, rights, memory
 * type, first target. */
static void dump_flush(struct dump *d)
{
	char size[24];

	if (!d->n)
		return;
	kprintf("  %016lx-%016lx %6lu x %-8s %c%c%c%c %s -> 0x%lx\n", d->va, d->next, d->n,
		size_text(pt_span(layout.fmt, d->level), size), d->prot & PT_R ? 'r' : '-',
		d->prot & PT_W ? 'w' : '-', d->prot & PT_X ? 'x' : '-',
		d->prot & PT_GLOBAL ? 'g' : '-',
		d->prot & PT_DEVICE ? "device"
		: d->prot & PT_NC   ? "uncached"
				    : "normal",
		d->pa);
	d->lines++;
	d->n = 0;
}

/* Called for each leaf in the order of addresses; an entry that is neither leaf nor table ends the
 * run and has its own line, with the raw value, because that is what has to be looked up. */
static int dump_leaf(const struct pt_slot *slot, void *arg)
{
	const struct pt_fmt *f = layout.fmt;
	struct dump *d = arg;
	paddr_t pa = slot->kind == PT_LEAF ? f->pa(slot->val, slot->level, slot->va) : 0;
	enum pt_prot prot;

	if (slot->kind != PT_LEAF) {
		dump_flush(d);
		kprintf("  %016lx level %u: neither leaf nor table: %016lx\n", slot->va,
			slot->level, slot->val);
		return 0;
	}
	prot = f->prot(slot->val, slot->level);
	if (d->n && (d->level != slot->level || d->prot != prot || d->next != slot->va ||
		     d->pa + (d->next - d->va) != pa))
		dump_flush(d);
	if (!d->n) {
		d->va = slot->va;
		d->pa = pa;
		d->level = slot->level;
		d->prot = prot;
	}
	d->n++;
	d->next = slot->va + pt_span(f, slot->level);
	return 0;
}

/* Under the hotplug lock held for read; printing under it is slow, and an add or remove waits so
 * long. */
static void dump_region(const struct va_region *r)
{
	struct dump d = { 0 };

	if (!r->len)
		return;
	kprintf("%s  %016lx\n", r->name, r->va);
	hotplug_walk(r->va, r->len, PT_ON_LEAF | PT_ON_OTHER, dump_leaf, &d);
	dump_flush(&d);
	if (!d.lines)
		kputs("  empty\n");
}

/* The linear map of a physical range. */
static int dump_target(const struct command_line *line, struct why *why)
{
	struct va_region r = { "linear map of the range", 0, line->len };

	if (!layout_is_mappable(line->start, line->len))
		return refuse(why, ERANGE, "%s is not in reach of the linear map",
			      range_text(line->start, line->len).text);
	if (!is_aligned(line->start | line->len, page_size()))
		return refuse(why, EINVAL, "%s is not aligned to pages",
			      range_text(line->start, line->len).text);
	r.va = linear_va(line->start);
	hotplug_read_lock();
	dump_region(&r);
	hotplug_read_unlock();
	return 0;
}

/* The whole tree, or the region of that name; a target is a physical range and is looked up in the
 * linear map. */
static int ptdump(const struct command_line *line, struct why *why)
{
	const char *name = line->nr_words ? line->words[0] : NULL;
	bool any = false;

	if (line->has_target)
		return dump_target(line, why);
	hotplug_read_lock();
	for (unsigned r = 0; r < REGION_NR; r++)
		if (!name || strcmp(name, layout.r[r].name) == 0) {
			dump_region(&layout.r[r]);
			any = true;
		}
	hotplug_read_unlock();
	return any ? 0 : refuse(why, ENOENT, "no region `%s`; `tables` lists them", name);
}

static const struct command tables_command = {
	.name = "tables",
	.group = GROUP_LOOK,
	.usage = "tables",
	.help = "Counts table pages and leaves of the kernel's page table by region and "
		"level.",
	.run = tables,
};
COMMAND(tables, tables_command);

static const struct command ptdump_command = {
	.name = "ptdump",
	.group = GROUP_LOOK,
	.usage = "ptdump [REGION | ADDR+SIZE | node N | blocks A-B]",
	.help = "Lists page-table leaves as runs: address, size, rights, target.",
	.run = ptdump,
};
COMMAND(ptdump, ptdump_command);
