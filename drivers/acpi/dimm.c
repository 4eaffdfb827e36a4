/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/acpi/dimm.c - memory devices; see dimm.h. */
#include <arch/arch.h>
#include <drivers/acpi/dimm.h>

enum { STA_PRESENT = 1, STA_ENABLED = 2, STA_WORKING = 8 }; /* _STA (6.3.7) */

/* State of one dimm_look().  `why`: the first fault in the resources. */
struct dimm_reading {
	struct dimm_look *look;
	acpi_handle handle;
	struct why why;
};

/* Does the range overlap another range of the same device?  The core refuses overlaps between
 * devices. */
static bool overlaps(const struct dimm_look *l, u64 pa, u64 len)
{
	for (unsigned i = 0; i < l->nr; i++)
		if (pa < l->range[i].pa + l->range[i].len && l->range[i].pa < pa + len)
			return true;
	return false;
}

/* Add [pa, last], an inclusive range as in AML, to the device's ranges, or record the fault. */
static void dimm_add_range(struct dimm_reading *r, u64 pa, u64 last)
{
	struct dimm_look *l = r->look;
	u64 len = last - pa + 1;
	char path[AML_PATH];
	const char *wrong = NULL;

	if (last < pa || !len)
		wrong = "is empty or wraps";
	else if (last >> arch_pa_bits())
		wrong = "is beyond physical memory";
	else if (overlaps(l, pa, len))
		wrong = "overlaps another of its ranges";
	else if (l->nr == DIMM_RANGES)
		wrong = "is one range too many";
	if (wrong) {
		refuse(&r->why, EINVAL, "acpi: %s: 0x%lx..0x%lx %s", aml_path(r->handle, path), pa,
		       last, wrong);
		return;
	}
	l->range[l->nr].pa = pa;
	l->range[l->nr++].len = len;
}

/* Callback of aml_resources(): QWord, DWord and Word address descriptors of memory, and the two
 * 32-bit descriptors of fixed form; other resources are ignored. */
static void dimm_resource(const struct acpi_resource *res, void *arg)
{
	struct acpi_resource_address64 a;
	struct dimm_reading *r = arg;

	if (r->why.code)
		return;
	if (res->type == ACPI_RESOURCE_TYPE_FIXED_MEMORY32) {
		u64 pa = res->data.fixed_memory32.address;

		dimm_add_range(r, pa, pa + res->data.fixed_memory32.address_length - 1);
	} else if (res->type == ACPI_RESOURCE_TYPE_MEMORY32) {
		dimm_add_range(r, res->data.memory32.minimum, res->data.memory32.maximum);
	} else if (ACPI_SUCCESS(acpi_resource_to_address64((struct acpi_resource *)res, &a)) &&
		   a.resource_type == ACPI_MEMORY_RANGE) {
		dimm_add_range(r, a.address.minimum, a.address.maximum);
	}
}

/* Evaluate _STA, which is optional. */
static int status(acpi_handle h, u64 *sta, struct why *why)
{
	int err = aml_call(h, METHOD_NAME__STA, NULL, 0, sta, why);

	if (err != -ENOENT)
		return err;
	*sta = STA_PRESENT | STA_ENABLED | STA_WORKING; /* no _STA: present (6.3.7) */
	return 0;
}

/* A device counts as present only when it is also enabled and functioning. */
static bool is_present(u64 sta)
{
	const u64 all = STA_PRESENT | STA_ENABLED | STA_WORKING;

	return (sta & all) == all;
}

/* Evaluate _STA first: other methods of an absent device may return nonsense.  If one range is
 * faulty the device is refused with all its ranges: the others may be wrong as well. */
int dimm_look(acpi_handle h, struct dimm_look *l, struct why *why)
{
	struct dimm_reading r = { l, h, { 0 } };
	char path[AML_PATH];
	u64 sta, pxm;
	int err;

	*l = (struct dimm_look) { .proximity = DIMM_NO_NODE };
	err = status(h, &sta, why);
	if (err || !is_present(sta))
		return err;
	err = aml_resources(h, dimm_resource, &r, why);
	if (err && err != -ENOENT)
		return err;
	if (r.why.code)
		return refuse(why, -r.why.code, "%s", r.why.text);
	if (!l->nr)
		return refuse(why, EINVAL, "acpi: %s is present and has no memory in its _CRS",
			      aml_path(h, path));
	l->present = true;
	err = aml_call(h, "_PXM", NULL, 0, &pxm, why);
	if (!err)
		l->proximity = (u32)pxm;
	return err == -ENOENT ? 0 : err;
}

/* _OST takes an event, a status and a buffer with details. */
int dimm_ost(acpi_handle h, u32 event, u32 code, struct why *why)
{
	union acpi_object args[] = {
		{ .integer = { ACPI_TYPE_INTEGER, event } },
		{ .integer = { ACPI_TYPE_INTEGER, code } },
		{ .buffer = { ACPI_TYPE_BUFFER, 0, NULL } }, /* no details */
	};
	int err = aml_call_with(h, "_OST", args, ARRAY_SIZE(args), NULL, why);

	return err == -ENOENT ? 0 : err;
}

/* _EJ0 has no return value, so _STA is evaluated again: the memory is released only if the device
 * is no longer present. */
int dimm_eject(acpi_handle h, struct why *why)
{
	const u64 one = 1;
	char path[AML_PATH];
	u64 sta;
	int err = aml_call(h, "_EJ0", &one, 1, NULL, why);

	if (err == -ENOENT)
		return refuse(why, EOPNOTSUPP, "acpi: %s cannot be ejected: it has no _EJ0",
			      aml_path(h, path));
	if (!err)
		err = status(h, &sta, why);
	if (!err && is_present(sta))
		err = refuse(why, EEXIST, "acpi: %s is still there after _EJ0", aml_path(h, path));
	return err;
}
