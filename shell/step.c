/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/step.c - see step.h.  Numbers come from the report of the operation, from the
 * tap `count`, which is on for the time of the operation, and from the tables themselves.
 */
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/subsection.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt_tap.h>
#include <shell/screen/colour.h>
#include <shell/screen/progress.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <shell/step.h>

/* Width of the label, and column of the "ok". */
#define LABEL 9
#define OK_COLUMN 74

/* "ok" is printed by a call of its own: it alone is colored. */
static void step_ok(const char *label, const char *text)
{
	kprintf("%-*s%-*s ", LABEL, label, OK_COLUMN - LABEL, text);
	colour_puts(COLOUR_GOOD, "ok");
	kputs("\n");
}

void step_line(const char *label, const char *text, bool ok)
{
	if (ok)
		step_ok(label, text);
	else
		kprintf("%-*s%s\n", LABEL, label, text);
}

/* ---- leaves of a range ---- */

/* By level. */
struct leaf_counts {
	u64 n[PT_LEVELS_MAX];
};

static int count_leaf(const struct pt_slot *slot, void *arg)
{
	struct leaf_counts *c = arg;

	c->n[slot->level]++;
	return 0;
}

const char *leaves_text(vaddr_t va, u64 len, char *buf, size_t size)
{
	struct leaf_counts c = { 0 };
	char span[24];
	size_t at = 0;

	hotplug_read_lock();
	hotplug_walk(va, len, PT_ON_LEAF, count_leaf, &c);
	hotplug_read_unlock();
	buf[0] = 0;
	for (unsigned l = PT_LEVELS_MAX; l-- > 0;)
		if (c.n[l] && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%lu x %s", at ? " + " : "",
					       c.n[l], size_text(pt_span(layout.fmt, l), span));
	if (!at)
		snprintf(buf, size, "no leaf");
	return buf;
}

/* altmap_pfn is 0 for boot memory and memmap=host, whose struct pages are in memory that was
 * present before. */
const char *memmap_place_text(const struct block *b, char *buf, size_t size)
{
	if (!b->altmap_pfn)
		snprintf(buf, size, "in old memory");
	else if (b->memmap && b->memmap->where == MEMMAP_IN_EACH_BLOCK)
		snprintf(buf, size, "in each block");
	else
		snprintf(buf, size, "in block %lu", block_nr(b->altmap_pfn << page_shift()));
	return buf;
}

const char *subsection_place_text(const struct subsection_range *r)
{
	static const char *const places[] = {
		[MEMMAP_IN_OLD_MEMORY] = "in old memory",
		[MEMMAP_IN_EACH_BLOCK] = "in each sub-section",
		[MEMMAP_IN_FIRST_BLOCKS] = "at the front of the range",
	};

	return places[r->memmap->where];
}

/* ---- measuring ---- */

static struct pt_counts counts;
static u64 cost_start;

static void measure_begin(const char *op)
{
	progress_begin(op);
	pt_tap_enable("count", true);
	pt_count_reset();
	cost_start = cost_now();
}

static void measure_end(struct step *s)
{
	s->cost = cost_now() - cost_start;
	pt_count_read(&counts);
	pt_tap_enable("count", false);
}

static int note_result(const struct step *s, const char *op, int err, const struct why *why)
{
	event_note("operator", op, s->pa, s->len, err, err ? why->text : "");
	return err;
}

/* ---- the operations ---- */

/* "in all, 2 MiB in each of 8 blocks": for schemes that store a part of the memmap in each
 * block. */
static const char *each_block_text(const struct step *s, char *buf, size_t size)
{
	u64 blocks = s->len / layout.block_bytes;
	char each[24];

	snprintf(buf, size, "in all, %s in each of %lu blocks",
		 size_text(s->report.memmap_pages * page_size() / blocks, each), blocks);
	return buf;
}

/* "0 B from old memory" is the promise of a self-hosted memmap; it is printed where it holds. */
static void print_step_memmap(const struct step *s, const char *place)
{
	char text[160], size[24];

	snprintf(text, sizeof(text), "memmap %s %s%s; tables +%lu, TLBIs %lu",
		 size_text(s->report.memmap_pages * page_size(), size), place,
		 s->report.memmap_host_bytes ? "" : ", 0 B from old memory", counts.tables_alloc,
		 counts.tlbi_ops);
	print_wrapped("", LABEL, text);
}

/* The leaves that map the range and its struct pages now, read from the tree; cells and runs are
 * the stores that the tap counted. */
