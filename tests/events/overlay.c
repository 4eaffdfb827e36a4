/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-06, S1-32: overlays of the device tree.  Memory that an overlay describes is added and removed
 * with it; a malformed blob results in one sentence and changes nothing.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/fdt/overlay.h>
#include <drivers/fdt/overlay_source.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/hotplug/devmem.h>
#include <mm/page/region.h>
#include <tests/harness/util.h>

static u8 blob[2048] NOINIT __attribute__((aligned(8)));
static u8 large[OVERLAY_BYTES + 8] NOINIT __attribute__((aligned(8)));

static struct {
	unsigned calls, id;
	int code;
	char why[184];
} done;

static void on_done(unsigned id, int code, const char *why)
{
	done.calls++;
	done.id = id;
	done.code = code;
	snprintf(done.why, sizeof(done.why), "%s", why);
}

/* ---- blobs ---- */

static void begin_overlay(void)
{
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_begin_node(blob, "fragment@0");
	fdt_property_string(blob, "target-path", "/");
	fdt_begin_node(blob, "__overlay__");
}

/* Numbers of `words` cells, as the root of the target tree has them. */
static unsigned put(fdt32_t *to, int words, u64 v)
{
	if (words == 2)
		*to++ = cpu_to_fdt32((u32)(v >> 32));
	*to = cpu_to_fdt32((u32)v);
	return (unsigned)words;
}

static void range_property(u64 pa, u64 len)
{
	fdt32_t reg[4];
	unsigned n = put(reg, fdt_cells_address(fdt_of_boot, 0), pa);

	n += put(reg + n, fdt_cells_size(fdt_of_boot, 0), len);
	fdt_property(blob, "reg", reg, (int)(n * sizeof(*reg)));
}

static void overlay_memory_node(const char *name, u64 pa, u64 len, unsigned node)
{
	fdt_begin_node(blob, name);
	fdt_property_string(blob, "device_type", "memory");
	range_property(pa, len);
	fdt_property_u32(blob, "numa-node-id", node);
	fdt_end_node(blob);
}

static void pmem(u64 pa, u64 len)
{
	fdt_begin_node(blob, "pmem@1");
	fdt_property_string(blob, "compatible", "pmem-region");
	range_property(pa, len);
	fdt_end_node(blob);
}

static u64 end_overlay(void)
{
	for (unsigned i = 0; i < 3; i++)
		fdt_end_node(blob);
	return fdt_finish(blob) ? 0 : fdt_totalsize(blob);
}

static u64 one_node(u64 pa, u64 len, unsigned node)
{
	begin_overlay();
	overlay_memory_node("dimm@1", pa, len, node);
	return end_overlay();
}

/* Describe memory under a unique name, so that several overlays may be applied.  `path`: a node to
 * which the overlay adds a property, or NULL. */
static u64 dimm(unsigned nr, u64 pa, u64 len, unsigned node, const char *path)
{
	char name[16];

	snprintf(name, sizeof(name), "dimm@%u", nr);
	begin_overlay();
	overlay_memory_node(name, pa, len, node);
	if (path) {
		fdt_end_node(blob);
		fdt_end_node(blob);
		fdt_begin_node(blob, "fragment@1");
		fdt_property_string(blob, "target-path", path);
		fdt_begin_node(blob, "__overlay__");
		fdt_property_u32(blob, "note", nr);
	}
	return end_overlay();
}

/* ---- operations ---- */

/* Apply the overlay and run the consumer.  Returns its number or a negative code. */
static int apply(u64 size, struct why *why)
{
	int id = overlay_apply(blob, size, on_done, why);

	event_run();
	return id;
}

static int remove_overlay(int id, struct why *why)
{
	int err = overlay_remove((unsigned)id, on_done, why);

	event_run();
	return err;
}

