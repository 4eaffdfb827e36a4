/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/banner.c - the machine in eight lines.  It prints only devices that exist and values that
 * were measured: a user compares the banners of machines.
 *
 * A line is formatted as one text and wrapped when it is printed; with many CPUs or devices it
 * takes several lines of the screen.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/acpi/tree.h>
#include <drivers/device.h>
#include <drivers/power/cpus.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/emulator.h>
#include <kern/errata.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <mm/hotplug/event.h>
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <mm/page/region.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <shell/target.h>
#include <tests/harness/machine_id.h>

/* Width of the first column. */
#define LABEL 9
/* Size of every line's buffer, and the bound of text_append(): three lines of a screen. */
#define TEXT 240

/* Append to a text of TEXT bytes at offset `at`; returns the new total length.  The text is cut off
 * at the end of the buffer; the length is then the one without the cut, and later calls add
 * nothing. */
static size_t PRINTF_LIKE(3, 4) text_append(char *buf, size_t at, const char *fmt, ...)
{
	va_list ap;

	if (at >= TEXT)
		return at;
	va_start(ap, fmt);
	at += (size_t)vsnprintf(buf + at, TEXT - at, fmt, ap);
	va_end(ap);
	return at;
}

/* The source of the boot arguments, by the enum of boot/boot.h.  A device tree's /chosen is the
 * usual one and is not printed.  UEFI has two others; a user who edits the wrong one must be able
 * to see that. */
static const char *const words_from[] = {
	[WORDS_TREE] = "",
	[WORDS_LOAD_OPTIONS] = ", words of LoadOptions",
	[WORDS_FILE] = ", words of hotplate.txt",
};

static void machine(char *buf)
{
	const char *model = id_model();
	size_t at = text_append(buf, 0, "%s%s", *model ? model : "unnamed machine",
				emulated_cpu() ? ", QEMU TCG" : "");

	at = text_append(buf, at, "    entry %s", boot_info.entry == ENTRY_EFI ? "UEFI" : "Image");
	if (boot_info.entry_el)
		at = text_append(buf, at, " at EL%u", boot_info.entry_el);
	text_append(buf, at, ", %s%s", acpi_tree_is(pa_ptr(boot_info.fdt_pa)) ? "ACPI" : "DT",
		    words_from[boot_info.words_from]);
}

/* The kinds of CPUs, then what hotplate uses of them: MMU, interrupt controller, firmware, and how
 * CPUs are started.  CPUs that cpus=N did not start are counted at the end. */
static void cpu(char *buf)
{
	char mmu[64], firmware[96];
	size_t at;

	id_cpus_text(buf, TEXT);
	arch_mmu_describe(mmu, sizeof(mmu));
	at = text_append(buf, strlen(buf), ", %s", mmu);
	if (irqchip)
		at = text_append(buf, at, ", %s", irqchip->name);
	if (power)
		at = text_append(buf, at, ", %s", id_firmware(firmware, sizeof(firmware)));
	if (power_pen_name())
		at = text_append(buf, at, ", %s", power_pen_name());
	if (cpus_online_nr() < cpus_nr)
		text_append(buf, at, "; %u more left off", cpus_nr - cpus_online_nr());
}

/* The geometry in use, and those into which `geometry=` could restart; geometries that the CPU does
 * not support are not shown. */
static void mmu(char *buf)
{
	size_t at = text_append(buf, 0, "%s now", layout.fmt->name);
	const char *lead = "; this CPU also has ";
	char reason[120];

	reg_for_each (formats, it) {
		if (*it == layout.fmt || !arch_geometry_ok(*it, reason, sizeof(reason)))
			continue;
		/* without the architecture, as `geometry=` takes it as well */
		at = text_append(buf, at, "%s%s", lead, strchr((*it)->name, '-') + 1);
		lead = ", ";
	}
}

/* RAM in use, then every range that an event source offers.  Without one no hot-add is possible:
 * the line states it. */
