/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_compare.c - compare AXIS: the same add, online, offline and remove under each scheme of
 * an axis, one line each.  Counts are exact, times are of this one cycle.
 *
 * Each scheme gets the memory absent and leaves it absent, so the order of the schemes does not
 * matter.  Unsafe schemes are left out: a removal under one of them could crash the machine.
 */
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kpt.h>
#include <mm/memmap/memmap.h>
#include <mm/vmalloc.h>
#include <shell/axis.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <shell/target.h>

/* `pa`, `len`, `node` are chosen once, the rest belongs to the scheme of the present line.  Costs
 * are in cost_unit(): up is add and online, down is offline and remove; `tables` are pages of page
 * tables that the add brought. */
struct compare {
	const struct axis *axis;
	paddr_t pa;
	u64 len;
	unsigned node;
	struct hotplug_opts opts;
	struct hotplug_report add, remove;
	u64 up_cost, down_cost, tables;
};

/* Without a target: the first range that can be added, whole blocks of at most 1 GiB, as a cycle of
 * more takes minutes under an emulator. */
static int compare_target(const struct command_line *line, struct compare *c, struct why *why)
{
	struct source_pos pos = { 0 };

	if (line->has_target) {
		c->pa = line->start;
		c->len = line->len;
		c->node = target_node(line, c->pa);
		return 0;
	}
	while (next_addable(&pos, &c->pa, &c->len, &c->node)) {
		u64 skip = align_up(c->pa, layout.block_bytes) - c->pa;
		u64 rest = c->len > skip ? c->len - skip : 0;

		c->pa += skip;
		c->len = align_down(min_u64(rest, max_u64(GiB, layout.block_bytes)),
				    layout.block_bytes);
		if (c->len)
			return 0;
	}
	return refuse(why, ENOENT, "no whole block is withheld and absent");
}

/* One cycle; after a failed online or offline the range is removed again where that is possible, so
 * that the next scheme finds it absent. */
static int compare_cycle(struct compare *c, struct why *why)
{
	u64 tables = table_pages(), start = cost_now();
	int err = hotplug_add(c->pa, c->len, c->node, &c->opts, &c->add, why);

	if (err)
		return err;
	c->tables = table_pages() - tables;
	err = hotplug_online(c->pa, c->len, ZONE_MOVABLE, NULL, why);
	c->up_cost = cost_now() - start;
	start = cost_now();
	if (!err)
		err = hotplug_offline(c->pa, c->len, NULL, why);
	if (err) {
		hotplug_remove(c->pa, c->len, &c->opts, NULL, NULL);
		return err;
	}
	err = hotplug_remove(c->pa, c->len, &c->opts, &c->remove, why);
	c->down_cost = cost_now() - start;
	return err;
}

/* Put the scheme in force for one cycle, and what was in force back, also after a failure.  memmap=
 * and remove= go by the options of the add, tlb= and vmalloc= are the kernel's: nobody else uses
 * them meanwhile, as this is the only CPU that changes memory. */
static int compare_scheme(struct compare *c, const struct scheme *s, struct why *why)
{
	const struct tlb_scheme *tlb = tlb_selected();
	const struct vmalloc_scheme *vmalloc = vmalloc_selected();
	const void *scheme = s;
	int err;

	hotplug_opts_default(&c->opts);
	if (c->axis->arg == ARG_TLB)
		tlb_select(scheme);
	else if (c->axis->arg == ARG_MEMMAP)
		c->opts.memmap = scheme;
	else if (c->axis->arg == ARG_REMOVE)
		c->opts.remove = scheme;
	else
		vmalloc_select(scheme);
	err = compare_cycle(c, why);
	tlb_select(tlb);
	vmalloc_select(vmalloc);
	return err;
}

/* Millions with two digits behind the point, for a column. */
static const char *hundredths(u64 cost, char buf[static 24])
{
	snprintf(buf, 24, "%lu.%02lu", cost / 1000000, cost / 10000 % 100);
	return buf;
}

