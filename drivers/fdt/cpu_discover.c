/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/cpu_discover.c - turns the CPUs of the device tree into records of kern/cpu.c.
 *
 * kern/cpu.h declares it; this file reads the device tree for it.  Called once on the boot CPU,
 * after cpu_boot_init().  -EINVAL: the tree lists no CPU, and only the boot CPU is used.
 */
#include <drivers/fdt/fdt.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <mm/page/buddy.h>

struct census {
	unsigned found, no_room;
	bool boot; /* the boot CPU was found */
};

static void cpu_log(u64 hwid, const char *what)
{
	kprintf("cpu: hwid 0x%lx %s\n", hwid, what);
}

/* Callback of fdt_each_cpu(). */
static void cpu_discover_one(const struct fdt_cpu *c, void *arg)
{
	struct census *s = arg;
	int err;

	unsigned node = c->node < NODES_MAX ? c->node : 0;

	s->found++;
	if (node != c->node)
		cpu_log(c->hwid, "is on a node above 7: node 0 is used");
	if (c->hwid == cpus[0].hwid && !s->boot) { /* the boot CPU is used, whatever its status */
		s->boot = true;
		cpus[0].node = (u8)node;
		return;
	}
	if (c->unusable) {
		kprintf("cpu: hwid 0x%lx stays off: %s\n", c->hwid, c->unusable);
		return;
	}
	err = cpu_add(c->hwid, node);
	s->no_room += err == -ERANGE;
	if (err == -EEXIST)
		cpu_log(c->hwid, "is listed twice in the device tree: the second node is ignored");
}

int cpu_discover(const void *fdt)
{
	struct census s = { 0 };

	fdt_each_cpu(fdt, cpu_discover_one, &s);
	if (!s.found) {
		kprintf("cpu: the device tree lists none, only the boot CPU is used\n");
		return -EINVAL;
	}
	if (!s.boot)
		cpu_log(cpus[0].hwid, "is the boot CPU, and the device tree does not list it");
	if (s.no_room)
		kprintf("cpu: %u more stay off: at most %u CPUs are used\n", s.no_room, CPUS_MAX);
	return (int)cpus_nr;
}
