/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_acpi.c - acpi: tables, hot-plug windows, memory devices. */
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/dimm_source.h>
#include <drivers/acpi/ged.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

/* Signatures, 13 a line; the DSDT is printed last: the FADT points to it, and it is not in the list
 * of tables. */
static void print_tables(const struct tables *t)
{
	unsigned column = 9;

	kprintf("tables   ");
	for (unsigned i = 0; i < t->nr; i++, column += 5) {
		if (column > 70) {
			kprintf("\n         ");
			column = 9;
		}
		kprintf("%s ", t->table[i].name);
	}
	kprintf("%s\n", t->dsdt.len ? "DSDT" : "no DSDT");
	if (t->left_out)
		kprintf("         %u left out: `log` has the reason\n", t->left_out);
}

/* Hot-pluggable ranges of the SRAT.  A DIMM outside of them is an error of the firmware, which the
 * user sees here. */
static void print_windows(const struct srat *s)
{
	for (unsigned i = 0; i < s->nr; i++)
		if (s->range[i].hotpluggable)
			kprintf("window   %s  node %u\n",
				range_text(s->range[i].pa, s->range[i].len).text,
				s->range[i].proximity);
}

/* One line for each memory device of the namespace: path, origin ("boot", "cold", "hot", "empty"),
 * first range.  "not ours": it was RAM at boot already, or no event added it. */
static void print_dimms(void)
{
	struct acpi_dimm d;

	for (unsigned n = 0; acpi_dimm_nth(n, &d); n++) {
		if (!d.nr_ranges) {
			kprintf("memory   %-20s %s\n", d.path, d.origin);
			continue;
		}
		kprintf("memory   %-20s %-5s %-22s node %u  %s\n", d.path, d.origin,
			range_text(d.range[0].pa, d.range[0].len).text, d.range[0].node,
			d.added     ? "in use"
			: d.refused ? "refused"
				    : "not ours");
		for (unsigned i = 1; i < d.nr_ranges; i++)
			kprintf("         %-26s %s\n", "",
				range_text(d.range[i].pa, d.range[i].len).text);
	}
}

/* Prints tables and windows also without a GED; the refusal after them then states that no memory
 * can be announced, and the knob that gives QEMU's machine a GED. */
static int acpi(const struct command_line *line, struct why *why)
{
	const struct acpi_machine *m = acpi_machine();

	(void)line;
	if (!m->has_tables)
		return refuse(why, ENODEV, "acpi: this machine has no tables, or acpi=off");
	print_tables(&m->tables);
	print_windows(&m->srat);
	if (!acpi_source_running())
		return refuse(why, ENODEV, "acpi: no GED, so nothing can be announced (ACPI=1)");
	kprintf("GED      %u line%s, %lu interrupts\n", ged_lines(), ged_lines() == 1 ? "" : "s",
		ged_interrupts());
	print_dimms();
	return 0;
}

static const struct command command = {
	.name = "acpi",
	.group = GROUP_MACHINE,
	.usage = "acpi",
	.help = "Shows ACPI tables, hot-plug windows, interrupts of the GED, memory "
		"devices.",
	.run = acpi,
};
COMMAND(acpi, command);