static void banner_memory(char *buf)
{
	struct source_pos pos = { 0 };
	u64 start, len, in_use = region_total(MEM_RAM);
	unsigned node;
	char size[24];
	size_t at = text_append(buf, 0, "%s in use", rough_text(in_use, size));

	if (next_source_range(&pos, &start, &len, &node)) {
		do {
			at = text_append(buf, at, ", %s withheld at 0x%lx (node %u)",
					 rough_text(len, size), start, node);
		} while (next_source_range(&pos, &start, &len, &node));
	} else {
		text_append(buf, at, "; nothing is withheld, so nothing can be added");
	}
}

/* Cut off the hint of a text like "none (PCIE_SLOTS=2)": the knob of tools/hotplate run exists only
 * for QEMU's virt machines.  On other machines the text is "none". */
static void drop_hint(char *text)
{
	char *hint = strchr(text, '(');

	if (!hint || hint == text || strncmp(text, "no", 2) != 0)
		return;
	if (!strstr(id_model(), "dummy-virt") && !strstr(id_model(), "riscv-virtio"))
		hint[-1] = 0;
}

/* One entry for each event source, in link order: its findings, or why it found nothing. */
static void events(char *buf)
{
	char text[64];
	size_t at = 0;

	reg_for_each (events, it) {
		if (!(*it)->describe) /* a test's */
			continue;
		(*it)->describe(text, sizeof(text));
		if (!*text)
			continue;
		drop_hint(text);
		at = text_append(buf, at, "%s%s: %s", at ? "   " : "", (*it)->label, text);
	}
}

/* Carries the text through the callbacks of kern/errata.h; `before` is the separator before the
 * next name. */
struct errata_text {
	char *buf;
	size_t at;
	const char *before;
};

/* Only errata that change how TLBs are invalidated; `errata` lists all. */
static void add_erratum(const struct erratum *e, void *arg)
{
	struct errata_text *t = arg;

	if (!e->tlb)
		return;
	t->at = text_append(t->buf, t->at, "%s%s", t->before, e->name);
	t->before = ", ";
}

/* Rows that errata=-NAME left out are shown with their sign: such a run is not comparable with
 * others of the machine (docs/OUTPUT.md). */
static void add_left_out(const struct erratum *e, char sign, void *arg)
{
	struct errata_text *t = arg;

	if (sign != '-')
		return;
	t->at = text_append(t->buf, t->at, "%s-%s", t->before, e->name);
	t->before = ", ";
}

static void banner_tlb(char *buf)
{
	const struct tlb_scheme *s = tlb_selected();
	size_t at = text_append(buf, 0, "%s: %s", s->s.name, s->s.claim);

	struct errata_text e = { buf, at, "; errata " };

	errata_each(add_erratum, &e);
	errata_each_word(add_left_out, &e);
}

/* What a user needs to repeat a run, or to examine one that hangs: the seed, the cost of the boot,
 * and the physical address of the log for tools/hotplate ringdump. */
static void ready(char *buf)
{
	size_t at = text_append(buf, 0, "seed 0x%lx, ", arg_number(NULL, ARG_SEED));
	u64 n = arch_instret_works() ? arch_instret_since_entry() : 0;
	size_t bytes;

	if (n)
		at = text_append(buf, at, "%lu.%lu M instructions since %s", n / 1000000,
				 n / 100000 % 10, boot_info.entry_counter ? "entry" : "reset");
	else
		at = text_append(buf, at, "%lu ms since boot", clock_ns() / 1000000);
	text_append(buf, at, ", log ring at 0x%lx", image_pa_of(log_place(&bytes)));
}

/* In the order of the screen.  Each function writes at most TEXT bytes. */
static const struct {
	const char *label;
	void (*fill)(char *);
} lines[] = {
	{ "machine", machine },      { "cpu", cpu },       { "mmu", mmu },
	{ "memory", banner_memory }, { "events", events }, { "tlb", banner_tlb },
	{ "ready", ready },
};

/* All lines share one buffer. */
void banner_show(void)
{
	char buf[TEXT];

	kprintf("hotplate %s (%s) %s  image %08x  BSD-2-Clause: `licences`\n", build_version,
		build_commit, arch_name, build_id_short());
	if (build_extra[0])
		kprintf("%-*s%s\n", LABEL, "extra", build_extra);
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		lines[i].fill(buf);
		print_wrapped(lines[i].label, LABEL, buf);
	}
}
