/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-01 to S4-09: the statements of mailing-list thread S4 on replacing the root and on filling the
 * live one, checked by the CPUs' registers and by their reads.
 */
#include <lib/string.h>
#include <tests/pgd/replace.h>

enum { STRANGERS = 1, LIVE_STORES = 2, UNBROKEN = 4, WINDOWS = 8, LOST = 16, UNREAD = 32 };

/* The expectation by mailing-list thread S4.  With one CPU no CPU keeps the old root or walks it
 * while it changes. */
static const struct expectation {
	const char *name;
	unsigned alone, with_others;
} expected[] = {
	{ "live-additive", 0, 0 },
	{ "one-switch", WINDOWS | LOST, STRANGERS | LIVE_STORES | UNBROKEN | WINDOWS | LOST },
	{ "two-calls", WINDOWS | LOST, WINDOWS | LOST },
	{ "stop-all", 0, 0 },
};

static unsigned seen(const struct root_verdict *v)
{
	return (v->strangers ? STRANGERS : 0) | (v->live_stores ? LIVE_STORES : 0) |
	       (v->unbroken ? UNBROKEN : 0) | (v->windows ? WINDOWS : 0) | (v->lost ? LOST : 0) |
	       (v->cannot_read ? UNREAD : 0);
}

static const struct root_variant *variant_of(const char *name)
{
	reg_for_each (roots, it)
		if (!strcmp((*it)->s.name, name))
			return *it;
	return NULL;
}

TEST(pgd, replace, .mutes_sanitizer = true,
     .claim = "each way to add to a root shows every mistake that mailing-list thread S4 names for "
	      "it, and no other",
     .rows = "S4-01 S4-02 S4-05 S4-06 S4-07 S4-08 S4-09 L-08 S4-15", .params = PARAMS_OF(expected))
{
	const struct expectation *s = &expected[t->param_at];
	const struct root_variant *variant = variant_of(s->name);
	unsigned wanted = cpus_online_nr() > 1 ? s->with_others : s->alone, may;
	struct root_verdict quiet, v;
	struct why why = { 0 };

	if (!CHECK(t, variant != NULL) ||
	    !CHECK_OK(t, root_variant_run(variant, false, &quiet, &why), &why) ||
	    !CHECK_OK(t, root_variant_run(variant, true, &v, &why), &why))
		return;
	CHECK_EQ(t, quiet.err, 0);
	CHECK_EQ(t, v.err, 0);
	/* A CPU may have cached the old root entry, which an unsafe variant does not invalidate. */
	may = variant->s.unsafe ? UNREAD : 0;
	CHECK_EQ(t, seen(&quiet) & ~may, wanted & ~(unsigned)(LOST | UNBROKEN));
	CHECK_EQ(t, seen(&v) & ~may, wanted);
	CHECK_EQ(t, variant->s.unsafe != NULL, wanted != 0);
	test_key(t, "stopped=%u stopped_us=%lu", quiet.stopped, quiet.stopped_ns / 1000);
	test_key(t, "stores=%lu invals=%lu windows=%lu", quiet.root_stores, quiet.invalidations,
		 quiet.windows);
}

/* ---- S4-03, S4-04: the size of the copy ---- */

/* CATALOGUE, Matrix A: bytes of a page, and of the root. */
static const struct root_size {
	const char *name;
	u32 page, root;
} root_sizes[] = {
	{ "arm64-4k-39", 4096, 4096 },    { "arm64-4k-48", 4096, 4096 },
	{ "arm64-4k-52", 4096, 128 },     { "arm64-16k-36", 16384, 16384 },
	{ "arm64-16k-47", 16384, 16384 }, { "arm64-16k-48", 16384, 16 },
	{ "arm64-16k-52", 16384, 256 },   { "arm64-64k-42", 65536, 65536 },
	{ "arm64-64k-48", 65536, 512 },   { "arm64-64k-52", 65536, 8192 },
	{ "riscv-sv39", 4096, 4096 },     { "riscv-sv48", 4096, 4096 },
	{ "riscv-sv57", 4096, 4096 },
};

#define ZONE_BYTES 65536 /* the red zones before and after a root */
#define ROOT_AT ZONE_BYTES
#define STORE_BYTES (3 * ZONE_BYTES)

static void paint(u8 *store, u8 root, u8 zone, u32 bytes)
{
	memset(store, zone, STORE_BYTES);
	memset(store + ROOT_AT, root, bytes);
}

/* Bytes of the red zones that are no longer `zone`. */
static u64 over_copied(const u8 *store, u8 zone, u32 bytes)
{
	u64 n = 0;

	for (u32 i = 0; i < STORE_BYTES; i++)
		n += (i < ROOT_AT || i >= ROOT_AT + bytes) && store[i] != zone;
	return n;
}

/* Copy to the temporary root and back, `bytes` each time.  over: the bytes that each copy
 * overwrote. */
static void copy_both_ways(u8 *live, u8 *temp, u64 bytes, u32 root, u64 over[2])
{
	paint(live, 0x11, 0xaa, root);
	paint(temp, 0x22, 0xbb, root);
	root_copy(temp + ROOT_AT, live + ROOT_AT, bytes);
	over[0] = over_copied(temp, 0xbb, root);
	paint(temp, 0x33, 0xbb, root);
	root_copy(live + ROOT_AT, temp + ROOT_AT, bytes);
	over[1] = over_copied(live, 0xaa, root);
}

TEST(pgd, copy_size,
     .claim = "both copies have exactly the size of the root; copies of a page overwrite the rest "
	      "of the page if the root is smaller",
     .rows = "S4-03 S4-04", .params = PARAMS_OF(root_sizes))
{
	const struct root_size *size = &root_sizes[t->param_at];
	const struct pt_fmt *fmt = pt_fmt_find(size->name);
	unsigned order = 0;
	struct page *p[2];
	u64 over[2];

	while (page_size() << order < STORE_BYTES)
		order++;
	p[0] = page_alloc_any(0, ZONE_NORMAL, order, "root");
	p[1] = page_alloc_any(0, ZONE_NORMAL, order, "root");
	if (CHECK(t, fmt && p[0] && p[1])) {
		copy_both_ways(page_ptr(p[0]), page_ptr(p[1]), pt_root_bytes(fmt), size->root,
			       over);
		CHECK_EQ(t, *((u8 *)page_ptr(p[0]) + ROOT_AT + size->root - 1), 0x33);
		CHECK_EQ(t, over[0], 0);
		CHECK_EQ(t, over[1], 0);
		copy_both_ways(page_ptr(p[0]), page_ptr(p[1]), size->page, size->root, over);
		CHECK_EQ(t, over[0], size->page - size->root);
		CHECK_EQ(t, over[1], size->page - size->root);
		test_key(t, "root=%u over=%lu", size->root, over[1]);
	}
	for (unsigned i = 0; i < 2; i++)
		if (p[i])
			page_free(p[i], order);
}
