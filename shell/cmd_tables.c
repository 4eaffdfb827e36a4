/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_tables.c - tables and ptdump: the kernel's page table as counts, as runs, and audited
 * (mm/kernel/ptdump.h).
 */
#include <drivers/console.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/ptdump.h>
#include <shell/command.h>
#include <shell/screen/pager.h>
#include <shell/shell.h>

#define NAME_COLUMN 14 /* with five levels a line then has 79 columns */

/* Rights as letters, then the memory type. */
static const char *attr_text(u32 attr, char text[24])
{
	snprintf(text, 24, "%c%c%c%c%s %s", attr & PT_R ? 'r' : '-', attr & PT_W ? 'w' : '-',
		 attr & PT_X ? 'x' : '-', attr & PT_GLOBAL ? 'g' : '-',
		 attr & PTDUMP_CONTIG ? "c" : "",
		 attr & PT_DEVICE ? "device"
		 : attr & PT_NC   ? "uncached"
				  : "normal");
	return text;
}

/* ---- tables ---- */

/* One line for a region, from the root down: the increase of the counts.  A region that this
 * geometry does not have is left out. */
static void region_row(const struct va_region *r, unsigned top, struct ptdump_counts *c)
{
	struct ptdump_counts before = *c;
	u64 other;

	if (!r->len)
		return;
	ptdump_count(&kpt, r->va, r->len, c);
	kprintf("%-*s", NAME_COLUMN, r->name);
	for (unsigned l = top; l-- > 0;)
		kprintf(" %4lu %7lu", c->tables[l] - before.tables[l],
			c->leaves[l] - before.leaves[l]);
	other = c->other - before.other;
	kprintf("%s\n", other ? " !" : "");
	if (other)
		kprintf("  ! %lu entries are neither empty nor valid: `ptdump`\n", other);
}

static void kind_rows(const struct ptdump_counts *c, unsigned top)
{
	char text[24];

	for (unsigned i = 0; i < c->kinds; i++) {
		kprintf("%-*s", NAME_COLUMN, attr_text(c->kind[i].attr, text));
		for (unsigned l = top; l-- > 0;)
			kprintf(" %12lu", c->kind[i].leaves[l]);
		kputs("\n");
	}
	if (c->rest)
		kprintf("%lu leaves of further attributes\n", c->rest);
}

/* The header and the rows have the same widths.  Tables near the root may serve two regions and are
 * then counted in both rows, so the last line has the engine's own count.  The lock is held over
 * all rows (readers nest), which are thus consistent. */
static int tables(const struct command_line *line, struct why *why)
{
	unsigned top = layout.fmt->levels;
	struct ptdump_counts all = { 0 };
	char size[24];

	(void)line;
	(void)why;
	kprintf("%s: %u levels, %s root; tables, and leaves, by level\n", layout.fmt->name, top,
		size_text(pt_root_bytes(layout.fmt), size));
	kprintf("%-*s", NAME_COLUMN, "region");
	for (unsigned l = top; l-- > 0;)
		kprintf("   L%u%8s", l, size_text(pt_span(layout.fmt, l), size));
	kputs("\n");
	hotplug_read_lock();
	for (unsigned r = 0; r < REGION_NR; r++)
		region_row(&layout.r[r], top, &all);
	hotplug_read_unlock();
	kputs("leaves by attributes\n");
	kind_rows(&all, top);
	kprintf("%u tables in the tree, root not counted; regions may share those near the root\n",
		kpt.nr_tables);
	if (all.wx)
		kprintf("! %lu leaves are writable and executable: `ptdump wx`\n", all.wx);
	return 0;
}

/* ---- ptdump ---- */

struct dump_screen {
	const struct va_region *region; /* the name that was printed last; NULL: none */
	u64 lines, leaves;
	vaddr_t first;
};

/* False: the reader has seen enough, or typed Ctrl-C. */
static bool continues(void)
{
	return pager_room(1) && !console_interrupted();
}

/* Columns: addresses, number and size of the leaves, rights, memory type, first target.  An entry
 * that is neither leaf nor table is shown with its raw value for the user to decode. */
