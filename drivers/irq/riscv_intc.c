/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/irq/riscv_intc.c - the harts that a controller serves; see riscv_intc.h.  Boot CPU, from
 * a controller's probe; read-only afterwards. */
#include <arch/arch.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/riscv_intc.h>
#include <libfdt.h>

#define SUPERVISOR_EXTERNAL 9
/* A bound for a tree that claims more entries than a controller can have. */
#define ENTRIES_MAX 15872 /* maximum of contexts of a PLIC */

/* Harts in use and their index at the controller. */
static struct {
	u64 hwid;
	u32 index;
} harts[CPUS_MAX]; /* CPUs in use only */
static unsigned harts_nr;

/* The hart whose local interrupt controller has this phandle; false: there is none. */
static bool hart_of(const void *fdt, u32 phandle, u64 *hwid)
{
	int node = fdt_by_phandle(fdt, phandle), cpu, len;
	const fdt32_t *reg;

	if (node < 0 || (cpu = fdt_parent(fdt, node)) < 0)
		return false;
	reg = fdt_prop(fdt, cpu, "reg", &len);
	if (!reg || len < 4)
		return false;
	*hwid = len >= 8 ? fdt64_ld((const fdt64_t *)(const void *)reg) : fdt32_ld(reg);
	return true;
}

/* The index of entry i: from riscv,hart-indexes, else its position. */
static u32 index_of(const void *fdt, int node, u32 i)
{
	int len;
	const fdt32_t *named = fdt_prop(fdt, node, "riscv,hart-indexes", &len);

	return named && len >= 4 && i < (u32)len / 4 ? fdt32_ld(named + i) : i;
}

/* harts_nr cannot exceed the table: at most CPUS_MAX CPUs are in use, and each is entered once. */
unsigned riscv_harts_find(const void *fdt, int node)
{
	int len;
	unsigned named = 0;
	const fdt32_t *p = fdt_prop(fdt, node, "interrupts-extended", &len);

	harts_nr = 0;
	for (u32 i = 0; p && len >= 8 && i < ENTRIES_MAX; i++, p += 2, len -= 8) {
		u64 hwid;

		if (fdt32_ld(p + 1) != SUPERVISOR_EXTERNAL || !hart_of(fdt, fdt32_ld(p), &hwid))
			continue;
		named++;
		if (!cpu_by_hwid(hwid) || riscv_hart_index(hwid) != RISCV_NO_HART)
			continue;
		harts[harts_nr].hwid = hwid;
		harts[harts_nr++].index = index_of(fdt, node, i);
	}
	return named;
}

/* Called while interrupts are set up, not in handlers: a search is fast enough. */
u32 riscv_hart_index(u64 hwid)
{
	for (unsigned i = 0; i < harts_nr; i++)
		if (harts[i].hwid == hwid)
			return harts[i].index;
	return RISCV_NO_HART;
}
