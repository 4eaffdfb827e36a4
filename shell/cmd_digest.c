/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_digest.c - digest: equal before and after an operation that must leave no trace
 * (mm/hotplug/hotplug.h); of a range: independent of its address and of the way in which it was
 * added.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <mm/hotplug/hotplug.h>
#include <shell/command.h>
#include <shell/shell.h>
#include <shell/target.h>

/* Checked here, because digest_range() asserts it of its arguments. */
static int range(u64 start, u64 len, struct why *why)
{
	if (!len || start + len < start || !is_aligned(start | len, layout.block_bytes))
		return refuse(why, EINVAL, "%s is not made of whole blocks",
			      range_text(start, len).text);
	if (!layout_is_mappable(start, len))
		return refuse(why, ERANGE, "%s is beyond what the linear map reaches",
			      range_text(start, len).text);
	kprintf("digest %08x of %s\n", digest_range(start, len), range_text(start, len).text);
	return 0;
}

/* The parts are printed too: when two digests differ, they show which tables differ. */
static int digest(const struct command_line *line, struct why *why)
{
	struct digest d;

	if (target_only(line, why))
		return -EINVAL;
	if (line->has_target)
		return range(line->start, line->len, why);
	digest_take(&d);
	kprintf("digest %08x: map %016lx registry %016lx\n                 refs %016lx free "
		"%016lx\n",
		d.word, d.map, d.registry, d.refs, d.free);
	return 0;
}

static const struct command command = {
	.name = "digest",
	.group = GROUP_LOOK,
	.usage = "digest [ADDR+SIZE | node N | blocks A-B]",
	.help = "Computes one number of all mappings, ranges, references and free pages, "
		"or of one range.",
	.run = digest,
};
COMMAND(digest, command);