static void print_leaves(const struct step *s)
{
	u64 pages = s->len >> page_shift();
	char text[200], linear[64], vmemmap[64];

	leaves_text(linear_va(s->pa), s->len, linear, sizeof(linear));
	leaves_text(memmap_va(s->pa >> page_shift()), pages * sizeof(struct page), vmemmap,
		    sizeof(vmemmap));
	snprintf(text, sizeof(text), "linear map %s, vmemmap %s; %lu cells, %lu runs", linear,
		 vmemmap, counts.cells, counts.runs);
	print_wrapped("", LABEL, text);
}

/* The scheme is read from the block: NULL in the options means the default. */
static void print_add(const struct step *s)
{
	const struct block *b = block_find(s->pa >> page_shift());
	const struct subsection_range *sub = subsection_find(s->pa >> page_shift(), 1);
	const struct memmap_scheme *memmap = b ? b->memmap : sub ? sub->memmap : NULL;
	char text[120], place[48];

	snprintf(text, sizeof(text), "%s%s node %u, memmap=%s", range_text(s->pa, s->len).text,
		 sub ? ", sub-sections," : "", s->node, memmap ? memmap->s.name : "?");
	step_line("add", text, true);
	if (b && b->memmap->where == MEMMAP_IN_EACH_BLOCK && s->len > layout.block_bytes)
		print_step_memmap(s, each_block_text(s, place, sizeof(place)));
	else if (b)
		print_step_memmap(s, memmap_place_text(b, place, sizeof(place)));
	else if (sub)
		print_step_memmap(s, subsection_place_text(sub));
	print_leaves(s);
}

/* A range that is not whole blocks can only be added as sub-sections. */
static bool is_part_of_block(const struct step *s)
{
	return !is_aligned(s->pa | s->len, layout.block_bytes);
}

int step_add(struct step *s, struct why *why)
{
	int err;

	measure_begin("add");
	err = (is_part_of_block(s) ? subsection_add : hotplug_add)(s->pa, s->len, s->node, &s->opts,
								   &s->report, why);
	measure_end(s);
	if (!err)
		print_add(s);
	return note_result(s, "add", err, why);
}

/* The text is formatted even if the operation is refused; it is then not printed. */
int step_online(struct step *s, struct why *why)
{
	char text[120], blocks[40], size[24];
	int err;

	measure_begin("online");
	err = hotplug_online(s->pa, s->len, s->zone, &s->report, why);
	measure_end(s);
	snprintf(text, sizeof(text), "block%s %s, zone %s, %lu pages (%s) free",
		 s->len > layout.block_bytes ? "s" : "", blocks_text(s->pa, s->len, blocks),
		 zone_name(s->zone), s->report.usable_pages,
		 size_text(s->report.usable_pages * page_size(), size));
	if (!err)
		step_line("online", text, true);
	return note_result(s, "online", err, why);
}

int step_offline(struct step *s, struct why *why)
{
	char text[120], blocks[40];
	int err;

	measure_begin("offline");
	err = hotplug_offline(s->pa, s->len, &s->report, why);
	measure_end(s);
	snprintf(text, sizeof(text), "block%s %s, %lu page%s in use moved elsewhere",
		 s->len > layout.block_bytes ? "s" : "", blocks_text(s->pa, s->len, blocks),
		 s->report.moved_pages, s->report.moved_pages == 1 ? "" : "s");
	if (!err)
		step_line("offline", text, true);
	return note_result(s, "offline", err, why);
}

/* Sub-sections have no block numbers: the range is printed instead. */
static void print_remove(const struct step *s)
{
	char text[120], what[48];

	snprintf(text, sizeof(text), "%s%s: %lu leaves cleared, %lu gather%s: %lu TLBIs, %lu waits",
		 !s->report.blocks       ? ""
		 : s->report.blocks == 1 ? "block "
					 : "blocks ",
		 s->report.blocks ? blocks_text(s->pa, s->len, what)
				  : range_text(s->pa, s->len).text,
		 counts.leaves_cleared, s->report.gathers, s->report.gathers == 1 ? "" : "s",
		 counts.tlbi_ops, counts.waits);
	step_line("remove", text, true);
	if (s->report.held_blocks)
		kprintf("%-*s%lu block%s mapped: they hold the memmap of others\n", LABEL, "",
			s->report.held_blocks, s->report.held_blocks == 1 ? " stays" : "s stay");
}

/* Whole blocks may also have been added as sub-sections, one after the other, so this looks for
 * those. */
int step_remove(struct step *s, struct why *why)
{
	bool part = is_part_of_block(s) ||
		    subsection_find(s->pa >> page_shift(), s->len >> page_shift());
	int err;

	measure_begin("remove");
	err = (part ? subsection_remove : hotplug_remove)(s->pa, s->len, &s->opts, &s->report, why);
	measure_end(s);
	if (!err)
		print_remove(s);
	return note_result(s, "remove", err, why);
}
