/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/cpu_discover.c - the CPUs of the device tree become records of kern/cpu.c.
 *
 * Declared in kern/cpu.h; here because it reads the device tree.  Called once on the boot CPU,
 * after cpu_boot_init().  A tree without CPUs leaves the boot CPU alone.
 */
#include <drivers/fdt/fdt.h>
#include <kern/cpu.h>
#include <kern/log.h>

#define FDT_CPUS_MAX 64

static void add(const struct fdt_cpu *c)
{
	if (c->usable)
		cpu_add(c->hwid, c->node);
	else if (c->hwid != cpus[0].hwid)
		kprintf("cpu: hwid 0x%llx stays off: no MMU, or its status is not okay\n",
			(unsigned long long)c->hwid);
}

int cpu_discover(const void *fdt)
{
	struct fdt_cpu found[FDT_CPUS_MAX];
	unsigned nr = fdt_cpus(fdt, found, FDT_CPUS_MAX);

	if (!nr) {
		kprintf("cpu: the device tree names none, only the boot CPU is used\n");
		return -EINVAL;
	}
	for (unsigned i = 0; i < nr && i < FDT_CPUS_MAX; i++)
		add(&found[i]);
	return (int)cpus_nr;
}
