/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/aml/calls.c - drivers/acpi/aml.h: arguments and results of a call, errors and their
 * sentences, its cost; buffers and resources are freed once; devices by their _HID.
 */
#include "interpreter.h"

#define DEVICE ((acpi_handle)2)
#define NAMELESS ((acpi_handle)3)

static int call(const char *name, unsigned nr, u64 *value, struct why *why)
{
	static const u64 args[5] = { 11, 22, 33, 44, 55 };

	*why = (struct why) { 0 };
	acpica.calls[0] = 0;
	return aml_call(DEVICE, name, args, nr, value, why);
}

static void arguments(void)
{
	struct why why;

	acpica_begin();
	for (unsigned nr = 0; nr <= 4; nr++) {
		u64 cost = aml_cost();

		WANT(!call("_EJ0", nr, NULL, &why) && !why.code);
		WANT_TEXT(acpica.calls, "begin evaluate ");
		WANT_TEXT(acpica.name, "_EJ0");
		WANT(acpica.handle == DEVICE && acpica.nr_args == nr && acpica.sound_args);
		WANT(acpica.had_list == (nr != 0) && !acpica.had_result);
		for (unsigned i = 0; i < nr; i++)
			WANT(acpica.args[i] == 11 * (i + 1));
		WANT(aml_cost() - cost == 1010); /* the evaluation and one read of the clock */
	}
	WANT(call("_OST", 5, NULL, &why) == -EINVAL);
	WANT_TEXT(acpica.calls, "");
	WANT_TEXT(why.text, "acpi: 5 arguments for _OST");
}

static void results(void)
{
	struct why why;
	u64 value = 3;

	acpica_begin();
	acpica.type = ACPI_TYPE_INTEGER;
	acpica.integer = 0x123456789a;
	WANT(!call("_STA", 1, &value, &why) && value == 0x123456789a && acpica.had_result);
	WANT(acpica.had_list && acpica.nr_args == 1);
	acpica.type = ACPI_TYPE_BUFFER;
	WANT(call("_STA", 0, &value, &why) == -EIO && value == 0x123456789a);
	WANT_TEXT(why.text, "acpi: \\_SB.DEV2._STA: AE_OTHER");
	WANT(!call("_STA", 0, NULL, &why)); /* the type of the value is not checked */
	acpica.failing = "evaluate";
	acpica.status = AE_NOT_FOUND;
	WANT(call("_STA", 0, &value, &why) == -ENOENT && !why.text[0] && value == 0x123456789a);
	WANT(call("_STA", 0, NULL, &why) == -ENOENT && !why.text[0]);
}

static void sentences(void)
{
	static const struct {
		const char *refused, *text;
		bool spent;
		acpi_status status;
		const char *is;
	} rows[] = {
		{ "", "", false, AE_ERROR, "AE_OTHER" },
		{ "", "line", false, AE_ERROR, "AE_OTHER: line" },
		{ "", "line", true, AE_ERROR, "AE_OTHER: AML does not terminate" },
		{ "", "line", false, AE_AML_LOOP_TIMEOUT,
		  "AE_AML_LOOP_TIMEOUT: AML does not terminate" },
		{ "no register", "line", true, AE_AML_LOOP_TIMEOUT,
		  "AE_AML_LOOP_TIMEOUT: no register" },
		{ "no register", "line", false, AE_ERROR, "AE_OTHER: no register" },
	};
	char text[100];
	struct why why;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		acpica_begin();
		acpica.failing = "evaluate";
		acpica.refused = rows[i].refused;
		acpica.text = rows[i].text;
		acpica.spent = rows[i].spent;
		acpica.status = rows[i].status;
		WANT(call("_ON", 0, NULL, &why) == -EIO && why.code == -EIO);
		snprintf(text, sizeof(text), "acpi: \\_SB.DEV2._ON: %s", rows[i].is);
		WANT_TEXT(why.text, text);
	}
}

/* ---- buffers ---- */
static u64 passed_bytes;
static unsigned passes;

static void take(const u8 *bytes, u64 len, void *arg)
{
	WANT(arg == &passed_bytes && bytes == acpica.bytes && acpica.live == 1);
	passed_bytes = len;
	passes++;
}

