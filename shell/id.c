// SPDX-License-Identifier: BSD-2-Clause
/*
 * shell/id.c - what machine and what image this is.
 *
 * The machine hash covers CPUs, capabilities, counter frequency, memory and the device tree without
 * /chosen: firmware puts random seeds and the command line there, which differ every time.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/console.h>
#include <drivers/device.h>
#include <drivers/fdt/fdt.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <libfdt.h>
#include <mm/kpt.h>
#include <mm/region.h>
#include <shell/command.h>
#include <shell/id.h>
#include <shell/select.h>
#include <shell/shell.h>

#define CPU_TEXT 64

static char cpu_text[CPUS_MAX][CPU_TEXT];
static bool cpu_known;

static void describe_cpu(void *arg)
{
	(void)arg;
	arch_cpu_describe(cpu_text[this_cpu()->nr], CPU_TEXT);
}

static void know_cpus(void)
{
	if (!cpu_known)
		cpu_run(cpus_online(), describe_cpu, NULL);
	cpu_known = true;
}

static bool first_of_kind(unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if ((cpus_online() & cpu_bit(i)) && strcmp(cpu_text[i], cpu_text[nr]) == 0)
			return false;
	return (cpus_online() & cpu_bit(nr)) != 0;
}

static unsigned nr_of_kind(unsigned nr)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CPUS_MAX; i++)
		n += (cpus_online() & cpu_bit(i)) && strcmp(cpu_text[i], cpu_text[nr]) == 0;
	return n;
}

void id_cpus_text(char *buf, size_t size)
{
	size_t at = 0;

	know_cpus();
	buf[0] = 0;
	for (unsigned i = 0; i < CPUS_MAX && at < size; i++)
		if (first_of_kind(i))
			at += (size_t)snprintf(buf + at, size - at, "%s%u x %s", at ? ", " : "",
					       nr_of_kind(i), cpu_text[i]);
}

/* ---- device tree ---- */

static u64 hash_node(const void *fdt, int node, u64 h)
{
	int prop, len;

	h = hash_text(h, fdt_get_name(fdt, node, NULL));
	fdt_for_each_property_offset(prop, fdt, node)
	{
		const char *name;
		const void *value = fdt_getprop_by_offset(fdt, prop, &name, &len);

		if (value && len >= 0)
			h = hash_bytes(hash_text(h, name), value, (size_t)len);
	}
	return h;
}

static u32 hash_tree(const void *fdt)
{
	u64 h = 0;
	int depth = 0, chosen = -1; /* depth of /chosen while inside it */

	for (int node = 0; node >= 0 && depth >= 0; node = fdt_next_node(fdt, node, &depth)) {
		const char *name = fdt_get_name(fdt, node, NULL);

		if (chosen >= 0 && depth <= chosen)
			chosen = -1;
		if (depth == 1 && name && strcmp(name, "chosen") == 0)
			chosen = depth;
		if (chosen < 0 && name)
			h = hash_node(fdt, node, h);
	}
	return (u32)(h ^ h >> 32);
}

/* The blob where firmware left it, through the linear map; NULL when it is not sound. */
static const void *device_tree(void)
{
	const void *fdt = pa_ptr(boot_info.fdt_pa);

	if (!region_find(MEM_RESERVED, boot_info.fdt_pa, sizeof(struct fdt_header)))
		return NULL;
	return fdt_check(fdt, 2 * MiB, NULL) ? NULL : fdt;
}

static u32 tree_hash(void)
{
	const void *fdt = device_tree();

	return fdt ? hash_tree(fdt) : 0;
}

const char *id_model(void)
{
	const void *fdt = device_tree();

	return fdt ? fdt_model(fdt) : "";
}

/* ---- lines ---- */

static void line(const char *label, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void line(const char *label, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_wrapped(label, 10, text);
}

static void machine_lines(void)
{
	const struct mem_range *r;
	char mmu[64], label[16];

	know_cpus();
	line("machine", "%s", *id_model() ? id_model() : "unnamed");
	line("arch", "%s, firmware by %s, entry level %u", arch_name,
	     power ? power->name : "nothing", boot_info.entry_el);
	for (unsigned i = 0; i < cpus_nr; i++) {
		snprintf(label, sizeof(label), "cpu %u", i);
		line(label, "%s, hwid 0x%lx, node %u, caps 0x%x",
		     cpus[i].online ? cpu_text[i] : "off", cpus[i].hwid, cpus[i].node,
		     cpus[i].caps);
	}
	arch_mmu_describe(mmu, sizeof(mmu));
	line("mmu", "%s", mmu);
	line("counter", "%lu Hz", arch_counter_hz());
	line("dtb", "%08x (without /chosen)", tree_hash());
	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++)
		line("memory", "0x%lx+0x%lx node %u%s", r->pa, r->len, r->node,
		     r->kind == MEM_HOTADDED ? ", hot-added" : "");
	for (unsigned n = 0; (r = region_nth(MEM_WITHHELD, n)); n++)
		line("withheld", "0x%lx+0x%lx node %u", r->pa, r->len, r->node);
}

/*
 * The same for any choice of arguments and whatever was added meanwhile: kinds of CPU, how many
 * there are, the counter, all memory, the device tree.
 */
u32 id_machine_hash(void)
{
	static u32 hash;
	u64 h;

	if (!hash) {
		know_cpus();
		h = hash_u64(hash_text(0, id_model()), cpus_nr);
		for (unsigned i = 0; i < CPUS_MAX; i++)
			if (first_of_kind(i))
				h = hash_text(h, cpu_text[i]);
		h = hash_u64(h, arch_counter_hz());
		h = hash_u64(h, region_total(MEM_RAM) + region_total(MEM_WITHHELD));
		h = hash_u64(h, tree_hash());
		hash = (u32)(h ^ h >> 32) | 1;
	}
	return hash;
}

static void image_lines(void)
{
	char id[2 * BUILD_ID_BYTES + 1];

	for (unsigned i = 0; i < BUILD_ID_BYTES; i++)
		snprintf(id + 2 * i, 3, "%02x", build_id()[i]);
	line("id", "machine %08x, suite %08x, output format 1", id_machine_hash(),
	     select_suite_id());
	line("image", "hotplate %s (%s), build id %s", build_version, build_commit, id);
	line("compiler", "%s", build_compiler);
	line("libfdt", "from Linux %s", build_libfdt);
	if (build_extra[0])
		line("extra", "%s", build_extra);
	line("geometry", "%s, blocks of 0x%lx, placement %s, console %s", layout.fmt->name,
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
	.usage = "id",
	.help = "This machine and this image, line by line.  The hashes compare results.",
	.run = run_id,
};
COMMAND(id, command);