TEST(events, overlay,
     .claim = "memory of an overlay is added with it and removed with it, without a trace",
     .rows = "S1-32 S2-24", .identity = true, .needs = NEED_RANGE)
{
	u64 unit = layout.block_bytes;
	struct why why = { 0 };
	struct range r;
	int id;

	if (!range_get(t, &r, 2, NULL))
		return;
	begin_overlay(); /* two nodes, one event */
	overlay_memory_node("dimm@1", r.pa, unit, r.node);
	overlay_memory_node("dimm@2", r.pa + unit, unit, r.node);
	memset(&done, 0, sizeof(done));
	id = apply(end_overlay(), &why);
	if (!CHECK(t, id > 0))
		return;
	CHECK(t, done.calls == 1 && done.id == (unsigned)id && !done.code);
	CHECK(t, range_block(&r, 0) && range_block(&r, 0)->state == BLOCK_ONLINE);
	CHECK(t, range_block(&r, 1) && range_block(&r, 1)->node == r.node);
	CHECK(t, overlay_event((unsigned)id) != NULL);
	CHECK_OK(t, remove_overlay(id, &why), &why);
	CHECK(t, done.calls == 2 && !done.code);
	CHECK(t, overlay_event((unsigned)id) == NULL);
	CHECK_REFUSED(t, remove_overlay(id, &why), ENOENT, &why);
}

TEST(events, overlay_pmem,
     .claim = "a pmem-region of an overlay is added as device memory and its contents stay",
     .rows = "S1-27 S2-24", .identity = true, .needs = NEED_RANGE)
{
	struct why why = { 0 };
	volatile u64 *word;
	struct range r;
	u64 size;

	if (!range_get(t, &r, 1, NULL))
		return;
	begin_overlay();
	pmem(r.pa, r.len);
	size = end_overlay();
	word = pa_ptr(r.pa);
	for (unsigned round = 0; round < 2; round++) {
		int id = apply(size, &why);

		if (!CHECK(t, id > 0 && !done.code && !range_block(&r, 0)))
			return;
		CHECK_EQ(t, devmem_find(r.pa >> page_shift(), 1)->mode, DEVMEM_DAX);
		CHECK(t, !round || *word == r.pa);
		*word = r.pa;
		CHECK_OK(t, remove_overlay(id, &why), &why);
		CHECK(t, !done.code && !devmem_find(r.pa >> page_shift(), 1));
	}
}

TEST(events, overlay_busy,
     .claim = "while an overlay is in progress no other is applied or removed; a refused one is "
	      "dropped",
     .rows = "V-07 V-08", .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;
	u64 size;
	int id, other;

	if (!range_get(t, &r, 1, NULL))
		return;
	size = one_node(r.pa, r.len, r.node);
	id = overlay_apply(blob, size, on_done, &why);
	CHECK_REFUSED(t, overlay_remove((unsigned)id, on_done, &why), EBUSY, &why);
	CHECK_REFUSED(t, overlay_apply(blob, size, on_done, &why), EBUSY, &why);
	event_run();
	/* The overlay adds no new node. */
	CHECK_REFUSED(t, overlay_apply(blob, size, on_done, &why), EINVAL, &why);
	size = one_node(r.pa + r.len, r.len, r.node);
	/* memory of another overlay */
	CHECK_REFUSED(t, overlay_apply(blob, size, on_done, &why), EPERM, &why);
	other = apply(dimm(2, r.pa, r.len, r.node, NULL), &why); /* the same memory again */
	CHECK(t, other > 0 && other != id && done.code == -EEXIST);
	CHECK(t, overlay_event((unsigned)other) == NULL);
	CHECK_OK(t, overlay_remove((unsigned)id, on_done, &why), &why);
	CHECK_REFUSED(t, overlay_apply(blob, size, on_done, &why), EBUSY, &why);
	event_run();
	CHECK(t, !done.code && !range_block(&r, 0));
	range_reset(&r);
}

/* ---- several ---- */

TEST(events, overlay_places,
     .claim = "as many overlays as there are slots can be applied, and no more", .rows = "S1-32",
     .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, OVERLAYS, NULL))
		return;
	for (unsigned n = 0; n < OVERLAYS; n++)
		CHECK(t, apply(dimm(n, r.pa + n * layout.block_bytes, layout.block_bytes, r.node,
				    NULL),
			       &why) > 0);
	CHECK_REFUSED(t, overlay_apply(blob, sizeof(blob), NULL, &why), ENOMEM, &why);
	for (unsigned n = 1; n <= OVERLAYS; n++)
		CHECK_OK(t, remove_overlay((int)n, &why), &why);
	for (unsigned n = 0; n < OVERLAYS; n++)
		CHECK(t, !range_block(&r, n));
	range_reset(&r);
}

#define THREE 3
static const char *const orders[] = { "123", "132", "213", "231", "312", "321", NULL };