static void buffers(void)
{
	union acpi_object args[2] = { { .integer = { ACPI_TYPE_INTEGER, 5 } },
				      { .integer = { ACPI_TYPE_INTEGER, 6 } } };
	struct why why = { 0 };

	acpica_begin();
	passes = 0;
	acpica.type = ACPI_TYPE_BUFFER;
	acpica.nr_bytes = 7;
	WANT(!aml_buffer(DEVICE, "_FIT", take, &passed_bytes, &why) && passes == 1);
	WANT_TEXT(acpica.calls, "begin evaluate free ");
	WANT(!acpica.had_list && passed_bytes == 7 && acpica.handle == DEVICE);
	WANT(!aml_buffer_with(DEVICE, "_DSM", args, 2, take, &passed_bytes, &why) && passes == 2);
	WANT(acpica.had_list && acpica.nr_args == 2 && acpica.args[1] == 6);
	WANT(!acpica.live && !why.code);
	acpica.type = ACPI_TYPE_INTEGER;
	WANT(aml_buffer(DEVICE, "_FIT", take, &passed_bytes, &why) == -EIO && passes == 2);
	WANT_TEXT(why.text, "acpi: \\_SB.DEV2._FIT: AE_OTHER");
	acpica.failing = "evaluate";
	acpica.status = AE_NOT_FOUND;
	why = (struct why) { 0 };
	WANT(aml_buffer(DEVICE, "_FIT", take, &passed_bytes, &why) == -ENOENT && !why.text[0]);
	WANT(passes == 2 && !acpica.live);
}

/* ---- resources ---- */
static char types[40];

static void resource(const struct acpi_resource *r, void *arg)
{
	size_t at = strlen(types);

	WANT(arg == types && acpica.live == 1);
	snprintf(types + at, sizeof(types) - at, "%u ", r->type);
}

static void resources(void)
{
	struct why why = { 0 };

	acpica_begin();
	acpica.type = ACPI_TYPE_BUFFER;
	acpica.nr_bytes = 3;
	memcpy(acpica.bytes, "\x07\x08\x09", 3);
	WANT(!aml_resources(DEVICE, resource, types, &why) && !why.code);
	WANT_TEXT(types, "7 8 9 ");
	WANT_TEXT(acpica.name, "_CRS");
	acpica.template_code = -EINVAL;
	WANT(aml_resources(DEVICE, resource, types, &why) == -EINVAL && why.code == -EINVAL);
	WANT_TEXT(why.text, "acpi: \\_SB.DEV2._CRS: it is cut off");
	acpica.template_code = -ENOMEM;
	WANT(aml_resources(NAMELESS, resource, types, &why) == -ENOMEM);
	WANT_TEXT(why.text, "acpi: a device._CRS: it is cut off");
	acpica.type = ACPI_TYPE_INTEGER;
	WANT(aml_resources(DEVICE, resource, types, &why) == -EIO);
	WANT_TEXT(why.text, "acpi: \\_SB.DEV2._CRS: AE_OTHER");
	acpica.failing = "evaluate";
	acpica.status = AE_NOT_FOUND;
	WANT(aml_resources(DEVICE, resource, types, &why) == -ENOENT);
	WANT_TEXT(types, "7 8 9 ");
}

/* ---- devices ---- */
static char devices[40];

static void device(acpi_handle h, void *arg)
{
	size_t at = strlen(devices);

	WANT(arg == devices && !acpica.live);
	snprintf(devices + at, sizeof(devices) - at, "%lu ", (unsigned long)(uintptr_t)h);
}

static void each(void)
{
	char path[AML_PATH];

	acpica_begin();
	aml_each("PNP0C80", device, devices);
	WANT_TEXT(devices, "1 1 ");
	WANT_TEXT(acpica.calls, "begin walk free free free free ");
	aml_each("ACPI0013", device, devices);
	WANT_TEXT(devices, "1 1 3 ");
	WANT(aml_path(DEVICE, path) == path);
	WANT_TEXT(path, "\\_SB.DEV2");
	WANT_TEXT(aml_path(NAMELESS, path), "a device");
}

void call_tests(void)
{
	arguments();
	results();
	sentences();
	buffers();
	resources();
	each();
}
