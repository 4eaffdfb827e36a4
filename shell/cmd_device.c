/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_device.c - device, devices: memory that belongs to a device (mm/hotplug/devmem.h), its
 * cost before it is added, and its modes.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/event.h>
#include <mm/kernel/kpt.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <shell/step.h>
#include <shell/target.h>

/* The column of step_line() (step.c), where wrapped lines begin. */
#define LABEL 9

/* ---- what it costs ---- */

/* "8192 of level 0, 16 of level 1", or "none": tables by the level of their entries.  Cut off at
 * `size`, for five levels of large counts only. */
static const char *tables_text(const u32 by_level[PT_LEVELS_MAX], char *buf, size_t size)
{
	size_t at = 0;

	snprintf(buf, size, "none");
	for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
		if (by_level[l] && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%u of level %u",
					       at ? ", " : "", by_level[l], l);
	return buf;
}

/* With compounds the memmap has two sizes, without and with the pages that are not stored; the
 * difference is the reason for compounds.  Also prints the memory at the front that reserve= and
 * the memmap take from the device. */
static void print_device_memmap(const struct devmem_cost *c, const struct devmem_opts *o, u64 len)
{
	char text[160], range[24], full[24], kept[24], compound[24], spent[48] = "";

	if (c->reserved)
		snprintf(spent, sizeof(spent), ", and %s of the range are spent",
			 size_text(c->reserved, compound));
	if (o->compound)
		snprintf(text, sizeof(text), "%s in compounds of %s: memmap %s of %s, %s%s",
			 size_text(len, range), size_text(o->compound, compound),
			 size_text(c->memmap, kept), size_text(c->full, full), o->memmap->s.name,
			 spent);
	else
		snprintf(text, sizeof(text), "%s: memmap %s, %s%s", size_text(len, range),
			 size_text(c->memmap, kept), o->memmap->s.name, spent);
	print_wrapped("cost", LABEL, text);
}

/* Printed before the operation, so that a refusal for lack of memory follows the numbers that
 * explain it. */
static void print_device_cost(const struct devmem_cost *c, const struct devmem_opts *o, u64 len)
{
	char text[160], memmap[64], linear[64], a[24], b[24];

	print_device_memmap(c, o, len);
	snprintf(text, sizeof(text), "tables of the vmemmap: %s; of the linear map: %s",
		 tables_text(c->memmap_tables, memmap, sizeof(memmap)),
		 tables_text(c->linear_tables, linear, sizeof(linear)));
	print_wrapped("", LABEL, text);
	snprintf(text, sizeof(text), "tables %s, in all %s of old memory", size_text(c->tables, a),
		 size_text(c->need, b));
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "; %s are free",
		 size_text(c->free, a));
	print_wrapped("", LABEL, text);
}

/* ---- one range ---- */

/* One line for a range: node, mode, place of the memmap, compounds, first address that the device
 * may use.  With a label it is the outcome of a command and ends in "ok"; without, a line of a
 * list. */
static void print_device_range(const char *label, const struct devmem *d)
{
	char text[120], size[24], compound[40] = "", data[40] = "";

	if (d->opts.compound)
		snprintf(compound, sizeof(compound), ", compounds of %s",
			 size_text(d->opts.compound, size));
	if (d->data)
		snprintf(data, sizeof(data), ", data from 0x%lx", d->pa + d->data);
	snprintf(text, sizeof(text), "%s node %u, %s, memmap=%s%s%s%s",
		 range_text(d->pa, d->len).text, d->node, devmem_mode_name(d->mode),
		 d->opts.memmap->s.name, compound, data, d->opts.uncached ? ", not cacheable" : "");
	step_line(label, text, *label != 0);
}

/* After a change of mode: pages, tables and leaves that it allocated and freed. */
static void print_device_change(u64 pa, const struct hotplug_report *r)
{
	char text[160];

	print_device_range("device", devmem_find(pa >> page_shift(), 1));
	snprintf(text, sizeof(text),
		 "memmap %lu pages; tables +%lu -%lu; leaves of the linear map %lu, of the vmemmap "
		 "%lu; TLBIs %lu",
		 r->memmap_pages, r->tables_new, r->tables_freed, r->leaves, r->vmemmap_leaves,
		 r->tlbi_ops);
	print_wrapped("", LABEL, text);
}

/* memmap= of this line, else of boot, else `device`: by default the struct pages are stored in the
 * device's own memory.  The add refuses memmap=block, also if it is the setting of boot. */
static int options(const struct command_line *line, struct devmem_opts *o, struct why *why)
{
	const char *memmap =
		arg_given(&line->args, ARG_MEMMAP) ? arg_text(&line->args, ARG_MEMMAP) : "device";

	*o = (struct devmem_opts) { .memmap = memmap_scheme_find(memmap, why) };
	if (arg_given(&line->args, ARG_COMPOUND))
		o->compound = arg_number(&line->args, ARG_COMPOUND);
	if (arg_given(&line->args, ARG_RESERVE))
		o->reserve = arg_number(&line->args, ARG_RESERVE);
	return o->memmap ? 0 : -EINVAL;
}

