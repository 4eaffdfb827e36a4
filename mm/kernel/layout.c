/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/layout.c - compute the regions of the kernel's half from the geometry.
 *
 *   base             linear map, half of the half at most, 16 TiB at most
 *   then, `window`   one table below the root (level 1: 1 GiB at 4K pages) or the nearest to that:
 *     shared         vmalloc ends where vmemmap begins, in the middle of that table, so that the
 *                    memmap of the lowest memory and vmalloc's first users share it
 *     disjoint       vmemmap, vmalloc and the device region each begin at a root entry, or one
 *                    level below where the root has only a few (S0-09)
 *   then the shadow, if there is one, as in disjoint
 */
#include <lib/string.h>
#include <mm/kernel/layout.h>

#define LINEAR_MAX (16 * TiB)
#define SMALL_HALF_BITS 36 /* a smaller half has room neither for gigabytes nor for the image */

struct layout layout;
bool layout_with_shadow;

static const char *const names[REGION_NR] = { "linear map", "vmemmap", "vmalloc",
					      "device",     "shadow",  "image" };

static void place(struct layout *l, enum region_id id, vaddr_t va, u64 len)
{
	l->r[id] = (struct va_region) { names[id], va, len };
}

/* Regions must not share this unit: a root slot, or the level below where the root has too few. */
static u64 slot_bytes(const struct pt_fmt *f)
{
	unsigned top = f->levels - 1u;

	return pt_span(f, pt_entries(f, top) < 2 * REGION_NR && top > 1 ? top - 1 : top);
}

static u64 linear_len(const struct pt_fmt *f, paddr_t phys_base)
{
	u64 len = min_u64(1ul << (f->half_bits - 1), LINEAR_MAX);

	return f->pa_bits < 64 ? min_u64(len, (1ul << f->pa_bits) - phys_base) : len;
}

/* Span of the table that regions share by placement=shared: the highest one that can ever be freed.
 */
static u64 shared_span(const struct pt_fmt *f)
{
	return f->levels > 2 ? pt_span(f, 2) : pt_span(f, 1);
}

static bool is_small(const struct pt_fmt *f)
{
	return f->half_bits < SMALL_HALF_BITS;
}

static void place_shared(struct layout *l, vaddr_t from, u64 memmap, u64 vmalloc, u64 device)
{
	u64 span = shared_span(l->fmt);
	vaddr_t vmemmap = align_up(from + device + vmalloc, span) + span / 2;

	place(l, REGION_VMEMMAP, vmemmap, memmap);
	place(l, REGION_VMALLOC, vmemmap - vmalloc, vmalloc);
	place(l, REGION_DEVICE, vmemmap - vmalloc - device, device);
}

static void place_disjoint(struct layout *l, vaddr_t from, u64 memmap, u64 vmalloc, u64 device)
{
	u64 slot = slot_bytes(l->fmt);
	vaddr_t vmemmap = align_up(from, pt_span(l->fmt, l->fmt->levels - 1u));
	vaddr_t area = align_up(vmemmap + memmap, slot);

	place(l, REGION_VMEMMAP, vmemmap, memmap);
	place(l, REGION_VMALLOC, area, vmalloc);
	place(l, REGION_DEVICE, align_up(area + vmalloc, slot), device);
}

/* True if every region is inside the half, and below the image if that has a region. */
static bool fits(const struct layout *l, vaddr_t base)
{
	u64 room = 1ul << l->fmt->half_bits;

	if (!is_small(l->fmt))
		room -= 0 - IMAGE_VA;
	for (unsigned i = 0; i < REGION_IMAGE; i++) {
		u64 at = l->r[i].va - base;

		if (l->r[i].len && (at > room || room - at < l->r[i].len))
			return false;
	}
	return true;
}

/* Place the shadow after all others and at a boundary of tables, so it shares no table that can be
 * freed (S1-12). */
static void place_shadow(struct layout *l)
{
	vaddr_t end = l->r[REGION_LINEAR].va;

	for (unsigned i = 0; i < REGION_SHADOW; i++)
		end = max_u64(end, l->r[i].va + l->r[i].len);
	if (layout_with_shadow)
		place(l, REGION_SHADOW, align_up(end, slot_bytes(l->fmt)),
		      l->r[REGION_LINEAR].len / 8);
	else
		place(l, REGION_SHADOW, 0, 0);
}

static int check_block(const struct layout *l, struct why *why)
{
	u64 b = l->block_bytes;

	if (b == l->section_bytes || (b > l->section_bytes && (b == GiB || b == 2 * GiB)))
		return 0;
	return refuse(why, EINVAL, "block=0x%lx: a block is one section of %lu MiB, 1G or 2G", b,
		      (l->section_bytes / MiB));
}

static void place_all(struct layout *l)
{
	const struct pt_fmt *f = l->fmt;
	vaddr_t base = 0 - (1ul << f->half_bits);
	u64 len = linear_len(f, l->phys_base);
	u64 memmap = align_up((len >> f->page_shift) * 64, pt_span(f, 1));
	u64 vmalloc = is_small(f) ? 64 * MiB : max_u64(2 * GiB, 64 * pt_span(f, 1));
	u64 device = is_small(f) ? 16 * MiB : GiB;

	place(l, REGION_LINEAR, base, len);
	if (l->disjoint)
		place_disjoint(l, base + len, memmap, vmalloc, device);
	else
		place_shared(l, base + len, memmap, vmalloc, device);
	place_shadow(l);
	if (is_small(f))
		place(l, REGION_IMAGE, 0, 0);
	else
		place(l, REGION_IMAGE, IMAGE_VA, 0 - IMAGE_VA);
}

int layout_init(const struct pt_fmt *f, bool disjoint, paddr_t lowest_ram, u64 block_bytes,
		struct why *why)
{
	u64 section = f->page_shift >= 16 ? 512 * MiB : 128 * MiB;
	struct layout l = {
		.fmt = f,
		.disjoint = disjoint,
		.section_bytes = section,
		.block_bytes = block_bytes ? block_bytes : section,
		.subsection_bytes = max_u64(2 * MiB, (1ul << 2 * f->page_shift) / 64),
	};
	int err = check_block(&l, why);

	if (err)
		return err;
	l.phys_base = align_down(lowest_ram, max_u64(GiB, l.block_bytes));
	if (f->pa_bits < 64 && l.phys_base >> f->pa_bits)
		return refuse(why, EINVAL, "RAM at 0x%lx is beyond the %u bits of %s", lowest_ram,
			      f->pa_bits, f->name);
	place_all(&l);
	if (!fits(&l, l.r[REGION_LINEAR].va))
		return refuse(why, EINVAL, "%s: the regions do not fit its half (placement=%s)",
			      f->name, disjoint ? "disjoint" : "shared");
	layout = l;
	return 0;
}

void layout_mappable(paddr_t *pa, u64 *len)
{
	*pa = layout.phys_base;
	*len = layout.r[REGION_LINEAR].len;
}

bool layout_is_mappable(paddr_t pa, u64 len)
{
	u64 reach = layout.r[REGION_LINEAR].len;

	return pa >= layout.phys_base && pa - layout.phys_base < reach &&
	       len <= reach - (pa - layout.phys_base);
}
