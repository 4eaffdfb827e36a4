/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/unplug.c - leaves=TEXT: at a console line that begins with TEXT the memory of node
 * 1 is removed from the machine, for ever.
 *
 * From then on an access or a table walk there is an external abort.  An access that no instruction
 * causes, or whose instruction has retired, is an SError (D1.4.6, "Asynchronous exception types";
 * D7.6, "External aborts"):
 *   - a dirty line that is written back, at any later time
 *   - a store that was still in its CPU's buffer
 *   - a speculative load of Normal memory that a TLB entry or the tables still map (B2.10)
 */
#include "cache.h"
#include "cpu.h"
#include <machine/core.h>
#include <machine/device.h>
#include <machine/random.h>
#include <string.h>

const char *unplug_text;
u64 unplugged_from, unplugged_bytes;
static struct {
	u64 from, bytes;
} node;
static void (*next_line)(const char *line);

/* The SError is raised on any CPU that is on: a line belongs to no CPU. */
void unplug_written_back(u64 pa)
{
	struct a64_cpu *found = NULL;
	unsigned n = 0;

	for (unsigned i = 0; unplugged_at(pa) && i < cpus_nr; i++)
		if (cpus[i].state != CPU_OFF && one_in(++n))
			found = &cpus[i];
	if (found)
		found->serror = true;
}

static void unplug_line(const char *line)
{
	if (!unplugged_bytes && !strncmp(line, unplug_text, strlen(unplug_text))) {
		unplugged_from = node.from;
		unplugged_bytes = node.bytes;
		for (unsigned i = 0; i < cpus_nr; i++)
			soft_forget(&cpus[i]);
	}
	if (next_line)
		next_line(line);
}

void unplug_power_on(u64 from, u64 bytes)
{
	if (!unplug_text)
		return;
	if (!bytes)
		machine_refuse("leaves", "no memory of node 1: node1=");
	node.from = from;
	node.bytes = bytes;
	unplugged_bytes = 0;
	if (console_line == unplug_line)
		return;
	next_line = console_line;
	console_line = unplug_line;
}
