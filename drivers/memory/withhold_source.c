/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/withhold_source.c - withhold=: RAM that is withheld at boot, to be added later.
 *
 *   withhold=node1        all memory of a node but the 128 MiB around each reservation in it
 *   withhold=ADDR+SIZE    this range
 *   withhold=auto         the largest aligned range of at most a quarter of RAM that touches
 *                         neither end; the default if firmware marks nothing and RAM >= 512 MiB
 *   withhold=none         nothing
 *
 * A range that contains the image, the device tree or a reservation is never withheld.
 */
#include <drivers/memory/withhold.h>
#include <kern/args.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <mm/page/region.h>

#define AUTO_MIN (512 * MiB)

typedef void log_fn(const char *);

/* Withhold a node's memory except around reservations, such as the device tree. */
static int withhold_node(u64 node, log_fn *log, struct why *why)
{
	const struct withholder w = { .prefix = "withhold:", .log = log, .log_withheld = true };
	const struct mem_range *r;
	u64 from = 0;
	int err;

	for (unsigned n = 0; (r = region_nth(MEM_RAM, n));) {
		if (r->node != node || r->pa < from) {
			n++;
			continue;
		}
		from = r->pa + r->len;
		err = withhold_around(&w, r->pa, r->len, why);
		if (err)
			return err;
		n = 0; /* the array has changed: restart after `from` */
	}
	return from ? 0 : refuse(why, ENXIO, "withhold: node %lu has no memory", node);
}

/* The highest aligned, unreserved position for `len` bytes that touches neither end of the
 * range. */
static bool find_fit(const struct mem_range *r, u64 len, u64 align, u64 *at)
{
	u64 pa;

	if (r->len <= len)
		return false;
	for (pa = align_down(r->pa + r->len - len - 1, align); pa > r->pa; pa -= align)
		if (pa + len < r->pa + r->len && !region_find(MEM_RESERVED, pa, len)) {
			*at = pa;
			return true;
		}
	return false;
}

/*
 * Try decreasing sizes, aligned to the largest section, 512 MiB; on a small machine to 128 MiB.
 */
static int withhold_auto(log_fn *log, struct why *why)
{
	u64 ram = region_total(MEM_RAM), at;
	u64 align = ram >= 2 * GiB ? 512 * MiB : 128 * MiB;
	const struct mem_range *r;
	char line[160];

	if (ram < AUTO_MIN)
		return refuse(why, ENOMEM,
			      "withhold: auto needs 512 MiB of RAM, this machine has %lu MiB",
			      ram / MiB);
	for (u64 len = align_down(ram / 4, align); len; len -= align)
		for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++)
			if (find_fit(r, len, align, &at)) {
				snprintf(line, sizeof(line),
					 "withhold: auto chose %s, a quarter of RAM or less, "
					 "aligned to %luM",
					 range_text(at, len).text, align / MiB);
				log(line);
				return withhold_exactly(at, len, why);
			}
	return refuse(why, ENXIO, "withhold: auto found no free range aligned to %lu MiB",
		      align / MiB);
}

int withhold_apply(const char *text, log_fn *log, struct why *why)
{
	u64 start, len, node;
	int err;

	if (!strcmp(text, "none"))
		return 0;
	if (!text[0]) /* the default: memory that firmware marked, else auto */
		return region_nth(MEM_WITHHELD, 0) || region_total(MEM_RAM) < AUTO_MIN
			       ? 0
			       : withhold_auto(log, why);
	if (!strcmp(text, "auto"))
		return withhold_auto(log, why);
	if (!strncmp(text, "node", 4) && !parse_number(text + 4, &node))
		return withhold_node(node, log, why);
	err = parse_range(text, &start, &len, why);
	if (err)
		return err;
	if (!is_aligned(start | len, 4 * KiB))
		return refuse(why, EINVAL, "withhold: %s is not aligned to pages", text);
	return withhold_exactly(start, len, why);
}
