/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/devmem_fixture.c - device ranges for tests; see tests/harness/devmem_fixture.h. */
#include <lib/string.h>
#include <tests/harness/devmem_fixture.h>

const char *const devrange_names[] = {
	"host", "device", "host-min", "device-min", "host-1G", NULL
};
const char *const devrange_compound_names[] = { "host-min", "device-min", "host-1G", NULL };
const char *const devrange_min_names[] = { "host-min", "device-min", NULL };

static u64 compound_of(const char *dash)
{
	if (!dash)
		return 0;
	return strcmp(dash, "-1G") ? devmem_compound_min() : GiB;
}

bool devrange_get(struct test_run *t, struct devrange *d)
{
	const char *dash = strchr(t->param, '-');
	char memmap[16] = { 0 };
	u64 compound = compound_of(dash);

	memset(d, 0, sizeof(*d));
	memcpy(memmap, t->param, dash ? (size_t)(dash - t->param) : strlen(t->param));
	if (!range_get(t, &d->r, max_u64(compound / layout.block_bytes, 1), memmap))
		return false;
	d->t = t;
	d->opts = (struct devmem_opts) { .memmap = d->r.opts.memmap, .compound = compound };
	if (is_aligned(d->r.pa, max_u64(compound, 1)))
		return true;
	test_skip(t, "no withheld memory is aligned to a compound");
	return false;
}

bool devrange_claim(struct devrange *d)
{
	struct why why = { 0 };

	return CHECK_OK(d->t, devmem_claim(d->r.pa, d->r.len, d->r.node, &d->opts, &why), &why);
}

bool devrange_mode(struct devrange *d, enum devmem_mode mode)
{
	struct why why = { 0 };

	return CHECK_OK(d->t, devmem_set_mode(d->r.pa, d->r.len, mode, &d->r.report, &why), &why);
}

bool devrange_up(struct devrange *d)
{
	return devrange_claim(d) && devrange_mode(d, DEVMEM_DAX);
}

bool devrange_release(struct devrange *d)
{
	struct why why = { 0 };

	return CHECK_OK(d->t, devmem_release(d->r.pa, d->r.len, &why), &why);
}

void devrange_reset(struct devrange *d)
{
	hotplug_offline(d->r.pa, d->r.len, NULL, NULL);
	devmem_remove(d->r.pa, d->r.len, NULL, NULL);
}
