/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/fdt_device.c - fills a struct device from a node: its registers, translated through
 * every `ranges` above it (devicetree specification 2.3.8), its first interrupt, and the
 * register layout properties of UARTs.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/string.h>
#include <libfdt.h>

/* A number of n cells; the low 64 bits of more than two. */
static u64 cells_read(const fdt32_t *p, int n)
{
	u64 v = 0;

	while (n-- > 0)
		v = v << 32 | fdt32_ld(p++);
	return v;
}

/* The offsets of the node's ancestors from the root down, itself last; their number, or -1. */
static int path_of(const void *fdt, int node, int path[FDT_DEPTH_MAX])
{
	int i = fdt_index_of(fdt, node), depth;

	if (i < 0)
		return -1;
	depth = fdt_index_at((unsigned)i)->depth + 1;
	for (int d = depth; d > 0; d--) {
		path[d - 1] = (int)fdt_index_at((unsigned)i)->offset;
		i = fdt_index_at((unsigned)i)->parent;
	}
	return depth;
}

/* Translate *addr through the `ranges` of one bus; false: they do not cover [addr, addr + size). */
static bool through_bus(const void *fdt, int bus, int parent, u64 *addr, u64 size)
{
	int len, child_cells = fdt_cells_address(fdt, bus), size_cells = fdt_cells_size(fdt, bus);
	int parent_cells = fdt_cells_address(fdt, parent);
	int entry = child_cells + parent_cells + size_cells;
	const fdt32_t *r = fdt_prop(fdt, bus, "ranges", &len);

	if (!r || child_cells < 1 || parent_cells < 1 || size_cells < 1)
		return false;
	if (len == 0) /* an empty `ranges`: identity */
		return true;
	for (; len >= entry * 4; len -= entry * 4, r += entry) {
		/* The low 64 bits only: the first cell of a PCI address holds flags */
		u64 child = cells_read(r, child_cells), span;

		span = cells_read(r + child_cells + parent_cells, size_cells);
		if (*addr >= child && *addr - child < span && size <= span - (*addr - child)) {
			*addr = *addr - child + cells_read(r + child_cells, parent_cells);
			return true;
		}
	}
	return false;
}

/* path[0] is the root, path[depth - 1] the node: translate through the buses between them, from the
 * node to the root. */
static int translate(const void *fdt, const int *path, int depth, u64 *addr, u64 size)
{
	for (int d = depth - 2; d > 0; d--)
		if (!through_bus(fdt, path[d], path[d - 1], addr, size))
			return -EINVAL;
	return 0;
}

int fdt_to_cpu(const void *fdt, int node, u64 *addr, u64 len)
{
	int path[FDT_DEPTH_MAX];
	int depth = path_of(fdt, node, path);

	return depth < 2 ? -EINVAL : translate(fdt, path, depth, addr, len);
}

/* Ranges beyond DEVICE_REGS are ignored; a range that no CPU can reach makes the node unusable. */
static int read_regs(struct device *d, const int *path, int depth, struct why *why)
{
	int len, ac = fdt_cells_address(d->fdt, path[depth - 2]);
	int sc = fdt_cells_size(d->fdt, path[depth - 2]);
	const fdt32_t *reg = fdt_prop(d->fdt, d->node, "reg", &len);
	const char *name = fdt_get_name(d->fdt, d->node, NULL);

	if (!reg || ac < 1 || ac > 2 || sc < 1 || sc > 2)
		return refuse(why, EINVAL, "device tree: %s has no usable reg", name);
	for (; len >= (ac + sc) * 4 && d->nr_regs < DEVICE_REGS;
	     len -= (ac + sc) * 4, reg += ac + sc) {
		u64 addr = cells_read(reg, ac), size = cells_read(reg + ac, sc);

		if (!size || addr + size < addr || translate(d->fdt, path, depth, &addr, size))
			return refuse(why, EINVAL, "device tree: reg of %s is not reachable", name);
		d->pa[d->nr_regs] = addr;
		d->len[d->nr_regs++] = size;
	}
	return d->nr_regs ? 0 : refuse(why, EINVAL, "device tree: reg of %s is too short", name);
}

int fdt_registers(const void *fdt, int node, struct device *d, struct why *why)
{
	int path[FDT_DEPTH_MAX];
	int depth = path_of(fdt, node, path);

	memset(d, 0, sizeof(*d));
	d->fdt = fdt;
	d->node = node;
	if (depth < 2)
		return refuse(why, EINVAL, "device tree: no node at offset 0x%x", node);
	return read_regs(d, path, depth, why);
}

int fdt_device(const void *fdt, int node, struct device *d, struct why *why)
{
	int err = fdt_registers(fdt, node, d, why);

	d->reg_shift = fdt_u32(fdt, node, "reg-shift", 0);
	d->reg_width = fdt_u32(fdt, node, "reg-io-width", 1);
	d->reg_offset = fdt_u32(fdt, node, "reg-offset", 0);
	d->irq = fdt_interrupt(fdt, node, 0, &d->irq_flags);
	return err;
}
