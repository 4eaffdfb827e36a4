/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/devmem.c - the registry of device ranges: one sorted array, an entry a range from
 * claim to release.  Changed under the hotplug lock held for write, read with it held.
 */
#include <lib/assert.h>
#include <lib/fail.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/devmem_internal.h>

/* The count is cleared with .bss, so the ranges need not be. */
static struct devmem devices[DEVMEM_MAX] NOINIT;
static unsigned nr_devices;

const char *devmem_mode_name(unsigned mode)
{
	static const char *const names[DEVMEM_MODES] = { "raw", "dax", "kmem" };

	return mode < DEVMEM_MODES ? names[mode] : "absent";
}

/* Index of the first range that ends after pa. */
static unsigned first_from(paddr_t pa)
{
	unsigned i = 0;

	while (i < nr_devices && devices[i].pa + devices[i].len - 1 < pa)
		i++;
	return i;
}

const struct devmem *devmem_find(pfn_t pfn, u64 nr)
{
	unsigned i = first_from(pfn << page_shift());

	return i < nr_devices && devices[i].pa >> page_shift() < pfn + nr ? &devices[i] : NULL;
}

const struct devmem *devmem_keeping(pfn_t pfn, u64 nr)
{
	const struct devmem *d = devmem_find(pfn, nr);

	for (; d && d < &devices[nr_devices] && d->pa >> page_shift() < pfn + nr; d++)
		if (d->mode != DEVMEM_KMEM)
			return d;
	return NULL;
}

const struct devmem *devmem_nth(unsigned n)
{
	return n < nr_devices ? &devices[n] : NULL;
}

/* ---- changing ---- */

int devmem_room(struct why *why)
{
	if (nr_devices < DEVMEM_MAX && !fail_here(FAIL_RANGES))
		return 0;
	return refuse(why, ENOMEM, "the registry holds %u device ranges, no more fit", nr_devices);
}

void devmem_insert(struct devmem d)
{
	unsigned i = first_from(d.pa);

	ASSERT_OP(nr_devices, <, DEVMEM_MAX);
	memmove(&devices[i + 1], &devices[i], (nr_devices - i) * sizeof(devices[0]));
	devices[i] = d;
	nr_devices++;
}

void devmem_delete(struct devmem *d)
{
	nr_devices--;
	memmove(d, d + 1, (size_t)(&devices[nr_devices] - d) * sizeof(*d));
}

int devmem_get(paddr_t pa, u64 len, unsigned mode, struct devmem **out, struct why *why)
{
	unsigned i = first_from(pa);
	struct devmem *d = &devices[i];

	if (i == nr_devices || d->pa != pa || d->len != len)
		return refuse(why, ENXIO, "%s is no device range", range_text(pa, len).text);
	if (mode < DEVMEM_MODES && d->mode != mode)
		return refuse(why, EBUSY, "the device range %s is %s, not %s",
			      range_text(pa, len).text, devmem_mode_name(d->mode),
			      devmem_mode_name(mode));
	*out = d;
	return 0;
}

int devmem_absent(const struct block_span *s, struct why *why)
{
	const struct devmem *d = devmem_find(s->pfn, s->nr);

	if (d)
		return refuse(why, EEXIST, "%s overlaps the device range %s",
			      range_text(s->pa, s->len).text, range_text(d->pa, d->len).text);
	return hotplug_span_absent(s, why);
}

/* ---- digest ---- */

static u64 page_digest(u64 h, const struct page *p)
{
	return hash_u64(hash_u64(hash_u64(h, p->flags), p->refcount), p->private);
}

/* The counts of the memmap, and the struct pages of the reserve, which must never change. */
static u64 dax_digest(u64 h, const struct devmem *d, const struct page *head)
{
	pfn_t pfn = d->pa >> page_shift();

	h = hash_u64(hash_u64(h, head->refcount), head->private);
	for (u64 i = 0; i < d->opts.reserve >> page_shift(); i++)
		h = page_digest(h, pfn_to_page(pfn + i));
	return h;
}

u64 devmem_digest(u64 h)
{
	for (unsigned i = 0; i < nr_devices; i++) {
		const struct devmem *d = &devices[i];
		u64 front = d->opts.compound
				    ? 0
				    : d->opts.reserve; /* see mm/memmap/memmap_compound.c */
		const struct page *head = pfn_to_page((d->pa + front) >> page_shift());

		h = hash_u64(hash_u64(h, d->pa), d->len);
		h = hash_u64(h, (u64)d->opts.uncached << 24 | (u64)d->opts.memmap->where << 16 |
					(u64)d->mode << 8 | d->node);
		h = hash_u64(hash_u64(h, d->opts.compound), d->opts.reserve);
		if (d->mode == DEVMEM_DAX)
			h = dax_digest(h, d, head);
	}
	return h;
}