static int dump_line(const struct ptdump_run *r, void *arg)
{
	struct dump_screen *d = arg;
	char size[24], text[24];

	if (!continues())
		return -ECANCELED;
	if (!d->lines++)
		d->first = r->va;
	d->leaves += r->n;
	if (r->other)
		kprintf("  %016lx level %u: neither leaf nor table: %016lx\n", r->va, r->level,
			r->raw);
	else
		kprintf("  %016lx-%016lx %4lu x %-7s %s -> 0x%lx\n", r->va, r->va + r->len, r->n,
			size_text(pt_span(layout.fmt, r->level), size), attr_text(r->attr, text),
			r->pa);
	return 0;
}

static int dump_region(const struct va_region *r)
{
	struct dump_screen d = { .region = r };
	int err;

	if (!r->len)
		return 0;
	if (!continues())
		return -ECANCELED;
	kprintf("%s  %016lx\n", r->name, r->va);
	err = ptdump_runs(&kpt, r->va, r->len, dump_line, &d);
	if (!err && !d.lines)
		kputs("  empty\n");
	return err;
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
	return dump_region(&r);
}

static const struct va_region *dump_region_of(vaddr_t va)
{
	static const struct va_region none = { "outside of every region", 0, 0 };

	for (unsigned r = 0; r < REGION_NR; r++)
		if (va - layout.r[r].va < layout.r[r].len)
			return &layout.r[r];
	return &none;
}

static int dump_wx_line(const struct ptdump_run *r, void *arg)
{
	struct dump_screen *d = arg;
	const struct va_region *region = dump_region_of(r->va);

	if (region != d->region)
		kprintf("%s\n", region->name);
	d->region = region;
	return dump_line(r, arg);
}

/* List leaves that are writable and executable.  Any such leaf makes the command fail, so that a
 * script notices it, also if the reader stopped the list. */
static int dump_audit(struct why *why)
{
	struct dump_screen d = { 0 };
	int err = ptdump_audit_kernel(dump_wx_line, &d);

	if (err && !(err == -ECANCELED && d.leaves))
		return err;
	if (d.leaves)
		return refuse(why, EPERM,
			      "%lu leaves are writable and executable, the first at %lx", d.leaves,
			      d.first);
	kputs("no leaf is writable and executable\n");
	return 0;
}

/* The first word of a name of two words is enough. */
static bool dump_is_named(const struct va_region *r, const char *name)
{
	size_t n = strlen(name);

	return !strcmp(r->name, name) || (!strncmp(r->name, name, n) && r->name[n] == ' ');
}

static int dump_regions(const char *name, struct why *why)
{
	bool any = false;
	int err = 0;

	for (unsigned r = 0; r < REGION_NR && !err; r++)
		if (!*name || dump_is_named(&layout.r[r], name)) {
			err = dump_region(&layout.r[r]);
			any = true;
		}
	if (!any)
		return refuse(why, ENOENT, "no region `%s`; `tables` lists them", name);
	return err;
}

/* The whole tree, or the region of that name; a target is a physical range in the linear map.  A
 * list that the reader stopped is no error. */
static int ptdump(const struct command_line *line, struct why *why)
{
	int err;

	console_clear_interrupt();
	pager_begin();
	if (line->has_target)
		err = dump_target(line, why);
	else if (!strcmp(line->rest, "wx"))
		err = dump_audit(why);
	else
		err = dump_regions(line->rest, why);
	return err == -ECANCELED ? 0 : err;
}

static const struct command tables_command = {
	.name = "tables",
	.group = GROUP_LOOK,
	.usage = "tables",
	.help = "Counts table pages and leaves of the kernel's page table by region, level and "
		"attributes.",
	.run = tables,
};
COMMAND(tables, tables_command);

static const struct command ptdump_command = {
	.name = "ptdump",
	.group = GROUP_LOOK,
	.usage = "ptdump [wx | REGION | ADDR+SIZE | node N | blocks A-B]",
	.help = "Lists page-table leaves as runs: address, size, rights, target. Rights are read, "
		"write, execute, global, contiguous. `wx` lists leaves that are writable and "
		"executable, and fails if there are any.",
	.run = ptdump,
};
COMMAND(ptdump, ptdump_command);
