/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_memory.c - add, online, offline, remove.  Without a target each acts on every suitable
 * range, one after the other, and stops at the first refusal; ranges before it stay changed.  Each
 * range has a line on the screen.
 */
#include <lib/string.h>
#include <mm/hotplug/hotplug.h>
#include <shell/command.h>
#include <shell/step.h>
#include <shell/target.h>

/* Options of this line, else of boot.  Both schemes are looked up for every command: a wrong name
 * is refused before anything changes, even if the operation does not use it. */
static int options(const struct args *a, struct hotplug_opts *o, struct why *why)
{
	memset(o, 0, sizeof(*o));
	o->leaf = strcmp(arg_text(a, ARG_LEAF), "page") ? -1 : 0;
	o->device_refuse = strcmp(arg_text(a, ARG_DEVICE_REMOVE), "refuse") == 0;
	o->memmap = memmap_scheme_find(arg_text(a, ARG_MEMMAP), why);
	o->remove = remove_scheme_find(arg_text(a, ARG_REMOVE), why);
	return o->memmap && o->remove ? 0 : -EINVAL;
}

/* The step of a line: range, zone and options.  `s` is written also when the line is refused. */
static int prepare(const struct command_line *line, struct step *s, struct why *why)
{
	int err = target_only(line, why);

	memset(s, 0, sizeof(*s));
	s->pa = line->start;
	s->len = line->len;
	s->zone = strcmp(arg_text(&line->args, ARG_ZONE), "Normal") ? ZONE_MOVABLE : ZONE_NORMAL;
	return err ? err : options(&line->args, &s->opts, why);
}

/* The node of a range is that of its source, unless the line or boot has node=. */
static int add(const struct command_line *line, struct why *why)
{
	struct source_pos pos = { 0 };
	struct step s;
	int err = prepare(line, &s, why);
	bool any = line->has_target;

	if (!err && any) {
		s.node = target_node(line, s.pa);
		return step_add(&s, why);
	}
	while (!err && next_addable(&pos, &s.pa, &s.len, &s.node)) {
		any = true;
		if (arg_given(&line->args, ARG_NODE))
			s.node = target_node(line, s.pa);
		err = step_add(&s, why);
	}
	return err || any ? err : refuse(why, ENXIO, "no memory is withheld and absent");
}

typedef int step_fn(struct step *, struct why *);

/* A target, or every range of blocks in `state`. */
static int each_range(const struct command_line *line, unsigned state, step_fn *fn, struct why *why)
{
	struct step s;
	int err = prepare(line, &s, why);
	bool any = false;
	u64 at = 0;

	if (err || line->has_target)
		return err ? err : fn(&s, why);
	while (!err && next_block_range(state, &at, &s.pa, &s.len)) {
		any = true;
		err = fn(&s, why);
	}
	if (err || any)
		return err;
	return refuse(why, ENOENT, "no hot-added block is %s", block_state_name(state));
}

/* Online acts on offline blocks, offline on online ones, remove on offline ones. */
static int online(const struct command_line *line, struct why *why)
{
	return each_range(line, BLOCK_OFFLINE, step_online, why);
}

static int offline(const struct command_line *line, struct why *why)
{
	return each_range(line, BLOCK_ONLINE, step_offline, why);
}

static int remove(const struct command_line *line, struct why *why)
{
	return each_range(line, BLOCK_OFFLINE, step_remove, why);
}

/* Also what Tab completes: `node` and `blocks` (shell/complete.c). */
#define TARGET "[ADDR+SIZE | node N | blocks A-B]"

static const struct command add_command = {
	.name = "add",
	.group = GROUP_MEMORY,
	.usage = "add " TARGET " [memmap=SCHEME] [leaf=auto|page] [node=N]",
	.help = "Adds memory: maps it in the linear map and makes its memmap; the blocks are "
		"offline.  Default: all withheld memory.  A range that is less than a block is "
		"added as sub-sections (2, 4 or 64 MiB by page size), which have no state.",
	.run = add,
};
COMMAND(add, add_command);

static const struct command online_command = {
	.name = "online",
	.group = GROUP_MEMORY,
	.usage = "online " TARGET " [zone=Movable|Normal]",
	.help = "Gives the pages of offline blocks to the page allocator.  Default: "
		"every offline block.",
	.run = online,
};
COMMAND(online, online_command);

static const struct command offline_command = {
	.name = "offline",
	.group = GROUP_MEMORY,
	.usage = "offline " TARGET,
	.help = "Moves the pages in use out of blocks and takes the blocks from the page "
		"allocator.  Default: every hot-added block online.",
	.run = offline,
};
COMMAND(offline, offline_command);

static const struct command remove_command = {
	.name = "remove",
	.group = GROUP_MEMORY,
	.usage = "remove " TARGET " [remove=SCHEME] [device-remove=defer|refuse]",
	.help = "Removes offline blocks or sub-sections: unmaps them and frees their memmap.  "
		"Default: every hot-added block offline.",
	.run = remove,
};
COMMAND(remove, remove_command);
