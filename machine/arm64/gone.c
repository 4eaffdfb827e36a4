/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/gone.c - leaves=TEXT: at a console line that begins with TEXT the memory of node 1
 * is removed from the machine, for ever.
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

const char *gone_text;
u64 gone_from, gone_bytes;
static struct {
	u64 from, bytes;
} node;
static void (*told)(const char *line);

/* The SError is raised on any CPU that is on: a line belongs to no CPU. */
void gone_written_back(u64 pa)
{
	struct a64_cpu *found = NULL;
	unsigned n = 0;

	for (unsigned i = 0; gone_at(pa) && i < cpus_nr; i++)
		if (cpus[i].state != CPU_OFF && one_in(++n))
			found = &cpus[i];
	if (found)
		found->serror = true;
}

static void gone_line(const char *line)
{
	if (!gone_bytes && !strncmp(line, gone_text, strlen(gone_text))) {
		gone_from = node.from;
		gone_bytes = node.bytes;
		for (unsigned i = 0; i < cpus_nr; i++)
			soft_forget(&cpus[i]);
	}
	if (told)
		told(line);
}

void gone_power_on(u64 from, u64 bytes)
{
	if (!gone_text)
		return;
	if (!bytes)
		machine_refuse("leaves", "no memory of node 1: node1=");
	node.from = from;
	node.bytes = bytes;
	gone_bytes = 0;
	if (console_told == gone_line)
		return;
	told = console_told;
	console_told = gone_line;
}
