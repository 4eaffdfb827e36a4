/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/power/cpus.c - starts and stops CPUs: by firmware (PSCI, SBI), or by an address that the
 * CPU polls (spin-table).  The device tree has the method of each CPU (enable-method), so a machine
 * may use both.
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <drivers/power/cpus.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/restart.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <mm/page/region.h>

/* How to start each CPU, by its number; written once at boot. */
static struct cpu_way {
	const struct pen *pen; /* NULL: started by firmware, if there is any */
	const char *method;    /* enable-method; NULL: none */
	paddr_t release;       /* pens: the address that the CPU polls */
} ways[CPUS_MAX];

/* NULL: firmware starts the CPU, or the method is unknown. */
static const struct pen *pen_for(const char *method)
{
	reg_for_each (pens, it)
		if (method && !strcmp((*it)->method, method))
			return *it;
	return NULL;
}

/* Callback of fdt_each_cpu(): how this CPU is started. */
static void record_method(const struct fdt_cpu *c, void *arg)
{
	const struct cpu *cpu = cpu_by_hwid(c->hwid);

	(void)arg;
	if (cpu && !ways[cpu->nr].method) /* the first of duplicate nodes is used */
		ways[cpu->nr] = (struct cpu_way) { pen_for(c->method), c->method, c->release };
}

void power_cpus_init(const void *fdt)
{
	fdt_each_cpu(fdt, record_method, NULL);
}

/* CPU 0 runs already, so its method is not needed. */
const char *power_pen_name(void)
{
	for (unsigned n = 1; n < cpus_nr; n++)
		if (ways[n].pen)
			return ways[n].method;
	return NULL;
}

/* Map the word that the CPU polls.  A word in unreserved RAM is not written: its page may be
 * allocated. NULL with the reason, or without one if it cannot be mapped. */
static volatile u64 *release_word(const struct cpu_way *w, bool *cached, struct why *why)
{
	const struct mem_range *r = region_find(MEM_RESERVED, w->release, 8);

	*cached = false;
	if (!w->release || w->release & 7) {
		refuse(why, EINVAL, "cpu-release-addr 0x%lx is no address of a word", w->release);
		return NULL;
	}
	if (!region_is_mapped(w->release, 8))
		return kpt_map_device(w->release, 8);
	if (!r) {
		refuse(why, EBUSY, "cpu-release-addr 0x%lx is in memory that nothing reserves",
		       w->release);
		return NULL;
	}
	*cached = true;
	return pa_ptr(w->release);
}

/* Write the entry to the word that the CPU polls, cacheable or not as firmware accesses it. */
static int start_from_pen(const struct cpu *cpu, struct why *why)
{
	const struct cpu_way *w = &ways[cpu->nr];
	bool cached;
	volatile u64 *word = release_word(w, &cached, why);

	if (!word)
		return why->code ? why->code : refuse(why, ENOMEM, "its word cannot be mapped");
	return w->pen->start(cpu->nr, word, cached);
}

/* After a restart the CPU that initiated it may still be turning itself off: wait up to a second.
 */
static int start_by_firmware(u64 hwid, paddr_t entry, u64 arg)
{
	u64 since = arch_counter();

	while (restart.resumed && power->cpu_state(hwid) == 1 &&
	       arch_counter() - since < arch_counter_hz())
		arch_relax();
	return power->cpu_start(hwid, entry, arg);
}

/* Firmware starts a CPU without a pen whose enable-method, if any, is that of the firmware. */
static bool by_firmware(const struct cpu_way *w)
{
	return power && !w->pen &&
	       (!w->method || !power->method || !strcmp(w->method, power->method));
}

int power_cpu_start(u64 hwid, paddr_t entry, u64 arg)
{
	const struct cpu_way *w = &ways[arg];
	struct why why = { 0 };

	if (by_firmware(w))
		return start_by_firmware(hwid, entry, arg);
	if (w->pen && !start_from_pen(&cpus[arg], &why))
		return 0;
	if (!w->pen)
		refuse(&why, ENODEV,
		       w->method ? "enable-method \"%s\" is not supported"
				 : "no enable-method, and neither PSCI nor SBI",
		       w->method);
	kprintf("cpu %u (hwid 0x%lx): stays off: %s\n", (unsigned)arg, hwid, why.text);
	return -ECANCELED;
}

/* Firmware has no state of CPUs that poll an address. */
int power_cpu_state(u64 hwid)
{
	const struct cpu *cpu = cpu_by_hwid(hwid);

	if (cpu && ways[cpu->nr].pen)
		return ways[cpu->nr].pen->state(cpu->nr);
	return power ? power->cpu_state(hwid) : -ENODEV;
}

void power_cpu_off(void)
{
	const struct cpu_way *w = &ways[this_cpu()->nr];

	if (w->pen)
		w->pen->wait();
	if (power)
		power->cpu_off();
	arch_halt_untranslated();
}
