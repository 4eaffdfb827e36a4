/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/machine_id.c - identify this machine: a hash, and the `#: id` lines of a run with
 * its inputs.  See machine_id.h.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/acpi/acpi_machine.h>
#include <drivers/device.h>
#include <drivers/fdt/fdt.h>
#include <kern/cpu.h>
#include <kern/cpu_id.h>
#include <kern/emulator.h>
#include <kern/log.h>
#include <kern/persist.h>
#include <kern/restart.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/page/page.h>
#include <mm/page/region.h>
#include <tests/harness/machine_id.h>

#define CPU_TEXT 64
#define WORD 96

static char cpu_text[CPUS_MAX][CPU_TEXT];

static void describe_cpu(void *arg)
{
	(void)arg;
	arch_cpu_describe(cpu_text[this_cpu()->nr], CPU_TEXT);
}

const char *id_cpu_text(unsigned nr)
{
	if (!cpus[nr].online)
		return "off";
	if (!cpu_text[nr][0])
		cpu_run(cpus_online(), describe_cpu, NULL);
	return cpu_text[nr];
}

static unsigned first_of(cpumask_t mask)
{
	return (unsigned)__builtin_ctzll(mask);
}

struct text {
	char *buf;
	size_t at, size;
};

static void add_kind(const struct cpu_id *id, cpumask_t mask, void *arg)
{
	struct text *t = arg;

	(void)id;
	if (t->at < t->size)
		t->at += (size_t)snprintf(t->buf + t->at, t->size - t->at, "%s%u x %s",
					  t->at ? ", " : "", cpus_in(mask),
					  id_cpu_text(first_of(mask)));
}

void id_cpus_text(char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };

	buf[0] = 0;
	cpu_id_kinds(add_kind, &t);
}

const char *id_firmware(char *buf, size_t size)
{
	u32 revision;
	const char *vendor = boot_uefi_vendor(&revision);
	size_t at;

	snprintf(buf, size, "none");
	if (power && power->describe)
		power->describe(buf, size);
	at = strlen(buf);
	if (vendor)
		snprintf(buf + at, size - at, ", UEFI %s %x", vendor, revision);
	return buf;
}

const char *id_accel(void)
{
	const char *host = power && power->host ? power->host() : NULL;

	return host ? host : emulated_cpu() ? "tcg" : "bare";
}

const char *id_clues(char *buf, size_t size)
{
	emulator_names(emulator_facts(), buf, size);
	return buf;
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

/* The blob at firmware's address, through the linear map; NULL when it is not sound. */
static const void *device_tree(void)
{
	const void *fdt = pa_ptr(boot_info.fdt_pa);

	if (!region_find(MEM_RESERVED, boot_info.fdt_pa, sizeof(struct fdt_header)))
		return NULL;
	return fdt_check(fdt, 2 * MiB, NULL) ? NULL : fdt;
}

u32 id_tree_hash(void)
{
	const void *fdt = device_tree();

	return fdt ? hash_tree(fdt) : 0;
}

const char *id_model(void)
{
	const void *fdt = device_tree();

	return fdt ? fdt_model(fdt) : "";
}

u32 id_acpi_hash(void)
{
	const struct acpi_machine *m = acpi_machine();

	return m->has_tables ? tables_hash(&m->tables) : 0;
}

/* ---- the hash ---- */

static void hash_kind(const struct cpu_id *id, cpumask_t mask, void *arg)
{
	u64 *h = arg;

	(void)mask;
	*h = hash_u64(*h, id->hash);
}

/* Stored at the first boot since power-on: later ones may have other memory withheld. */
#define MACHINE_MAGIC "HOTPLATE-MACH-1"
static struct machine_record {
	struct persist head;
	u64 memory; /* the RAM that the hash is over */
	u64 hash;
} machine_record PERSISTENT __attribute__((aligned(64)));
static u32 machine_hash; /* 0: not known yet */
static u64 machine_memory;

static void machine_keep(void)
{
	persist_open(&machine_record.head);
	machine_record.memory = machine_memory;
	machine_record.hash = machine_hash;
	persist_seal(&machine_record.head, MACHINE_MAGIC, sizeof(machine_record));
}

static bool machine_known(void)
{
	if (!restart.resumed ||
	    !persist_valid(&machine_record.head, MACHINE_MAGIC, sizeof(machine_record)))
		return false;
	machine_memory = machine_record.memory;
	machine_hash = (u32)machine_record.hash;
	return true;
}

void id_know_machine(void)
{
	char firmware[WORD];
	u64 h;

	if (machine_known())
		return;
	/* nothing was added yet */
	machine_memory = region_total(MEM_RAM) + region_total(MEM_WITHHELD);
	h = hash_u64(hash_text(0, id_model()), cpus_nr);
	cpu_id_kinds(hash_kind, &h);
	h = hash_text(h, id_firmware(firmware, sizeof(firmware)));
	h = hash_u64(h, arch_counter_hz());
	h = hash_u64(h, machine_memory);
	h = hash_u64(hash_u64(h, id_tree_hash()), id_acpi_hash());
	machine_hash = (u32)(h ^ h >> 32) | 1;
	machine_keep();
}

/* A boot that fails calls this before id_know_machine(). */
u32 id_machine_hash(void)
{
	if (!machine_hash)
		machine_known();
	return machine_hash;
}

/* ---- lines of a run ---- */

static void print_cpu_record(const struct cpu_id *id, cpumask_t mask, void *arg)
{
	char name[WORD];

	(void)arg;
	kprintf("#: id cpu=%08x count=%u name=%s", id->hash, cpus_in(mask),
		one_word(id_cpu_text(first_of(mask)), name, sizeof(name)));
	for (unsigned w = 0; arch_cpu_id_names[w]; w++)
		if (id->word[w])
			kprintf(" %s=0x%lx", arch_cpu_id_names[w], id->word[w]);
	kputs("\n");
}

void id_records(void)
{
	char model[WORD], firmware[WORD], text[WORD];

	kprintf("#: id machine=%08x model=%s firmware=%s el=%u counter=%lu memory=0x%lx cpus=%u "
		"dtb=%08x",
		machine_hash, one_word(*id_model() ? id_model() : "unnamed", model, sizeof(model)),
		one_word(id_firmware(text, sizeof(text)), firmware, sizeof(firmware)),
		boot_info.entry_el, arch_counter_hz(), machine_memory, cpus_nr, id_tree_hash());
	if (id_acpi_hash())
		kprintf(" acpi=%08x", id_acpi_hash());
	kprintf(" clues=%s\n", id_clues(text, sizeof(text)));
	cpu_id_kinds(print_cpu_record, NULL);
}
