// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/acpi/agree.c - two trees, one of firmware and one of the tables, read by the same
 * functions; see agree.h.
 */
#include <drivers/acpi/agree.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>

#define CPUS 128
#define RANGES 32

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
		return; /* the rest is of a kind */
	va_start(ap, fmt);
	vsnprintf(line + len, sizeof(line) - (size_t)len, fmt, ap);
	va_end(ap);
	s->say(line);
}

/* ---- CPUs ---- */

static bool has_cpu(const struct fdt_cpu *list, unsigned nr, u64 hwid)
{
	for (unsigned i = 0; i < nr; i++)
		if (list[i].hwid == hwid && !list[i].unusable)
			return true;
	return false;
}

static void compare_cpus(struct subject *s, const void *fdt, const void *made)
{
	static struct fdt_cpu ours[CPUS] NOINIT, theirs[CPUS] NOINIT;
	unsigned nr_ours = fdt_cpus(fdt, ours, CPUS), nr_theirs = fdt_cpus(made, theirs, CPUS);

	for (unsigned i = 0; i < nr_theirs; i++)
		if (!has_cpu(ours, nr_ours, theirs[i].hwid))
			differ(s, "the MADT has a CPU 0x%llx more, which stays off",
			       (unsigned long long)theirs[i].hwid);
	for (unsigned i = 0; i < nr_ours; i++)
		if (!ours[i].unusable && !has_cpu(theirs, nr_theirs, ours[i].hwid))
			differ(s, "the MADT has no CPU 0x%llx, which is used",
			       (unsigned long long)ours[i].hwid);
}

/* ---- memory ---- */

struct ranges {
	unsigned nr;
	struct fdt_memory_range r[RANGES];
};

static void collect(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	struct ranges *list = arg;

	if (!fault && !r->pmem && list->nr < RANGES && !fdt_range_fault(r->pa, r->len))
		list->r[list->nr++] = *r;
}

/* How much of [pa, pa + len) the list covers from its start on, on which node. */
static u64 covered(const struct ranges *list, u64 pa, u64 len, unsigned *node)
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

static void compare_range(struct subject *s, const struct fdt_memory_range *r,
			  const struct ranges *others, const char *who, bool nodes)
{
	unsigned node = r->node;
	u64 part = covered(others, r->pa, r->len, &node);

	if (part < r->len)
		differ(s, "%s memory at 0x%llx+0x%llx", who, (unsigned long long)(r->pa + part),
		       (unsigned long long)(r->len - part));
	else if (nodes && node != r->node)
		differ(s, "the SRAT has memory at 0x%llx on node %u, not %u",
		       (unsigned long long)r->pa, r->node, node);
}

/* A machine without an SRAT says nothing about memory. */
static void compare_memory(struct subject *s, const void *fdt, const void *made)
{
	static struct ranges ours, theirs;

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

static u64 address_of(const void *fdt, int node)
{
	struct device d;

	return node < 0 || fdt_device(fdt, node, &d, NULL) ? PA_NONE : d.pa[0];
}

static void compare_address(struct subject *s, const char *what, const char *table, u64 ours,
			    u64 theirs)
{
	if (ours != PA_NONE && theirs != PA_NONE && ours != theirs)
		differ(s, "the %s of the %s is at 0x%llx, not 0x%llx", what, table,
		       (unsigned long long)theirs, (unsigned long long)ours);
}

static void compare_console(struct subject *s, const void *fdt, const void *made)
{
	u64 ours = address_of(fdt, fdt_stdout(fdt, NULL));

	compare_address(s, "console", "SPCR", ours, address_of(made, fdt_stdout(made, NULL)));
}

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