/* "M instr" or "ms", whichever cost_now() counts on this machine. */
static void compare_header(const struct compare *c)
{
	const char *unit = strcmp(cost_unit(), "ns") ? "M instr" : "ms";
	char up[24], down[24];

	kprintf("compare %s: add, online, offline, remove %s\n", c->axis->name,
		range_text(c->pa, c->len).text);
	snprintf(up, sizeof(up), "up %s", unit);
	snprintf(down, sizeof(down), "down %s", unit);
	kprintf("%-13s %7s %5s %6s %8s %10s %12s  %s\n", c->axis->name, "TLBIs", "waits", "tables",
		"old KiB", up, down, "promises");
}

/* "old KiB": struct pages that lie in memory the machine already had.  The widths are those of the
 * header. */
static void compare_row(const struct compare *c, const struct scheme *s)
{
	char up[24], down[24], letters[PROMISE_NR + 1];

	kprintf("%-13s %7lu %5lu %6lu %8lu %10s %12s  %s\n", s->name,
		c->add.tlbi_ops + c->remove.tlbi_ops, c->add.waits + c->remove.waits, c->tables,
		c->add.memmap_host_bytes >> 10, hundredths(c->up_cost, up),
		hundredths(c->down_cost, down), axis_letters(c->axis, s->promises, letters));
}

/* The meaning of the letters in the last column, in their order (axis_letters()). */
static void compare_legend(const struct axis *a)
{
	char label[32], letter = 'a';

	for (unsigned i = 0; i < PROMISE_NR; i++)
		if (!strcmp(promises[i].axis, a->name)) {
			snprintf(label, sizeof(label), "  %c %s ", letter++, promises[i].name);
			print_wrapped(label, 18, promises[i].claim);
		}
	kputs("up: add and online; down: offline and remove; counts of both\n");
}

/* A scheme that cannot run here has its line with the reason, so that nobody looks for it. */
static void compare_each(struct compare *c, struct why *first)
{
	char reason[80] = "";
	struct why why = { 0 };

	axis_for_each(c->axis, it)
	{
		const struct scheme *s = axis_scheme(it);

		if (s->unsafe)
			kprintf("%-13s left out: unsafe, %s\n", s->name, s->unsafe);
		else if (!axis_usable(c->axis, s, reason, sizeof(reason)))
			kprintf("%-13s not on this machine: %s\n", s->name, reason);
		else if (!compare_scheme(c, s, &why))
			compare_row(c, s);
		else {
			kprintf("%-13s refused: %s\n", s->name, why.text);
			if (!first->text[0])
				*first = why;
		}
	}
}

/* The table is printed whatever happens; a refusal in it makes the command fail, so that a script
 * notices. */
static int compare(const struct command_line *line, struct why *why)
{
	struct why first = { 0 };
	struct compare c = { 0 };
	int err;

	if (!line->nr_words)
		return refuse(why, EINVAL, "which axis? tlb, memmap, remove or vmalloc");
	c.axis = axis_find(line->words[0], why);
	if (!c.axis)
		return -EINVAL;
	if (c.axis->to - c.axis->from < 2)
		return refuse(why, EINVAL, "%s has one scheme, %s: nothing to compare",
			      c.axis->name, axis_scheme(c.axis->from)->name);
	if ((err = compare_target(line, &c, why)))
		return err;
	compare_header(&c);
	compare_each(&c, &first);
	compare_legend(c.axis);
	if (first.text[0])
		return refuse(why, EIO, "at least one scheme was refused: %s", first.text);
	return 0;
}

static const struct command command = {
	.name = "compare",
	.group = GROUP_TESTS,
	.usage = "compare AXIS [ADDR+SIZE | node N | blocks A-B]",
	.help = "The same cycle under each scheme of tlb, memmap, remove or vmalloc, side by side.",
	.run = compare,
};
COMMAND(compare, command);
