/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/id.c - `id`: describe machine and image line by line; see shell.h.
 *
 * For users who compare two machines or two images.  Tools read the same facts in the lines `#: id`
 * and `#: run` of a run (tests/harness/machine_id.h).
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/console.h>
#include <drivers/device.h>
#include <kern/cpu.h>
#include <kern/cpu_id.h>
#include <kern/emulator.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <tests/harness/machine_id.h>
#include <tests/harness/select.h>

/* A line of id is cut off here; the longest are the registers of a kind of CPU. */
#define LINE_TEXT 640

static void print_line(const char *label, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void print_line(const char *label, const char *fmt, ...)
{
	char text[LINE_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_wrapped(label, 10, text);
}

/* "1a2b3c4d of 0 1: midr 0x410fd083, ...": the hash of one kind of CPU, its members, and the
 * registers over which the hash is taken, zeros left out. */
static void kind_lines(const struct cpu_id *id, cpumask_t mask, void *arg)
{
	char text[LINE_TEXT];
	size_t at = (size_t)snprintf(text, sizeof(text), "%08x of", id->hash);
	char before = ':';

	(void)arg;
	for (unsigned i = 0; i < cpus_nr && at < sizeof(text); i++)
		if (mask & cpu_bit(i))
			at += (size_t)snprintf(text + at, sizeof(text) - at, " %u", i);
	for (unsigned w = 0; arch_cpu_id_names[w] && at < sizeof(text); w++)
		if (id->word[w]) {
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%c %s 0x%lx", before,
					       arch_cpu_id_names[w], id->word[w]);
			before = ',';
		}
	print_line("cpu id", "%s", text);
}

/* "marchid-42,devices: CPU emulated by marchid-42, board emulated": the signs of an emulator, and
 * the verdict of kern/emulator.c.  Some workarounds and defaults (bar-is-ram=) depend on it, so it
 * is shown. */
static const char *clues_text(char *buf, size_t size)
{
	const struct emulator_verdict v = emulator_judge(emulator_facts());
	size_t at = strlen(id_clues(buf, size));

	snprintf(buf + at, size - at, ": CPU %s%s%s, board %s", v.cpu ? "emulated" : "real",
		 v.by ? " by " : "", v.by ? v.by : "", v.board ? "emulated" : "real");
	return buf;
}

/* The facts over which the hash of the machine is taken, and facts that can change from boot to
 * boot (memory that was added or withheld). */
static void machine_lines(void)
{
	const struct mem_range *r;
	char mmu[96], clues[160], label[16];

	print_line("machine", "%s", *id_model() ? id_model() : "unnamed");
	print_line("arch", "%s, %s, firmware %s, entry level %u", arch_name, id_accel(),
		   id_firmware(mmu, sizeof(mmu)), boot_info.entry_el);
	print_line("clues", "%s", clues_text(clues, sizeof(clues)));
	for (unsigned i = 0; i < cpus_nr; i++) {
		snprintf(label, sizeof(label), "cpu %u", i);
		print_line(label, "%s, hwid 0x%lx, node %u, caps 0x%x", id_cpu_text(i),
			   cpus[i].hwid, cpus[i].node, cpus[i].caps);
	}
	cpu_id_kinds(kind_lines, NULL);
	arch_mmu_describe(mmu, sizeof(mmu));
	print_line("mmu", "%s", mmu);
	print_line("counter", "%lu Hz", arch_counter_hz());
	print_line("dtb", "%08x (without /chosen)", id_tree_hash());
	if (id_acpi_hash())
		print_line("acpi", "%08x", id_acpi_hash());
	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++)
		print_line("memory", "%s node %u%s", range_text(r->pa, r->len).text, r->node,
			   r->kind == MEM_HOTADDED ? ", hot-added" : "");
	for (unsigned n = 0; (r = region_nth(MEM_WITHHELD, n)); n++)
		print_line("withheld", "%s node %u", range_text(r->pa, r->len).text, r->node);
}

/* The facts that another build would change: image, suite of tests, compiler, third-party code,
 * choices at boot. */
static void image_lines(void)
{
	char id[2 * BUILD_ID_BYTES + 1];

	for (unsigned i = 0; i < BUILD_ID_BYTES; i++)
		snprintf(id + 2 * i, 3, "%02x", build_id()[i]);
	print_line("id", "machine %08x, suite %08x, output format 1", id_machine_hash(),
		   select_suite_id());
	print_line("image", "hotplate %s (%s), build id %s", build_version, build_commit, id);
	print_line("compiler", "%s", build_compiler);
	print_line("libfdt", "from Linux %s", build_libfdt);
	if (build_extra[0])
		print_line("extra", "%s", build_extra);
	print_line("geometry", "%s, blocks of 0x%lx, placement %s, console %s", layout.fmt->name,
		   layout.block_bytes, layout.disjoint ? "disjoint" : "shared", console_name());
}

void id_print(void)
{
	machine_lines();
	image_lines();
}

static int run_id(const struct command_line *l, struct why *why)
{
	(void)l;
	(void)why;
	id_print();
	return 0;
}

static const struct command command = {
	.name = "id",
	.group = GROUP_MACHINE,
	.usage = "id",
	.help = "Describes this machine and this image, line by line.  The hashes "
		"compare results.",
	.run = run_id,
};
COMMAND(id, command);
