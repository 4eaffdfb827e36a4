/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_devices/look.c - drivers/acpi/dimm.c: _STA, _CRS and _PXM of a memory device, the
 * ranges that are refused, and its ejection (ACPI 6.5, 6.3 and 9.11).
 */
#include "fake.h"
#include <drivers/acpi/dimm.h>

#define MEGA128 0x8000000ul

static struct dimm_look look;
static struct why why;

static int looked(void)
{
	why = (struct why) { 0 };
	return dimm_look(&devices[0], &look, &why);
}

static struct acpi_resource *resource(u32 type)
{
	struct acpi_resource *r = &devices[0].crs[devices[0].nr++];

	memset(r, 0, sizeof(*r));
	r->type = type;
	return r;
}

static void wide(u64 first, u64 last, u8 of)
{
	struct acpi_resource *r = resource(ACPI_RESOURCE_TYPE_ADDRESS64);

	r->data.address64.resource_type = of;
	r->data.address64.address.minimum = first;
	r->data.address64.address.maximum = last;
}

static void device(void)
{
	fake_begin();
	acpi_source_start(0x7000, NULL); /* AML runs */
	devices_nr = 1;
	devices[0].sta = HERE;
	devices[0].pxm = 5;
}

/* ---- ranges ---- */
static void ranges(void)
{
	static const struct {
		u64 first, last;
		const char *wrong; /* NULL: accepted */
	} rows[] = {
		{ 0, MEGA128 - 1, NULL }, /* address 0 is RAM on several boards */
		{ MEGA128, 2 * MEGA128 - 1, NULL },
		{ MEGA128, MEGA128, NULL }, /* one byte: the core refuses it */
		{ (1ul << 40) - MEGA128, (1ul << 40) - 1, NULL },
		{ MEGA128, MEGA128 - 1, "is empty or wraps" },
		{ MEGA128, MEGA128 - 2, "is empty or wraps" },
		{ 0, ~0ul, "is empty or wraps" },
		{ MEGA128, 0, "is empty or wraps" },
		{ MEGA128, 1ul << 40, "is beyond physical memory" },
		{ 1ul << 40, (1ul << 40) + MEGA128 - 1, "is beyond physical memory" },
	};
	char wanted[120];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		device();
		wide(rows[i].first, rows[i].last, ACPI_MEMORY_RANGE);
		WANT(looked() == (rows[i].wrong ? -EINVAL : 0) && look.present == !rows[i].wrong);
		if (!rows[i].wrong)
			WANT(look.nr == 1 && look.range[0].pa == rows[i].first &&
			     look.range[0].len == rows[i].last - rows[i].first + 1);
		snprintf(wanted, sizeof(wanted), "acpi: MEM0: 0x%lx..0x%lx %s", rows[i].first,
			 rows[i].last, rows[i].wrong ? rows[i].wrong : "");
		if (rows[i].wrong)
			WANT_TEXT(why.text, wanted);
	}
}

/* A second range adjacent to, inside or around the first one, which is [2, 4) in units of 128 MiB.
 */
