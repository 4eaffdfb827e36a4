/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_bus/template.c - drivers/acpi/template.c: the parts of a resource template that
 * are passed to ACPICA (ACPI 6.5, 6.4): the fixed parts of descriptors of memory and of interrupts.
 */
#include "bus.h"
#include <drivers/acpi/template.h>
#include <stdlib.h>

static u8 seen[300];
static u16 seen_bytes;
static unsigned passed, conversions;
static bool cannot;

acpi_status acpi_buffer_to_resource(u8 *aml, u16 len, struct acpi_resource **out)
{
	struct acpi_resource *r = acpi_os_allocate(3 * 64);

	conversions++;
	memcpy(seen, aml, len < sizeof(seen) ? len : sizeof(seen));
	seen_bytes = len;
	if (cannot) {
		acpi_os_free(r);
		return AE_NO_MEMORY;
	}
	memset(r, 0, 3 * 64);
	*out = r;
	r->type = ACPI_RESOURCE_TYPE_MEMORY32;
	r->length = 64;
	r = (void *)((u8 *)r + 64);
	r->type = ACPI_RESOURCE_TYPE_FIXED_MEMORY32;
	r->length = 64;
	r = (void *)((u8 *)r + 64);
	r->type = ACPI_RESOURCE_TYPE_END_TAG;
	r->length = 16;
	return AE_OK;
}

const char *acpi_format_exception(acpi_status s)
{
	return "AE_NO_MEMORY";
}

static void pass(const struct acpi_resource *r, void *arg)
{
	WANT(arg == &passed &&
	     r->type == (passed ? ACPI_RESOURCE_TYPE_FIXED_MEMORY32 : ACPI_RESOURCE_TYPE_MEMORY32));
	passed++;
}

/* The bytes end at the end of their allocation. */
static int each(const u8 *aml, u64 len, struct why *why)
{
	u8 *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, aml, len);
	passed = conversions = blocks = 0;
	*why = (struct why) { 0 };
	err = template_each(copy, len, pass, &passed, why);
	free(copy);
	WANT(!blocks && err == why->code && passed == (err ? 0 : 2));
	return err;
}

/* A large descriptor of type `tag`; `bytes`: its length, with the header. */
static unsigned large(u8 *to, u8 tag, unsigned bytes)
{
	memset(to, 0x33, bytes);
	to[0] = tag;
	to[1] = (u8)(bytes - 3);
	to[2] = (u8)((bytes - 3) >> 8);
	return bytes;
}

static bool is_seen(const u8 *first, unsigned bytes)
{
	return seen_bytes == bytes + 2 && !memcmp(seen, first, bytes) && seen[bytes] == 0x79 &&
	       !seen[bytes + 1];
}

static void fixed_parts(void)
{
	static const struct {
		u8 tag, bytes;
	} rows[] = {
		{ 0x81, 12 }, { 0x85, 20 }, { 0x86, 12 }, { 0x87, 26 },
		{ 0x88, 16 }, { 0x8a, 46 }, { 0x8b, 56 },
	};
	u8 aml[80], wanted[80];
	struct why why;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned more = 0; more < 3; more++) {
			unsigned len = large(aml, rows[i].tag, rows[i].bytes + more);

			aml[len] = 0x79;
			aml[len + 1] = 0x55;
			large(wanted, rows[i].tag, rows[i].bytes);
			WANT(each(aml, len + 2, &why) == 0 && is_seen(wanted, rows[i].bytes));
			len = large(aml, rows[i].tag, rows[i].bytes - 1);
			aml[len] = 0x79;
			WANT(each(aml, len + 2, &why) == -EINVAL && !conversions);
		}
}

/* Interrupts: a flag byte, a count, and four bytes for each. */
static void interrupts(void)
{
	u8 aml[80], wanted[80];
	struct why why;

	large(aml, 0x89, 4); /* its count is past the end */
	WANT(each(aml, 4, &why) == -EINVAL && !conversions);
	for (unsigned n = 0; n < 5; n++)
		for (unsigned len = 4; len <= 5 + 4 * n + 2; len++) {
			large(aml, 0x89, len);
			aml[4] = len > 4 ? (u8)n : 0x79;
			aml[len] = 0x79;
			large(wanted, 0x89, 5 + 4 * n);
			wanted[4] = (u8)n;
			WANT(each(aml, len + 2, &why) == (len < 5 + 4 * n ? -EINVAL : 0));
			WANT(len < 5 + 4 * n || is_seen(wanted, 5 + 4 * n));
		}
}

/* Other descriptors are skipped by their length; the list ends at its end tag. */
static void others(void)
{
	u8 aml[60], wanted[12];
	struct why why;
	unsigned at;

	for (unsigned small = 0; small < 8; small++) {
		aml[0] = (u8)(0x20 | small);
		memset(aml + 1, 0x77, small);
		at = 1 + small;
		at += large(aml + at, 0x8e, 11);
		at += large(aml + at, 0x86, 12);
		aml[at] = 0x79;
		aml[at + 1] = 0;
		aml[at + 2] = 0x86; /* past the end */
		large(wanted, 0x86, 12);
		WANT(each(aml, at + 3, &why) == 0 && is_seen(wanted, 12));
		WANT(each(aml, at + 2, &why) == 0 && is_seen(wanted, 12));
		for (unsigned cut = 0; cut < at + 2; cut++) {
			WANT(each(aml, cut, &why) == -EINVAL && !conversions);
			WANT(strstr(why.text, "bytes is cut off"));
		}
	}
}

/* A descriptor of 300 bytes: its length uses both bytes of the field. */
static void long_ones(void)
{
	static u8 aml[0x10010];
	struct why why;
	unsigned at = large(aml, 0x8e, 300);

	aml[at] = 0x79;
	WANT(each(aml, at + 2, &why) == 0 && seen_bytes == 2);
	at = large(aml, 0x86, 300); /* a fixed part of 12 bytes, and a text after it */
	aml[at] = 0x79;
	WANT(each(aml, at + 2, &why) == 0 && seen_bytes == 14 && seen[1] == 9 && !seen[2]);
	at = large(aml, 0x89, 5 + 4 * 70);
	aml[4] = 70;
	aml[at] = 0x79;
	WANT(each(aml, at + 2, &why) == 0 && seen_bytes == at + 2 && seen[2] == 1);
	at = large(aml, 0x8e, 0xfffd);
	aml[at] = 0x79;
	WANT(each(aml, 0xffff, &why) == 0 && seen_bytes == 2);
	WANT(each(aml, 0x10000, &why) == -EINVAL);
	WANT_TEXT(why.text, "a resource template of 65536 bytes is cut off");
	cannot = true;
	WANT(each(aml, 0xffff, &why) == -EINVAL && conversions == 1);
	WANT_TEXT(why.text, "a resource template: AE_NO_MEMORY");
	cannot = false;
}

void template_tests(void)
{
	fixed_parts();
	interrupts();
	others();
	long_ones();
}
