/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_opts.c - options of an operation, from the caller or from the boot arguments;
 * and the bound of leaves that follows from the size of a block (ENGINE 2).
 */
#include <kern/args.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug_internal.h>

void hotplug_opts_default(struct hotplug_opts *o)
{
	*o = (struct hotplug_opts) {
		.leaf = strcmp(arg_text(NULL, ARG_LEAF), "page") ? -1 : 0,
		.contig = arg_flag(NULL, ARG_CONTIG),
		.device_refuse = !strcmp(arg_text(NULL, ARG_DEVICE_REMOVE), "refuse"),
	};
}

static int complete(const struct hotplug_opts *given, struct hotplug_opts *o, struct why *why)
{
	if (given)
		*o = *given;
	else
		hotplug_opts_default(o);
	if (o->leaf < -1 || o->leaf > 0)
		return refuse(why, EINVAL, "leaf=%d: there is -1 (largest) and 0 (pages)", o->leaf);
	return 0;
}

int hotplug_opts_add(const struct hotplug_opts *given, struct hotplug_opts *o, struct why *why)
{
	int err = complete(given, o, why);

	if (!err && !o->memmap)
		o->memmap = memmap_scheme_find(arg_text(NULL, ARG_MEMMAP), why);
	return !err && !o->memmap ? -EINVAL : err;
}

int hotplug_opts_remove(const struct hotplug_opts *given, struct hotplug_opts *o, struct why *why)
{
	int err = complete(given, o, why);

	if (!err && !o->remove)
		o->remove = remove_scheme_find(arg_text(NULL, ARG_REMOVE), why);
	return !err && !o->remove ? -EINVAL : err;
}

int hotplug_node_check(unsigned node, struct why *why)
{
	if (node < NODES_MAX)
		return 0;
	return refuse(why, EINVAL, "node %u: there are nodes 0 to %u", node, NODES_MAX - 1);
}

unsigned hotplug_leaf_level(u64 bytes, int leaf)
{
	unsigned best = 0, end = layout.fmt->levels;

	if (kpt.root_append) /* root slots are never cleared, and hold only tables */
		end--;
	if (leaf == 0)
		return 0;
	for (unsigned level = 1; level < end; level++)
		if (pt_leaf_ok(layout.fmt, level) && pt_span(layout.fmt, level) <= bytes)
			best = level;
	return best;
}
