/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/fixture.c - fixtures of most tests: a range that can be added, a memmap scheme. */
#include <lib/printf.h>
#include <mm/hotplug/offered.h>
#include <tests/harness/run.h>

/* Aligned to 1 GiB if the range allows it: tests compare counts that depend on alignment. */
static bool carve(u64 start, u64 len, u64 want, u64 *pa)
{
	u64 unit = layout.block_bytes;
	u64 gib = align_up(start, max_u64(unit, GiB)), lo = align_up(start, unit);

	*pa = gib >= start && gib + want <= start + len ? gib : lo;
	return *pa >= start && *pa + want <= start + len;
}

/* at= sets the address that tests use, so that `reproduce` uses the same memory. */
static bool at_argument(u64 want, paddr_t *pa)
{
	u64 start, len;

	if (!arg_given(&boot_args, ARG_AT))
		return false;
	return parse_range(arg_text(&boot_args, ARG_AT), &start, &len, NULL) == 0 &&
	       carve(start, len, want, pa);
}

bool test_range(struct test_run *t, u64 blocks, paddr_t *pa, u64 *len, unsigned *node)
{
	u64 start, have, want = blocks * layout.block_bytes, at;
	bool placed = at_argument(want, &at);
	struct source_pos pos = { 0 };
	char text[24];

	*len = want;
	while (next_addable(&pos, &start, &have, node)) {
		if (placed && (at < start || at + want > start + have))
			continue;
		if (placed)
			*pa = at;
		if (placed || carve(start, have, want, pa))
			return true;
	}
	if (placed) {
		test_skip(t, "at=%s is not withheld memory", arg_text(&boot_args, ARG_AT));
		return false;
	}
	test_skip(t, "needs %lu withheld blocks of %s side by side", blocks,
		  size_text(layout.block_bytes, text));
	return false;
}

const struct memmap_scheme *test_memmap(struct test_run *t, const char *name)
{
	struct why why = { 0 };
	const struct memmap_scheme *scheme = memmap_scheme_find(name, &why);

	if (!scheme)
		test_fail(t, __FILE__, __LINE__, "%s", why.text);
	return scheme;
}
