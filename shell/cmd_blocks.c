/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_blocks.c - blocks, meminfo, nodes: memory of this machine and its state.
 *
 * No lock: only the boot CPU, which executes this, changes blocks, regions and sub-sections.  Other
 * CPUs may change the counts of free pages while they are printed.
 */
#include <kern/cpu.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <mm/hotplug/movable.h>
#include <mm/kernel/kpt.h>
#include <mm/memmap/memmap_late.h>
#include <mm/page/buddy_late.h>
#include <mm/page/region.h>
#include <mm/vmalloc/vmalloc.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <shell/step.h>
#include <shell/target.h>

/* ---- blocks ---- */

/* Can two blocks share a line?  They need the same place of the memmap too: all in one block, or
 * each in its own. */
static bool same_attributes(const struct block *a, const struct block *b)
{
	return a->state == b->state && a->node == b->node && a->zone == b->zone &&
	       a->boot == b->boot && a->partial == b->partial && a->held == b->held &&
	       a->memmap == b->memmap &&
	       (a->altmap_pfn == b->altmap_pfn ||
		(a->memmap && a->memmap->where == MEMMAP_IN_EACH_BLOCK));
}

/* Columns: numbers, physical range, node, state, zone (`-` unless online), scheme and place of the
 * memmap.  Widths as in the header in blocks(). */
static void print_run(const struct block *b, u64 nr)
{
	u64 pa = b->first_pfn << page_shift();
	char numbers[40], place[48];

	memmap_place_text(b, place, sizeof(place));
	kprintf("%-11s %-20s %4u  %-8s %-8s %s%s%s%s\n",
		blocks_text(pa, nr * layout.block_bytes, numbers),
		range_text(pa, nr * layout.block_bytes).text, b->node, block_state_name(b->state),
		b->state == BLOCK_ONLINE ? zone_name(b->zone) : "-",
		b->boot     ? "boot memory, stays"
		: b->memmap ? b->memmap->s.name
			    : "",
		b->partial ? ", partly RAM" : "", b->boot ? "" : ": ", b->boot ? "" : place);
	if (b->held)
		kputs("            removed, but it holds the memmap of other blocks\n");
}

/* Does [pa, pa + len) touch the target?  Without a target every range is selected. */
static bool is_selected(const struct command_line *line, u64 pa, u64 len)
{
	return !line->has_target || (pa < line->start + line->len && pa + len > line->start);
}

/* Print the ranges that were added as sub-sections; true if it printed one.  They have no state and
 * no zone, and their block is not in the table: "in 17". */
static bool print_subsections(const struct command_line *line)
{
	const struct subsection_range *r;
	char numbers[40], in[48];
	bool any = false;

	for (unsigned n = 0; (r = subsection_nth(n)); n++) {
		u64 pa = r->pfn << page_shift(), len = r->nr << page_shift();
		u64 first = align_down(pa, layout.block_bytes);

		if (!is_selected(line, pa, len))
			continue;
		snprintf(in, sizeof(in), "in %s",
			 blocks_text(first, align_up(pa + len - first, layout.block_bytes),
				     numbers));
		kprintf("%-11s %-20s %4lu  %-8s %-8s %s: %s\n", in, range_text(pa, len).text,
			r->node, "part", "-", r->memmap->s.name, subsection_place_text(r));
		any = true;
	}
	return any;
}

/* A run ends where a block differs from the first or does not follow the last; a machine with 1,000
 * equal blocks takes one line. */
static int blocks(const struct command_line *line, struct why *why)
{
	const struct block *first = NULL, *last = NULL;
	u64 nr = 0;
	char size[24];

	if (target_only(line, why))
		return -EINVAL;
	kprintf("%-11s %-20s %4s  %-8s %-8s memmap; %s each\n", "block", "range", "node", "state",
		"zone", size_text(layout.block_bytes, size));
	for (const struct block *b = block_next(NULL); b; b = block_next(b)) {
		if (!is_selected(line, b->first_pfn << page_shift(), layout.block_bytes))
			continue;
		if (first && same_attributes(first, b) &&
		    b->first_pfn == last->first_pfn + block_pages()) {
			last = b;
			nr++;
			continue;
		}
		if (first)
			print_run(first, nr);
		first = last = b;
		nr = 1;
	}
	if (first)
		print_run(first, nr);
	if (!print_subsections(line) && !first)
		return refuse(why, ENOENT, "no block there: it is absent");
	return 0;
}

/* ---- meminfo ---- */

/* Prints the number of bytes exactly and rounded. */
static void print_amount(const char *name, u64 bytes)
{
	char size[24];

	kprintf("%-26s %14lu  %s\n", name, bytes, rough_text(bytes, size));
}

/* Bytes of the ranges of exactly this kind.  The registry has three arrays (memory, reserved,
 * withheld) and region_nth() returns all entries of the array, so the kind is compared too. */
static u64 ram_of_kind(enum region_kind kind)
{
	const struct mem_range *r;
	u64 sum = 0;

	for (unsigned n = 0; (r = region_nth(kind, n)); n++)
		sum += r->kind == kind ? r->len : 0;
	return sum;
}

/* One line for each zone that has pages, in pages; the longest run is the largest allocation that
 * can succeed. */
