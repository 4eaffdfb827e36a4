// SPDX-License-Identifier: BSD-2-Clause
/* shell/cmd_digest.c - digest: equal before and after whatever must leave no trace (mm/hotplug.h).
 */
#include <kern/log.h>
#include <mm/hotplug.h>
#include <shell/command.h>

static int digest(const struct command_line *line, struct why *why)
{
	struct digest d;

	(void)line;
	(void)why;
	digest_take(&d);
	kprintf("digest %08x: map %016lx registry %016lx\n                 refs %016lx free "
		"%016lx\n",
		d.word, d.map, d.registry, d.refs, d.free);
	return 0;
}

static const struct command command = {
	.name = "digest",
	.usage = "digest",
	.help = "One number of all mappings, ranges, references and free pages.",
	.run = digest,
};
COMMAND(digest, command);
