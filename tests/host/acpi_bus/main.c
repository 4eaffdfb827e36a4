/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi_bus/main.c - a simulated AML namespace of a few devices. */
#include "bus.h"
#include <drivers/acpi/tables.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct bus_device bus[8];
unsigned bus_nr, granted_bytes, osc_calls, blocks;
char said[300], called[200];
const char *methods = "";
int method_code;
u8 granted[16];

/* ---- AML ---- */
void aml_each(const char *hid, void (*fn)(acpi_handle, void *arg), void *arg)
{
	for (unsigned i = 0; i < bus_nr; i++)
		if (!strcmp(bus[i].hid, hid))
			fn(&bus[i], arg);
}

static int method(const char *name, const u64 *args, unsigned nr, struct why *why)
{
	size_t at = strlen(called);
	char word[16];

	snprintf(word, sizeof(word), "%s ", name);
	if (!strstr(methods, word))
		return -ENOENT;
	snprintf(called + at, sizeof(called) - at, nr ? "%s(%lu) " : "%s ", name, nr ? *args : 0);
	return method_code ? refuse(why, -method_code, "%s fails", name) : 0;
}

int aml_call(acpi_handle h, const char *name, const u64 *args, unsigned nr, u64 *value,
	     struct why *why)
{
	const struct bus_device *d = h;

	WANT(d >= bus && d < bus + bus_nr && nr <= 1);
	if (!strcmp(name, "_SEG") || !strcmp(name, "_BBN")) {
		u64 is = name[1] == 'S' ? d->seg : d->bbn;

		*value = is ? is : *value; /* 0: the bridge has no such method */
		return is ? 0 : -ENOENT;
	}
	return method(name, args, nr, why);
}

int aml_resources(acpi_handle h, void (*fn)(const struct acpi_resource *, void *arg), void *arg,
		  struct why *why)
{
	const struct bus_device *d = h;

	for (unsigned i = 0; i < d->nr; i++)
		fn(d->crs[i], arg);
	return d->crs_code == -ENOENT || !d->crs_code ? d->crs_code
						      : refuse(why, -d->crs_code, "_CRS fails");
}

int aml_buffer_with(acpi_handle h, const char *name, union acpi_object *args, unsigned nr,
		    void (*fn)(const u8 *, u64 len, void *arg), void *arg, struct why *why)
{
	static const u8 uuid[] = { 0x5b, 0x4d, 0xdb, 0x33, 0xf7, 0x1f, 0x1c, 0x40,
				   0x96, 0x57, 0x74, 0x41, 0xc0, 0x3d, 0xd7, 0x66 };
	u32 words[3];

	WANT(!strcmp(name, "_OSC") && nr == 4 && args[0].type == ACPI_TYPE_BUFFER);
	WANT(args[0].buffer.length == 16 && !memcmp(args[0].buffer.pointer, uuid, 16));
	WANT(args[1].integer.value == 1 && args[2].integer.value == 3);
	WANT(args[3].type == ACPI_TYPE_BUFFER && args[3].buffer.length == 12);
	memcpy(words, args[3].buffer.pointer, 12);
	WANT(!words[0] && words[1] == 0x19 && words[2] == 0x11); /* not a query */
	osc_calls++;
	if (!granted_bytes)
		return -ENOENT;
	fn(granted, granted_bytes, arg);
	return 0;
}

acpi_status acpi_resource_to_address64(struct acpi_resource *r, struct acpi_resource_address64 *out)
{
	if (r->type != ACPI_RESOURCE_TYPE_ADDRESS64)
		return AE_BAD_PARAMETER;
	*out = r->data.address64;
	return AE_OK;
}

void *acpi_os_allocate(acpi_size size)
{
	blocks++;
	return malloc(size);
}

void acpi_os_free(void *p)
{
	blocks -= p != NULL;
	free(p);
}

u32 table_u32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

/* ---- messages ---- */
void kprintf(const char *fmt, ...)
{
	size_t at = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + at, sizeof(said) - at, fmt, ap);
	va_end(ap);
	for (char *p = said + at; *p; p++)
		*p = *p == '\n' ? '|' : *p;
}

static bool same(char *is, const char *wanted)
{
	bool right = !strcmp(is, wanted);

	if (!right)
		printf("# \"%s\", wanted \"%s\"\n", is, wanted);
	is[0] = 0;
	return right;
}

bool is_said(const char *wanted)
{
	return same(said, wanted);
}

bool were_called(const char *wanted)
{
	return same(called, wanted);
}

/* ---- devices ---- */
void bus_begin(void)
{
	for (unsigned i = 0; i < bus_nr; i++)
		for (unsigned k = 0; k < bus[i].nr; k++)
			free(bus[i].crs[k]);
	memset(bus, 0, sizeof(bus));
	bus_nr = granted_bytes = osc_calls = 0;
	said[0] = called[0] = 0;
	methods = "";
	method_code = 0;
}

struct bus_device *bus_add(const char *hid)
{
	bus[bus_nr].hid = hid;
	return &bus[bus_nr++];
}

struct acpi_resource *bus_resource(struct bus_device *d, u32 type)
{
	struct acpi_resource *r = calloc(1, sizeof(*r) + RESOURCES * 4);

	r->type = type;
	d->crs[d->nr++] = r;
	return r;
}

int main(void)
{
	ged_tests();
	root_tests();
	template_tests();
	printf("acpi_bus: %u not so\n", want_failed);
	return want_failed != 0;
}