static void zones(void)
{
	for (unsigned n = 0; n < NODES_MAX; n++)
		for (unsigned z = 0; z < ZONE_NR; z++) {
			u64 managed = buddy_managed_pages(n, z);

			if (managed)
				kprintf("node %u %-8s managed %8lu  free %8lu  longest run %8lu "
					"pages\n",
					n, zone_name(z), managed, buddy_free_pages(n, z),
					buddy_longest_run(n, z));
		}
}

/* Bytes.  Sub-sections do not change the registry, so those in withheld memory count as withheld
 * too. */
static u64 in_subsections(void)
{
	const struct subsection_range *r;
	u64 pages = 0;

	for (unsigned n = 0; (r = subsection_nth(n)); n++)
		pages += r->nr;
	return pages * page_size();
}

/* Memory whose struct pages were written after boot or online: by an allocation or an offline,
 * while the prompt waited for a key, or before a command. */
static void late_memmap(void)
{
	struct late_counts c = late_counts();
	u64 window = page_size() << BUDDY_MAX_ORDER;

	if (!(c.boot + c.added))
		return;
	print_amount("listed after boot", (c.boot + c.added) * window);
	kprintf("  of it %lu MiB on demand, %lu MiB at the prompt, %lu MiB not yet\n",
		c.taken * window / MiB, memmap_late_idle() * window / MiB, c.left * window / MiB);
}

static int meminfo(const struct command_line *line, struct why *why)
{
	u64 page = page_size();

	(void)line;
	(void)why;
	print_amount("RAM at boot", ram_of_kind(MEM_RAM));
	print_amount("hot-added", ram_of_kind(MEM_HOTADDED));
	print_amount("withheld", region_total(MEM_WITHHELD));
	print_amount("in sub-sections", in_subsections());
	print_amount("reserved by firmware", ram_of_kind(MEM_RESERVED) + ram_of_kind(MEM_NOMAP));
	print_amount("image", ram_of_kind(MEM_IMAGE));
	print_amount("boot allocations", ram_of_kind(MEM_BOOT));
	print_amount("free", buddy_free_total() * page);
	print_amount("page tables", table_pages() * page);
	late_memmap();
	print_amount("block table", block_table_bytes());
	print_amount("movable pages in use", movable_in_use() * page);
	print_amount("vmalloc, with guards", vmalloc_in_use() * page);
	zones();
	return 0;
}

/* ---- nodes ---- */

/* The ranges of a node in one array of the registry, labeled "hot-added" or `what`. */
static void ranges_of(unsigned node, enum region_kind array, const char *what)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(array, n)); n++)
		if (r->node == node)
			kprintf("  %-10s %s\n", r->kind == MEM_HOTADDED ? "hot-added" : what,
				range_text(r->pa, r->len).text);
}

/* CPUs by number; one that was not started (cpus=N, or an error) has "(off)". */
static void cpus_of(unsigned node)
{
	kputs("  cpus      ");
	for (unsigned i = 0; i < cpus_nr; i++)
		if (cpus[i].node == node)
			kprintf(" %u%s", i, cpus[i].online ? "" : "(off)");
	kputs("\n");
}

/* Nodes that have memory or a CPU, as bits: a node of the device tree without either is not shown.
 * Nodes are numbered 0..63 (node=). */
static u64 nodes_mask(void)
{
	static const enum region_kind arrays[] = { MEM_RAM, MEM_WITHHELD };
	const struct mem_range *r;
	u64 mask = 0;

	for (unsigned a = 0; a < ARRAY_SIZE(arrays); a++)
		for (unsigned n = 0; (r = region_nth(arrays[a], n)); n++)
			mask |= BIT(r->node & 63);
	for (unsigned i = 0; i < cpus_nr; i++)
		mask |= BIT(cpus[i].node & 63);
	return mask;
}

/* Zones exist for the first NODES_MAX nodes; a node beyond those has only CPUs and withheld
 * memory. */
static int nodes(const struct command_line *line, struct why *why)
{
	u64 mask = nodes_mask();

	(void)line;
	(void)why;
	for (unsigned n = 0; n < 64; n++) {
		if (!(mask & BIT(n)))
			continue;
		kprintf("node %u\n", n);
		cpus_of(n);
		ranges_of(n, MEM_RAM, "RAM");
		ranges_of(n, MEM_WITHHELD, "withheld");
		for (unsigned z = 0; n < NODES_MAX && z < ZONE_NR; z++)
			if (buddy_managed_pages(n, z))
				kprintf("  %-10s %lu of %lu pages free\n", zone_name(z),
					buddy_free_pages(n, z), buddy_managed_pages(n, z));
	}
	return 0;
}

static const struct command blocks_command = {
	.name = "blocks",
	.group = GROUP_LOOK,
	.usage = "blocks [A-B | node N | ADDR+SIZE]",
	.help = "Lists memory blocks and sub-sections: state, zone, node, place of their "
		"memmap.",
	.run = blocks,
};
COMMAND(blocks, blocks_command);

static const struct command meminfo_command = {
	.name = "meminfo",
	.group = GROUP_LOOK,
	.usage = "meminfo",
	.help = "Shows memory by use, and free pages by node and zone.",
	.run = meminfo,
};
COMMAND(meminfo, meminfo_command);

static const struct command nodes_command = {
	.name = "nodes",
	.group = GROUP_LOOK,
	.usage = "nodes",
	.help = "Lists NUMA nodes: CPUs, memory, free pages.",
	.run = nodes,
};
COMMAND(nodes, nodes_command);
