/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/nfit.c - any bytes as an NFIT or as the result of _FIT: the ranges found are
 * not empty, do not wrap and do not overlap; each fault is reported once.
 */
#include <drivers/acpi/nfit.h>
#include <stdlib.h>
#include <string.h>

static unsigned said;

static void log_line(const char *sentence)
{
	if (!sentence[0])
		abort();
	said++;
}

static void check(const struct nfit *n)
{
	if (n->nr > NFIT_RANGES || n->bad != said)
		abort();
	for (unsigned i = 0; i < n->nr; i++) {
		const struct nfit_range *a = &n->range[i];

		if (!a->len || a->pa + a->len < a->pa || !nfit_lists(n, a->pa, a->len))
			abort();
		for (unsigned k = 0; k < i; k++)
			if (a->pa < n->range[k].pa + n->range[k].len &&
			    n->range[k].pa < a->pa + a->len)
				abort();
	}
}

/* The allocation ends where the bytes do, so a read beyond them is detected. */
static void read_copy(const u8 *data, size_t size, void (*read)(struct nfit *, const u8 *, u64))
{
	struct nfit n = { .log = log_line };
	u8 *copy = malloc(size ? size : 1);

	if (size)
		memcpy(copy, data, size);
	said = 0;
	read(&n, copy, size);
	check(&n);
	free(copy);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	read_copy(data, size, nfit_read_table);
	read_copy(data, size, nfit_read);
	return 0;
}
