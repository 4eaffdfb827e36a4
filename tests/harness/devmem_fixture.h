/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/devmem_fixture.h - a device range of withheld memory, by a parameter
 * SCHEME[-COMPOUND]; shared by the tests of mm/hotplug/devmem.h.
 */
#pragma once
#include <mm/hotplug/devmem.h>
#include <tests/harness/util.h>

struct devrange {
	struct test_run *t;
	struct range r; /* r.report: of the last change of mode */
	struct devmem_opts opts;
};

/* .params of devrange_get() */
extern const char *const devrange_names[];          /* every shape */
extern const char *const devrange_compound_names[]; /* those with compounds */
extern const char *const devrange_min_names[];      /* those with the smallest compounds */

/* "host", "device-min", "host-1G": memmap and compound, for one block or 1 GiB; or skip the
 * test. */
bool devrange_get(struct test_run *, struct devrange *);
/* Each checks success; false = the test already failed. */
bool devrange_claim(struct devrange *);
bool devrange_mode(struct devrange *, enum devmem_mode);
bool devrange_up(struct devrange *); /* claimed and DAX */
bool devrange_release(struct devrange *);
/* Remove it from whatever mode it is in; no check. */
void devrange_reset(struct devrange *);

static inline pfn_t devrange_pfn(const struct devrange *d)
{
	return d->r.pa >> page_shift();
}

static inline u64 devrange_compounds(const struct devrange *d)
{
	return d->opts.compound ? d->r.len / d->opts.compound : 0;
}

/* Number of pages that hold the struct pages of one compound. */
static inline u64 devrange_tails(const struct devrange *d)
{
	return memmap_bytes(d->opts.compound >> page_shift()) >> page_shift();
}