/* devmem_cost() refuses an impossible request before its cost is printed. */
static int print_and_add(u64 pa, u64 len, unsigned node, const struct devmem_opts *o,
			 struct why *why)
{
	struct hotplug_report report = { 0 };
	struct devmem_cost cost;
	int err = devmem_cost(pa, len, node, o, &cost, why);

	if (err)
		return err;
	print_device_cost(&cost, o, len);
	err = devmem_add(pa, len, node, o, &report, why);
	if (!err)
		print_device_change(pa, &report);
	return err;
}

/* ---- the verbs ---- */

struct verb {
	const char *op; /* kept by the history; the verb is its second word */
	int (*run)(const struct command_line *, u64 pa, u64 len, struct why *);
	enum devmem_mode to; /* without run */
};

static int cmd_device_add(const struct command_line *line, u64 pa, u64 len, struct why *why)
{
	struct devmem_opts o;
	int err = options(line, &o, why);

	return err ? err : print_and_add(pa, len, target_node(line, pa), &o, why);
}

/* Removes a range in any mode; refused while blocks of it are online. */
static int cmd_device_remove(const struct command_line *line, u64 pa, u64 len, struct why *why)
{
	char text[80];
	int err = devmem_remove(pa, len, NULL, why);

	(void)line;
	if (err)
		return err;
	snprintf(text, sizeof(text), "%s is free again", range_text(pa, len).text);
	step_line("device", text, true);
	return 0;
}

static int change_mode(u64 pa, u64 len, enum devmem_mode to, struct why *why)
{
	struct hotplug_report report = { 0 };
	int err = devmem_set_mode(pa, len, to, &report, why);

	if (!err)
		print_device_change(pa, &report);
	return err;
}

/* A verb without a function is a mode; the history shows the whole name. */
static const struct verb verbs[] = {
	{ "device add", cmd_device_add, 0 },  { "device remove", cmd_device_remove, 0 },
	{ "device raw", NULL, DEVMEM_RAW },   { "device dax", NULL, DEVMEM_DAX },
	{ "device kmem", NULL, DEVMEM_KMEM },
};

/* `word` is compared with the part after "device ". */
static const struct verb *find_verb(const char *word)
{
	for (unsigned i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(word, verbs[i].op + strlen("device ")))
			return &verbs[i];
	return NULL;
}

/* Noted in the history also when it is refused: `events` lists what an operator tried. */
static int run(const struct verb *v, const struct command_line *line, u64 pa, u64 len,
	       struct why *why)
{
	int err = v->run ? v->run(line, pa, len, why) : change_mode(pa, len, v->to, why);

	event_note("operator", v->op, pa, len, err, err ? why->text : "");
	return err;
}

/* The target follows the verb, where the dispatcher does not look for it.  It is mandatory: a
 * default would claim memory that the user did not name. */
static int device(const struct command_line *line, struct why *why)
{
	const struct verb *v = find_verb(line->nr_words ? line->words[0] : "");
	struct target target;
	u64 pa, len;
	int err;

	if (!v)
		return refuse(why, EINVAL, "device: there is add, remove, raw, dax and kmem");
	err = target_parse(line->words + 1, line->nr_words - 1, &target, why);
	if (!err && (!target.kind || target.words + 1 != line->nr_words))
		err = refuse(why, EINVAL, "%s: which range? ADDR+SIZE or node N", v->op);
	if (!err)
		err = target_resolve(&target, &pa, &len, why);
	return err ? err : run(v, line, pa, len, why);
}

static int devices(const struct command_line *line, struct why *why)
{
	const struct devmem *d;

	(void)line;
	if (!devmem_nth(0))
		return refuse(why, ENOENT, "no memory belongs to a device: `device add`");
	for (unsigned n = 0; (d = devmem_nth(n)); n++)
		print_device_range("", d);
	return 0;
}

static const struct command device_command = {
	.name = "device",
	.group = GROUP_DEVICES,
	.usage = "device add|remove|raw|dax|kmem ADDR+SIZE [compound=2M] "
		 "[memmap=device|host] [reserve=2M]",
	.help = "Claims a range for a device (raw), gives it struct pages but no block "
		"(dax), or uses it as RAM (kmem).  `add` first prints the cost.",
	.run = device,
};
COMMAND(device, device_command);

static const struct command devices_command = {
	.name = "devices",
	.group = GROUP_DEVICES,
	.usage = "devices",
	.help = "Lists ranges that belong to devices: mode, node, place of their memmap.",
	.run = devices,
};
COMMAND(devices, devices_command);
