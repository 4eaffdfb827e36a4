/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/agree.c - compares firmware's device tree with the tree made of the ACPI tables;
 * see agree.h.
 *
 * Both are read by the same functions of drivers/fdt, so a difference is one of the descriptions
 * and not of two parsers.
 */
#include <drivers/acpi/agree.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>

#define CPUS 128
#define RANGES 32

/* One subject (CPUs, memory, ...) of the comparison, and how many differences it has so far. */
struct subject {
	void (*say)(const char *);
	unsigned found;
};

static PRINTF_LIKE(2, 3) void differ(struct subject *s, const char *fmt, ...)
{
	char line[200];
	va_list ap;
	int len = snprintf(line, sizeof(line), "acpi: not as the device tree has it: ");

	if (s->found++ >= AGREE_LINES)
		return; /* counted, but not logged */
	va_start(ap, fmt);
	vsnprintf(line + len, sizeof(line) - (size_t)len, fmt, ap);
	va_end(ap);
	s->say(line);
}

/* Log one difference, unless the subject had AGREE_LINES of them already. */
/* ---- CPUs ---- */

static bool has_cpu(const struct fdt_cpu *list, unsigned nr, u64 hwid)
{
	for (unsigned i = 0; i < nr; i++)
		if (list[i].hwid == hwid && !list[i].unusable)
			return true;
	return false;
}

/* A CPU that the device tree marks unusable counts as absent; the MADT lists enabled CPUs only. */
static void compare_cpus(struct subject *s, const void *fdt, const void *made)
{
	static struct fdt_cpu ours[CPUS] NOINIT, theirs[CPUS] NOINIT;
	unsigned nr_ours = fdt_cpus(fdt, ours, CPUS), nr_theirs = fdt_cpus(made, theirs, CPUS);

	for (unsigned i = 0; i < nr_theirs; i++)
		if (!has_cpu(ours, nr_ours, theirs[i].hwid))
			differ(s, "the MADT has a CPU 0x%lx more, which stays off", theirs[i].hwid);
	for (unsigned i = 0; i < nr_ours; i++)
		if (!ours[i].unusable && !has_cpu(theirs, nr_theirs, ours[i].hwid))
			differ(s, "the MADT has no CPU 0x%lx, which is used", ours[i].hwid);
}

/* ---- memory ---- */

struct agree_ranges {
	unsigned nr;
	struct fdt_memory_range r[RANGES];
};

/* Callback of fdt_memory_each(): malformed ranges and persistent memory are not compared. */
static void collect(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	struct agree_ranges *list = arg;

	if (!fault && !r->pmem && list->nr < RANGES && !fdt_range_fault(r->pa, r->len))
		list->r[list->nr++] = *r;
}

/* Length of the part of [pa, pa + len) that the list covers without a hole from `pa` on.  *node:
 * the node at `pa`, unchanged if `pa` is not covered.  The outer loop is needed because the list
 * is not sorted. */
static u64 covered(const struct agree_ranges *list, u64 pa, u64 len, unsigned *node)
{
	u64 at = pa;

	for (unsigned again = 0; again <= list->nr && at < pa + len; again++)
		for (unsigned i = 0; i < list->nr; i++)
			if (at >= list->r[i].pa && at - list->r[i].pa < list->r[i].len) {
				if (at == pa)
					*node = list->r[i].node;
				at = list->r[i].pa + list->r[i].len;
			}
	return min_u64(at - pa, len);
}

/* `subject` begins the sentence about a hole in `others`.  `nodes`: compare the NUMA node as well.
 */
static void compare_range(struct subject *s, const struct fdt_memory_range *r,
			  const struct agree_ranges *others, const char *subject, bool nodes)
{
	unsigned node = r->node;
	u64 part = covered(others, r->pa, r->len, &node);

	if (part < r->len)
		differ(s, "%s memory at %s", subject, range_text(r->pa + part, r->len - part).text);
	else if (nodes && node != r->node)
		differ(s, "the SRAT has memory at 0x%lx on node %u, not %u", r->pa, r->node, node);
}

