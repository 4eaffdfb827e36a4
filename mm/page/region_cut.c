// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/page/region_cut.c - registers where a memory node claims RAM.
 *
 * A memory node may be too large: QEMU gives the one of its zcu102 the whole of -m, across 2 GiB of
 * devices.  Where a node that is no memory has registers there is no RAM, whatever else is said;
 * what lies between registers that are near each other is not RAM either.  Around the image there
 * is: it runs there.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/fdt/shadow.h>
#include <lib/printf.h>
#include <libfdt.h>
#include <mm/page/region.h>

#define NEAR (128 * MiB)
#define CLUSTERS_MAX 32
#define FRAME 4096ull

struct cluster {
	u64 lo, hi;
	unsigned devices;
	const char *name; /* of the lowest */
};

struct shadows {
	struct cluster at[CLUSTERS_MAX];
	unsigned nr;
};

static bool holds_image(u64 lo, u64 hi)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_RESERVED, n)); n++)
		if (r->kind == MEM_IMAGE && r->pa < hi && r->pa + r->len > lo)
			return true;
	return false;
}

static bool one_hole(const struct cluster *a, const struct cluster *b)
{
	u64 lo = min_u64(a->lo, b->lo), hi = max_u64(a->hi, b->hi);

	if (a->lo < b->hi && b->lo < a->hi)
		return true;
	return max_u64(a->lo, b->lo) - min_u64(a->hi, b->hi) < NEAR && !holds_image(lo, hi);
}

static void absorb(struct cluster *c, const struct cluster *other)
{
	if (other->lo < c->lo)
		c->name = other->name;
	c->lo = min_u64(c->lo, other->lo);
	c->hi = max_u64(c->hi, other->hi);
	c->devices += other->devices;
}

/* What joins two of them may reach a third. */
static void add(struct shadows *s, struct cluster c)
{
	for (unsigned i = 0; i < s->nr;) {
		if (!one_hole(&s->at[i], &c)) {
			i++;
			continue;
		}
		absorb(&c, &s->at[i]);
		s->at[i] = s->at[--s->nr];
		i = 0;
	}
	if (s->nr == CLUSTERS_MAX)
		absorb(&s->at[s->nr - 1], &c);
	else
		s->at[s->nr++] = c;
}

/* Children of /reserved-memory are no devices, nor is memory that waits. */
static bool is_device(const void *fdt, unsigned index, int reserved)
{
	const struct fdt_node *n = fdt_index_at(index);
	int node = (int)n->offset;

	return n->depth && (reserved < 0 || n->parent != reserved) && !fdt_is_memory(fdt, node) &&
	       !fdt_is_pmem(fdt, node) && fdt_prop(fdt, node, "reg", NULL);
}

static void say_in_image(say_fn *say, const char *name, u64 pa)
{
	char line[160];

	snprintf(line, sizeof(line),
		 "device tree: %.40s claims registers at 0x%llx, where the image is: not believed",
		 name, (unsigned long long)pa);
	say(line);
}

static void look_at(const void *fdt, int node, struct shadows *s, say_fn *say)
{
	const char *name = fdt_get_name(fdt, node, NULL);
	struct device d;

	fdt_registers(fdt, node, &d, NULL); /* one unreachable reg: those before it stand */
	for (unsigned i = 0; i < d.nr_regs; i++) {
		u64 lo = align_down(d.pa[i], FRAME), hi = align_up(d.pa[i] + d.len[i], FRAME);

		if (hi <= lo || !region_find(MEM_RAM, lo, hi - lo))
			continue;
		if (holds_image(lo, hi))
			say_in_image(say, name, d.pa[i]);
		else
			add(s, (struct cluster) { lo, hi, 1, name });
	}
}

static void cut(u64 lo, u64 hi)
{
	const struct mem_range *r;

	while (lo < hi && (r = region_find(MEM_RAM, lo, hi - lo))) {
		u64 from = max_u64(lo, r->pa), to = min_u64(hi, r->pa + r->len);

		if (region_remove(from, to - from, r->kind, NULL))
			break;
		lo = to;
	}
}

static void say_cut(say_fn *say, const struct cluster *c)
{
	char line[160], more[24] = "";

	if (c->devices > 1)
		snprintf(more, sizeof(more), " and %u more", c->devices - 1);
	snprintf(line, sizeof(line),
		 "device tree: 0x%llx+0x%llx is no RAM: registers of %.40s%s are there",
		 (unsigned long long)c->lo, (unsigned long long)(c->hi - c->lo), c->name, more);
	say(line);
}

void fdt_cut_shadows(const void *fdt, say_fn *say)
{
	struct shadows s = { .nr = 0 };
	int node = fdt_find(fdt, "/reserved-memory", 16);
	int reserved = node < 0 ? -1 : fdt_index_of(fdt, node);

	for (unsigned i = 0; i < fdt_index_nr(fdt); i++)
		if (is_device(fdt, i, reserved))
			look_at(fdt, (int)fdt_index_at(i)->offset, &s, say);
	for (unsigned i = 0; i < s.nr; i++) {
		say_cut(say, &s.at[i]);
		cut(s.at[i].lo, s.at[i].hi);
	}
}