static void overlaps(void)
{
	static const struct {
		u64 first, last;
		bool apart;
	} rows[] = {
		{ 0, 2 * MEGA128 - 1, true },
		{ 4 * MEGA128, 5 * MEGA128 - 1, true },
		{ 0, 2 * MEGA128, false },
		{ 4 * MEGA128 - 1, 5 * MEGA128, false },
		{ 2 * MEGA128, 4 * MEGA128 - 1, false },
		{ 3 * MEGA128, 3 * MEGA128, false },
		{ 0, 9 * MEGA128, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		device();
		wide(20 * MEGA128, 21 * MEGA128 - 1, ACPI_MEMORY_RANGE);
		wide(2 * MEGA128, 4 * MEGA128 - 1, ACPI_MEMORY_RANGE);
		wide(rows[i].first, rows[i].last, ACPI_MEMORY_RANGE);
		WANT(looked() == (rows[i].apart ? 0 : -EINVAL));
		WANT(rows[i].apart ? look.nr == 3
				   : strstr(why.text, "overlaps another of its ranges") != NULL);
	}
}

static void many(void)
{
	for (unsigned n = 3; n <= 6; n++) {
		device();
		for (unsigned i = 0; i < n; i++)
			wide(2 * i * MEGA128, (2 * i + 1) * MEGA128 - 1, ACPI_MEMORY_RANGE);
		WANT(looked() == (n > DIMM_RANGES ? -EINVAL : 0));
		WANT(n > DIMM_RANGES || look.nr == n);
		if (n > DIMM_RANGES) /* the first fault decides */
			WANT_TEXT(why.text,
				  "acpi: MEM0: 0x40000000..0x47ffffff is one range too many");
	}
}

/* Three kinds of descriptors define memory ranges; others are ignored. */
static void descriptors(void)
{
	struct acpi_resource *r;

	device();
	wide(0x1000, 0x1fff, ACPI_IO_RANGE);
	resource(ACPI_RESOURCE_TYPE_IRQ);
	r = resource(ACPI_RESOURCE_TYPE_FIXED_MEMORY32);
	r->data.fixed_memory32.address = 0x10000000;
	r->data.fixed_memory32.address_length = 0x8000000;
	r = resource(ACPI_RESOURCE_TYPE_MEMORY32);
	r->data.memory32.minimum = 0x20000000;
	r->data.memory32.maximum = 0x3fffffff;
	WANT(looked() == 0 && look.nr == 2 && look.proximity == 5);
	WANT(look.range[0].pa == 0x10000000 && look.range[0].len == 0x8000000);
	WANT(look.range[1].pa == 0x20000000 && look.range[1].len == 0x20000000);
}

/* ---- states ---- */
static void states(void)
{
	for (u64 sta = 0; sta < 32; sta++) {
		bool there = (sta & 1) && (sta & 2) && (sta & 8);

		device();
		wide(0, MEGA128 - 1, ACPI_MEMORY_RANGE);
		devices[0].sta = sta;
		look.nr = 7;
		look.present = true;
		WANT(looked() == 0 && look.present == there && look.nr == there);
	}
	device();
	wide(0, MEGA128 - 1, ACPI_MEMORY_RANGE);
	devices[0].sta_code = -ENOENT; /* without _STA it is present */
	WANT(looked() == 0 && look.present);
	devices[0].sta_code = -EIO;
	WANT(looked() == -EIO && !look.present);
	WANT_TEXT(why.text, "_STA fails");
}

static void methods(void)
{
	device();
	WANT(looked() == -EINVAL);
	WANT_TEXT(why.text, "acpi: MEM0 is present and has no memory in its _CRS");
	devices[0].crs_code = -ENOENT;
	WANT(looked() == -EINVAL && strstr(why.text, "no memory in its _CRS"));
	wide(0, MEGA128 - 1, ACPI_MEMORY_RANGE);
	devices[0].crs_code = -EIO;
	WANT(looked() == -EIO && !look.present);
	devices[0].crs_code = 0;
	devices[0].pxm_code = -ENOENT;
	WANT(looked() == 0 && look.present && look.proximity == DIMM_NO_NODE);
	devices[0].pxm_code = -EIO;
	WANT(looked() == -EIO);
	WANT_TEXT(why.text, "_PXM fails");
}

/* ---- requests to firmware ---- */
static void tells(void)
{
	device();
	WANT(dimm_ost(&devices[0], OST_EJECT, OST_EJECT_BUSY, &why) == 0 && osts_are(0, "3:82 "));
	devices[0].ost_code = -ENOENT;
	WANT(dimm_ost(&devices[0], 1, 0, &why) == 0);
	devices[0].ost_code = -EIO;
	WANT(dimm_ost(&devices[0], 1, 0, &why) == -EIO);
}

static void ejects(void)
{
	device();
	WANT(dimm_eject(&devices[0], &why) == 0 && devices[0].ej0 == 1);
	devices[0].sta = HERE;
	devices[0].stays = true;
	WANT(dimm_eject(&devices[0], &why) == -EEXIST);
	WANT_TEXT(why.text, "acpi: MEM0 is still there after _EJ0");
	devices[0].sta_code = -EIO;
	WANT(dimm_eject(&devices[0], &why) == -EIO);
	devices[0].sta_code = 0;
	devices[0].ej0_code = -EIO;
	devices[0].sta_calls = 0;
	WANT(dimm_eject(&devices[0], &why) == -EIO && !devices[0].sta_calls);
	devices[0].ej0_code = -ENOENT;
	WANT(dimm_eject(&devices[0], &why) == -EOPNOTSUPP);
	WANT_TEXT(why.text, "acpi: MEM0 cannot be ejected: it has no _EJ0");
}

void look_tests(void)
{
	ranges();
	overlaps();
	many();
	descriptors();
	states();
	methods();
	tells();
	ejects();
}
