/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/dtbs/main.c - runs every parser of boot and the drivers' probes on whole device trees,
 * each blob in an allocation of exactly its size.
 *
 * One line of input for each tree: PATH arm64|riscv64 BOOT-HWID REGIONS STRIDE
 * [OFFSET=VALUE...], numbers in hexadecimal, which tools/hotplate dtbs has read from the tree
 * itself.  It also judges the output.
 */
#include "dtbs.h"
#include <arch/arch.h>
#include <drivers/console.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/irq.h>
#include <drivers/pci/host_bridge.h>
#include <drivers/power/cpus.h>
#include <libfdt.h>
#include <mm/page/region.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDT_MAX (2 * MiB)
#define LETTER "U"

static void *blob;
static size_t blob_bytes;

static bool load(const char *path)
{
	FILE *f = fopen(path, "rb");
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) <= 0)
		return false;
	blob_bytes = (size_t)size;
	rewind(f);
	if (posix_memalign(&blob, 8, blob_bytes) || fread(blob, 1, blob_bytes, f) != blob_bytes)
		return false;
	fclose(f);
	return true;
}

/* ---- queries of boot, in its order ---- */

static bool on_silicon(void)
{
	return false;
}

static void ask_console(void)
{
	struct why why = { 0 };
	int err = console_init(blob, on_silicon, registers_uart, &why);

	printf("console %s\n", err ? "none" : console_name());
	if (why.code)
		printf("line %s\n", why.text);
	registers_tell = true;
	if (!err)
		console_write(LETTER, 1);
	registers_tell = false;
}

static void tell_isa(u64 hwid, const char *isa, size_t len, u32 block)
{
	u32 sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + (u8)isa[i];
	printf("isa 0x%lx 0x%lx 0x%x 0x%x\n", hwid, len, sum, block);
}

static void log_line(const char *sentence)
{
	printf("line %s\n", sentence);
}

static void ask_memory(void)
{
	const struct mem_range *r;
	struct why why = { 0 };
	int err;

	region_reset();
	err = fdt_memory(blob, NULL, 0, log_line, &why);
	printf("memory %d\n", err);
	for (unsigned i = 0; (r = region_nth(MEM_RAM, i)); i++)
		printf("ram 0x%lx 0x%lx %u\n", r->pa, r->len, r->node);
	for (unsigned i = 0; (r = region_nth(MEM_RESERVED, i)); i++)
		printf("reserved 0x%lx 0x%lx %s\n", r->pa, r->len,
		       r->kind == MEM_NOMAP ? "nomap" : "reserved");
}

static void ask_interrupts(void)
{
	irqchip = NULL;
	irq_children_nr = 0;
	irqchip_phandle = 0;
	printf("irq %s\n", irq_init(blob, registers_irq) ? "none" : irqchip->name);
	for (unsigned n = 1; irqchip && n < cpus_nr; n++) {
		host_cpu = &cpus[n];
		irqchip->cpu_init();
	}
	host_cpu = &cpus[0];
	printf("timer 0x%x\n", fdt_timer_irq(blob));
}

static void ask_cpus(void)
{
	power_init(blob);
	printf("power %s\n", power ? power->name : "none");
	power_cpus_init(blob);
	for (unsigned n = 1; n < cpus_nr; n++)
		printf("start 0x%lx %d\n", cpus[n].hwid,
		       power_cpu_start(cpus[n].hwid, 0x40000000, n));
}

static void ask_pci(void)
{
	static const char *const bridges[] = { "pci-host-ecam-generic", NULL };
	int node = -1;

	while ((node = fdt_next_compatible(blob, node, bridges)) >= 0) {
		struct why why = { 0 };
		struct pci_host host;
		u32 flags;

		if (pci_host_parse(blob, node, &host, &why)) {
			printf("pci refused %s\n", why.text);
			continue;
		}
		printf("pci 0x%lx 0x%lx\n", host.ecam, host.ecam_len);
		for (unsigned slot = 0; slot < 4; slot++)
			(void)pci_host_irq(&host, slot, slot + 1, &flags);
	}
}

static void ask(void)
{
	struct why why = { 0 };

	if (fdt_check(blob, FDT_MAX < blob_bytes ? FDT_MAX : blob_bytes, &why)) {
		printf("refused %s\n", why.text);
		return;
	}
	printf("nodes %u %u\n", fdt_index_nr(blob), fdt_index_too_many() + fdt_index_too_deep());
	ask_console();
	cpu_discover(blob);
	fdt_cpu_extensions(blob, tell_isa);
	printf("hz %u\n", fdt_counter_hz(blob));
	ask_memory();
	ask_interrupts();
	ask_cpus();
	ask_pci();
}

static void one(char *line)
{
	const char *path = strtok(line, " \n"), *arch = strtok(NULL, " \n");
	u64 hwid = strtoull(strtok(NULL, " \n"), NULL, 16);
	unsigned regions = (unsigned)strtoul(strtok(NULL, " \n"), NULL, 16);
	u64 stride = strtoull(strtok(NULL, " \n"), NULL, 16);

	registers_redistributors(regions, stride);
	for (char *word; (word = strtok(NULL, " \n"));)
		registers_play(strtoull(word, NULL, 16),
			       (u32)strtoul(strchr(word, '=') + 1, NULL, 16));
	machine_reset_state(hwid, !strcmp(arch, "riscv64"));
	printf("tree %s\n", path);
	if (load(path))
		ask();
	else
		printf("unreadable\n");
	printf("end\n");
}

/* In a child process, because boot happens once. */
static int in_child(char *line)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		one(line);
		exit(0);
	}
	return child < 0 || waitpid(child, &status, 0) != child || status;
}

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin))
		if (in_child(line))
			return 1;
	return 0;
}
