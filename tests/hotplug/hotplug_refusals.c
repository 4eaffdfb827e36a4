/* SPDX-License-Identifier: BSD-2-Clause */
/* V-08, S0-38, S0-19: every refusal has a code and a sentence, and changes nothing. */
#include <lib/string.h>
#include <mm/page/region.h>
#include <tests/harness/util.h>

/* `says`: a part that the sentence must contain. */
static void hotplug_refused(struct test_run *t, int got, int code, const struct why *why,
			    const char *what, const char *says)
{
	if (got != -code)
		test_fail(t, __FILE__, __LINE__, "%s: %s, wanted %s", what, err_name(got),
			  err_name(-code));
	else if (!strstr(why->text, says))
		test_fail(t, __FILE__, __LINE__, "%s: '%s' does not contain '%s'", what, why->text,
			  says);
}

TEST(hotplug, refuse_matrix,
     .claim = "misaligned, empty, wrapping, overlapping, unmappable and absent ranges change "
	      "nothing",
     .rows = "V-08 S0-19 S1-45", .identity = true, .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;
	paddr_t base;
	u64 span, block = layout.block_bytes;

	if (!range_get(t, &r, 1, "block"))
		return;
	layout_mappable(&base, &span);
	hotplug_refused(t, hotplug_add(r.pa + page_size(), block, r.node, &r.opts, NULL, &why),
			EINVAL, &why, "misaligned start", "whole blocks");
	hotplug_refused(t, hotplug_add(r.pa, block / 2, r.node, &r.opts, NULL, &why), EINVAL, &why,
			"half a block", "whole blocks");
	hotplug_refused(t, hotplug_add(r.pa, 0, r.node, &r.opts, NULL, &why), EINVAL, &why, "empty",
			"is empty");
	hotplug_refused(t, hotplug_add(-block, 2 * block, r.node, &r.opts, NULL, &why), EINVAL,
			&why, "wrapping", "wraps");
	hotplug_refused(t, hotplug_add(base + span, block, r.node, &r.opts, NULL, &why), ERANGE,
			&why, "beyond the linear map", "beyond what the linear map");
	hotplug_refused(t, hotplug_add(base + span - block, block, r.node, &r.opts, NULL, &why),
			ENXIO, &why, "no memory there", "no memory is withheld");
	hotplug_refused(t, hotplug_add(boot_ram(block), block, 0, &r.opts, NULL, &why), EEXIST,
			&why, "boot memory", "boot memory");
	hotplug_refused(t, hotplug_online(r.pa, block, ZONE_MOVABLE, NULL, &why), ENXIO, &why,
			"online of absent", "is not there");
	hotplug_refused(t, hotplug_offline(r.pa, block, NULL, &why), ENXIO, &why,
			"offline of absent", "is not there");
	hotplug_refused(t, hotplug_remove(r.pa, block, &r.opts, NULL, &why), ENXIO, &why,
			"remove of absent", "is not there");
}

/* Only the second of two blocks is wrong, so a check of the first alone would succeed. */
TEST(hotplug, refuse_second,
     .claim = "a range whose second block is not withheld, partly withheld or reserved is refused",
     .rows = "V-08 S1-45", .identity = true, .needs = NEED_RANGE)
{
	u64 block = layout.block_bytes;
	struct why why = { 0 };
	struct range r, part;

	if (!range_get(t, &r, 2, "block"))
		return;
	part = r;
	part.pa += block;
	part.len = block;
	CHECK_EQ(t, range_known(&part, false), 0);
	hotplug_refused(t, hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why), ENXIO, &why,
			"second block is not there", "no memory is withheld");
	part.len = block - page_size();
	CHECK_EQ(t, range_known(&part, true), 0);
	hotplug_refused(t, hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why), ENXIO, &why,
			"last page of it is not there", "or only in part of it");
	part.pa += part.len;
	part.len = page_size();
	CHECK_EQ(t, range_known(&part, true), 0);
	CHECK_EQ(t, region_add(part.pa, part.len, MEM_RESERVED, r.node, NULL), 0);
	hotplug_refused(t, hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why), EEXIST, &why,
			"last page of it is reserved", "which is reserved");
	CHECK_EQ(t, region_remove(part.pa, part.len, MEM_RESERVED, NULL), 0);
}

TEST(hotplug, wrong_state,
     .claim = "online twice, remove while online, add twice: refused, unchanged",
     .rows = "B-12 S1-17", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r) ||
	    !range_online(t, &r, ZONE_MOVABLE))
		return;
	digest_take(&before);
	hotplug_refused(t, hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why), EEXIST, &why,
			"add twice", "overlaps block");
	hotplug_refused(t, hotplug_online(r.pa, r.len, ZONE_MOVABLE, NULL, &why), EBUSY, &why,
			"online twice", "is online");
	hotplug_refused(t, hotplug_remove(r.pa, r.len, &r.opts, NULL, &why), EBUSY, &why,
			"remove while online", "is online");
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	range_offline(t, &r);
	range_remove(t, &r);
	range_reset(&r);
}

TEST(hotplug, remove_boot_refused, .claim = "boot memory is never offlined or removed",
     .rows = "S0-38 X-02 L-02", .identity = true)
{
	struct why why = { 0 };
	u64 block = layout.block_bytes;
	paddr_t pa = boot_ram(block);

	hotplug_refused(t, hotplug_offline(pa, block, NULL, &why), EPERM, &why, "offline",
			"boot memory");
	hotplug_refused(t, hotplug_remove(pa, block, NULL, NULL, &why), EPERM, &why, "remove",
			"boot memory");
}
