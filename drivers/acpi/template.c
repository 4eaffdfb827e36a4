/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/acpi/template.c - checks resource templates for ACPICA; see template.h. */
#include <drivers/acpi/template.h>
#include <lib/string.h>

#define LARGE 0x80
#define END_TAG 0x79 /* small item 15 with a checksum of one byte */
#define END_BYTES 2
#define INTERRUPTS 0x89
#define TEMPLATE_MAX 0xffff

/* Length of the descriptor at p with its header; 0 if it exceeds `left`. */
static u64 descriptor(const u8 *p, u64 left)
{
	u64 len;

	if (!(p[0] & LARGE))
		len = 1 + (p[0] & 7);
	else if (left < 3)
		return 0;
	else
		len = 3 + (p[1] | (u64)p[2] << 8);
	return len <= left ? len : 0;
}

/* Length of the fixed part of descriptors of memory and of interrupts (with the interrupt numbers).
 * 0 for others: they contain offsets that ACPICA does not check, and no memory device or GED needs
 * them. */
static u64 fixed_part(const u8 *p, u64 len)
{
	static const struct {
		u8 tag, bytes;
	} known[] = {
		{ 0x81, 12 }, { 0x85, 20 }, { 0x86, 12 }, { 0x87, 26 },
		{ 0x88, 16 }, { 0x8a, 46 }, { 0x8b, 56 },
	};

	if (p[0] == INTERRUPTS)
		return len > 4 ? 5 + 4ul * p[4] : len + 1;
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (p[0] == known[i].tag)
			return known[i].bytes;
	return 0;
}

/* Copy the fixed parts of known descriptors and an end tag to `to`, with corrected lengths.
 * Returns the length, 0 if a descriptor is cut off.  An optional source name after a fixed part is
 * dropped: ACPICA does not check its length. */
static u64 copy_known(u8 *to, const u8 *aml, u64 len)
{
	u64 at = 0, put = 0, step, part;

	for (; at < len && aml[at] != END_TAG; at += step) {
		step = descriptor(aml + at, len - at);
		part = step ? fixed_part(aml + at, step) : 0;
		if (!step || part > step)
			return 0;
		memcpy(to + put, aml + at, part);
		if (part) {
			to[put + 1] = (u8)(part - 3);
			to[put + 2] = (u8)((part - 3) >> 8);
		}
		put += part;
	}
	if (at + END_BYTES > len)
		return 0;
	to[put] = END_TAG;
	to[put + 1] = 0; /* a checksum of 0 is not verified (6.4.2.9) */
	return put + END_BYTES;
}

/* Let ACPICA convert the checked descriptors; it appends its own end tag entry to the list. */
static int convert(u8 *known, u64 len, void (*fn)(const struct acpi_resource *, void *), void *arg,
		   struct why *why)
{
	struct acpi_resource *list, *r;
	acpi_status s = acpi_buffer_to_resource(known, (u16)len, &list);

	if (ACPI_FAILURE(s))
		return refuse(why, EINVAL, "a resource template: %s", acpi_format_exception(s));
	for (r = list; r->length && r->type != ACPI_RESOURCE_TYPE_END_TAG;
	     r = ACPI_NEXT_RESOURCE(r))
		fn(r, arg);
	ACPI_FREE(list);
	return 0;
}

int template_each(const u8 *aml, u64 len, void (*fn)(const struct acpi_resource *, void *),
		  void *arg, struct why *why)
{
	u8 *known = len > TEMPLATE_MAX ? NULL : acpi_os_allocate(len + END_BYTES);
	u64 good = known ? copy_known(known, aml, len) : 0;
	int err = good ? convert(known, good, fn, arg, why)
		       : refuse(why, EINVAL, "a resource template of %lu bytes is cut off", len);

	acpi_os_free(known);
	return err;
}