/* Without an SRAT (no range in `made`) the tables do not describe memory, so none is missing.
 * Memory that is hotpluggable in the device tree need not be in the SRAT. */
static void compare_memory(struct subject *s, const void *fdt, const void *made)
{
	static struct agree_ranges ours, theirs;

	ours.nr = theirs.nr = 0;
	fdt_memory_each(fdt, collect, &ours);
	fdt_memory_each(made, collect, &theirs);
	for (unsigned i = 0; i < theirs.nr; i++)
		compare_range(s, &theirs.r[i], &ours, "the SRAT has more", true);
	for (unsigned i = 0; theirs.nr && i < ours.nr; i++)
		if (!ours.r[i].hotpluggable)
			compare_range(s, &ours.r[i], &theirs, "the SRAT has no", false);
}

/* ---- devices ---- */

/* Address of the first register range of a node; PA_NONE if there is no node or it has none. */
static u64 address_of(const void *fdt, int node)
{
	struct device d;

	return node < 0 || fdt_device(fdt, node, &d, NULL) ? PA_NONE : d.pa[0];
}

/* A side without the device, or without its address, does not disagree. */
static void compare_address(struct subject *s, const char *what, const char *table, u64 ours,
			    u64 theirs)
{
	if (ours != PA_NONE && theirs != PA_NONE && ours != theirs)
		differ(s, "the %s of the %s is at 0x%lx, not 0x%lx", what, table, theirs, ours);
}

/* A tree without a console (address PA_NONE) does not disagree. */
static void compare_console(struct subject *s, const void *fdt, const void *made)
{
	u64 ours = address_of(fdt, fdt_stdout(fdt, NULL));

	compare_address(s, "console", "SPCR", ours, address_of(made, fdt_stdout(made, NULL)));
}

/* The node of the first registered interrupt controller that the tree contains, or -1. */
static int controller_of(const void *fdt, const struct irqchip **chip)
{
	reg_for_each (irqchips, it) {
		int node = fdt_next_compatible(fdt, -1, (*it)->compatible);

		*chip = *it;
		if (node >= 0)
			return node;
	}
	return -1;
}

/* Compare the kind of interrupt controller, and its address if the kind is the same. */
static void compare_controller(struct subject *s, const void *fdt, const void *made)
{
	const struct irqchip *our_chip = NULL, *their_chip = NULL;
	int ours = controller_of(fdt, &our_chip);
	u64 pa = address_of(fdt, ours);
	int theirs = controller_of(made, &their_chip);

	if (ours < 0 || theirs < 0)
		return;
	if (our_chip != their_chip)
		differ(s, "the interrupt controller of the MADT is a %s, not a %s",
		       their_chip->name, our_chip->name);
	else
		compare_address(s, "interrupt controller", "MADT", pa, address_of(made, theirs));
}

/* Only ECAM bridges are compared: the MCFG describes no others. */
static void compare_pci(struct subject *s, const void *fdt, const void *made)
{
	static const char *const compatible[] = { "pci-host-ecam-generic", NULL };
	u64 ours = address_of(fdt, fdt_next_compatible(fdt, -1, compatible));

	compare_address(s, "PCI configuration space", "MCFG", ours,
			address_of(made, fdt_next_compatible(made, -1, compatible)));
}

unsigned acpi_disagreements(const void *fdt, const void *made, void (*say)(const char *))
{
	static void (*const subjects[])(struct subject *, const void *, const void *) = {
		compare_cpus, compare_memory, compare_console, compare_controller, compare_pci,
	};
	unsigned found = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(subjects); i++) {
		struct subject s = { .say = say };

		subjects[i](&s, fdt, made);
		found += s.found;
	}
	return found;
}