/* The first overlay, one that refers to it, and one that refers to none. */
static bool apply_three(struct test_run *t, const struct range *r, int id[THREE])
{
	static const char *const refers[THREE] = { NULL, "/dimm@0", NULL };
	u64 unit = layout.block_bytes;
	struct why why = { 0 };
	bool all = true;

	for (unsigned n = 0; n < THREE; n++) {
		id[n] = apply(dimm(n, r->pa + n * unit, unit, r->node, refers[n]), &why);
		all &= CHECK(t, id[n] > 0 && !done.code);
	}
	return all;
}

TEST(events, overlay_orders,
     .claim = "overlays are removed in any order, except that one to which another refers stays "
	      "until then",
     .rows = "S1-32", .identity = true, .needs = NEED_RANGE, .params = orders)
{
	struct why why = { 0 };
	bool there[THREE] = { true, true, true };
	int id[THREE];
	struct range r;

	if (!range_get(t, &r, THREE, NULL))
		return;
	if (!apply_three(t, &r, id))
		return;
	for (const char *c = t->param; *c; c++) {
		unsigned n = (unsigned)(*c - '1');

		if (n == 0 && there[1]) {
			CHECK_REFUSED(t, remove_overlay(id[0], &why), EBUSY, &why);
			CHECK(t, strstr(why.text, "refers to overlay") != NULL);
			continue;
		}
		CHECK_OK(t, remove_overlay(id[n], &why), &why);
		there[n] = false;
		CHECK(t, !done.code && !range_block(&r, n));
	}
	if (there[0])
		CHECK_OK(t, remove_overlay(id[0], &why), &why);
}

/* The second overlay sets the NUMA node of a memory node of the first; each also adds memory of its
 * own. */
static u64 half(u64 pa, u64 len, bool first)
{
	begin_overlay();
	overlay_memory_node(first ? "dimm@1" : "dimm@3", pa + (first ? 1 : 2) * len, len, 0);
	fdt_begin_node(blob, "later@2");
	if (first) {
		fdt_property_u32(blob, "numa-node-id", 1);
	} else {
		fdt_property_string(blob, "device_type", "memory");
		range_property(pa, len);
	}
	fdt_end_node(blob);
	return end_overlay();
}

TEST(events, overlay_completes,
     .claim = "an overlay whose memory depends on another overlay refers to it", .rows = "S1-32",
     .needs = NEED_RANGE)
{
	u64 unit = layout.block_bytes;
	struct why why = { 0 };
	struct range r;
	int first, second;

	if (!range_get(t, &r, 3, NULL))
		return;
	first = apply(half(r.pa, unit, true), &why);
	second = apply(half(r.pa, unit, false), &why);
	if (CHECK(t, first > 0 && second > 0 && !done.code) && CHECK(t, range_block(&r, 0))) {
		CHECK_EQ(t, range_block(&r, 0)->node, 1);
		CHECK_REFUSED(t, remove_overlay(first, &why), EBUSY, &why);
		CHECK_OK(t, remove_overlay(second, &why), &why);
		CHECK_OK(t, remove_overlay(first, &why), &why);
	}
	for (unsigned i = 0; i < 3; i++)
		CHECK(t, !range_block(&r, i));
	range_reset(&r);
}

/* ---- hostile blobs ---- */

struct hostile {
	const char *name, *about;
	u64 (*make)(void); /* fills `blob`, returns its size */
};

static u64 make_short(void)
{
	return 30;
}

static u64 make_long(void)
{
	return OVERLAY_BYTES + 8;
}

static u64 make_magic(void)
{
	u64 size = one_node(GiB, GiB, 0);

	blob[0] ^= 1;
	return size;
}

static u64 make_truncated(void)
{
	return one_node(GiB, GiB, 0) - 8;
}

static u64 make_structure(void)
{
	u64 size = one_node(GiB, GiB, 0);

	blob[fdt_off_dt_struct(blob) + 3] = 7; /* not a token of the specification */
	return size;
}

static u64 make_empty(void)
{
	begin_overlay();
	return end_overlay();
}

static u64 make_no_target(void)
{
	u64 size;

	begin_overlay();
	overlay_memory_node("dimm@1", GiB, GiB, 0);
	size = end_overlay();
	*(char *)fdt_getprop_w(blob, fdt_path_offset(blob, "/fragment@0"), "target-path", NULL) =
		'x';
	return size;
}

static u64 make_endless_path(void)
{
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_begin_node(blob, "fragment@0");
	fdt_property(blob, "target-path", "/", 1);
	fdt_begin_node(blob, "__overlay__");
	return end_overlay();
}

static u64 make_wrap(void)
{
	return one_node(-(u64)GiB, 2 * GiB, 0);
}

static u64 make_beyond(void)
{
	return one_node(BIT(56), GiB, 0);
}

static u64 make_odd(void)
{
	return one_node(GiB + 1, GiB, 0);
}

static u64 make_nowhere_node(void)
{
	return one_node(GiB, GiB, 99);
}

static u64 make_many(void)
{
	char name[16];

	begin_overlay();
	for (unsigned i = 0; i <= OVERLAY_RANGES; i++) {
		snprintf(name, sizeof(name), "dimm@%u", i);
		overlay_memory_node(name, (i + 1) * 64 * MiB, 64 * MiB, 0);
	}
	return end_overlay();
}

static u64 make_mixed(void)
{
	begin_overlay();
	overlay_memory_node("dimm@1", GiB, GiB, 0);
	pmem(2 * GiB, GiB);
	return end_overlay();
}

static const char *lowest_node(void)
{
	static char path[32];

	snprintf(path, sizeof(path), "/memory@%lx", region_lowest());
	return path;
}

/* A node with an existing name, whose reg libfdt replaces.  A memory block may begin below it. */
static u64 make_takes(void)
{
	paddr_t boot = region_lowest();
	const char *name = lowest_node() + 1;

	begin_overlay();
	overlay_memory_node(name, boot, 4096, 0);
	return end_overlay();
}

/* An offset far outside of the property */
static u64 make_fixup(void)
{
	begin_overlay();
	overlay_memory_node("dimm@1", GiB, GiB, 0);
	fdt_end_node(blob);
	fdt_end_node(blob);
	fdt_begin_node(blob, "__local_fixups__");
	fdt_begin_node(blob, "fragment@0");
	fdt_begin_node(blob, "__overlay__");
	fdt_begin_node(blob, "dimm@1");
	fdt_property_u32(blob, "reg", 0x7fffff00);
	fdt_end_node(blob);
	fdt_end_node(blob);
	return end_overlay();
}

static const struct hostile hostiles[] = {
	{ "short", "no device tree", make_short },
	{ "long", "at most", make_long },
	{ "magic", "header", make_magic },
	{ "truncated", "at most", make_truncated },
	{ "structure", "device tree", make_structure },
	{ "empty", "adds no memory", make_empty },
	{ "no-target", "cannot be applied", make_no_target },
	{ "endless-path", "is not terminated", make_endless_path },
	{ "wrap", "wraps around", make_wrap },
	{ "beyond", "beyond any", make_beyond },
	{ "odd", "not aligned", make_odd },
	{ "node", "numa-node-id", make_nowhere_node },
	{ "many", "more than", make_many },
	{ "mixed", "an overlay of its own", make_mixed },
	{ "takes", "existing memory", make_takes },
	{ "fixup", "outside of its property", make_fixup },
};

TEST(events, hostile_overlay, .claim = "a malformed blob results in one sentence and no change",
     .rows = "V-06", .params = PARAMS_OF(hostiles), .identity = true)
{
	const struct hostile *h = &hostiles[t->param_at];
	struct why why = { 0 };
	u64 size;
	int id;

	if (h->make == make_takes &&
	    fdt_find(fdt_of_boot, lowest_node(), strlen(lowest_node())) < 0) {
		test_skip(t, "the tree has no node for the lowest RAM, which UEFI's map describes");
		return;
	}
	if ((h->make == make_wrap || h->make == make_beyond) &&
	    fdt_cells_address(fdt_of_boot, 0) < 2) {
		test_skip(t, "this machine's device tree has numbers of 32 bits");
		return;
	}
	size = h->make();
	memcpy(large, blob, sizeof(blob));
	id = overlay_apply(large, size, on_done, &why);
	CHECK(t, id < 0);
	if (!strstr(why.text, h->about))
		test_fail(t, __FILE__, __LINE__, "`%s` does not contain `%s`", why.text, h->about);
	CHECK_EQ(t, event_run(), 0);
}
