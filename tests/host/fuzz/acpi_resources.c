/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/acpi_resources.c - any bytes as the _CRS of a memory device, through ACPICA's
 * own conversion: drivers/acpi/dimm.c reads valid ranges from it, or reports a sentence.
 */
#include <drivers/acpi/dimm.h>
#include <drivers/acpi/template.h>
#include <stdlib.h>
#include <string.h>

#define PA_BITS 48

static u8 *template;
static u16 template_len;

unsigned arch_pa_bits(void)
{
	return PA_BITS;
}

void *acpi_os_allocate(acpi_size size)
{
	return malloc(size);
}

void *acpi_os_allocate_zeroed(acpi_size size)
{
	return calloc(1, size);
}

void acpi_os_free(void *memory)
{
	free(memory);
}

void acpi_os_printf(const char *format, ...)
{
	(void)format;
}

void acpi_os_vprintf(const char *format, va_list args)
{
	(void)format, (void)args;
}

/* Library functions outside ACPICA's resource code; the namespace is never used here. */
#define NOT_HERE(name)                                                                             \
	int name(void)                                                                             \
	{                                                                                          \
		abort();                                                                           \
	}
NOT_HERE(acpi_ut_remove_reference)
NOT_HERE(acpi_ut_evaluate_object)
NOT_HERE(acpi_ut_get_object_type_name)
NOT_HERE(acpi_ut_create_internal_object_dbg)
NOT_HERE(acpi_ns_handle_to_pathname)
NOT_HERE(acpi_ns_get_pathname_length)
NOT_HERE(acpi_ns_get_normalized_pathname)
NOT_HERE(acpi_ns_evaluate)
NOT_HERE(acpi_ns_validate_handle)
NOT_HERE(acpi_ut_acquire_mutex)
NOT_HERE(acpi_ut_release_mutex)
NOT_HERE(acpi_ut_initialize_buffer)
NOT_HERE(acpi_ut_validate_buffer)

int aml_call(acpi_handle h, const char *name, const u64 *args, unsigned nr_args, u64 *value,
	     struct why *why)
{
	(void)h, (void)name, (void)args, (void)nr_args, (void)value, (void)why;
	return -ENOENT; /* no _STA: present; no _PXM */
}

int aml_call_with(acpi_handle h, const char *name, union acpi_object *args, unsigned nr_args,
		  u64 *value, struct why *why)
{
	(void)args;
	return aml_call(h, name, NULL, nr_args, value, why);
}

const char *aml_path(acpi_handle h, char path[static AML_PATH])
{
	(void)h;
	strcpy(path, "DIMM");
	return path;
}

int aml_resources(acpi_handle h, void (*fn)(const struct acpi_resource *, void *), void *arg,
		  struct why *why)
{
	(void)h;
	return template_each(template, template_len, fn, arg, why);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct why why = { 0 };
	struct dimm_look l;

	if (size > 0xffff)
		return 0;
	template_len = (u16)size;
	template = malloc(size ? size : 1);
	memcpy(template, data, size);
	if (dimm_look(NULL, &l, &why)) {
		if (!why.text[0])
			abort();
	} else if (!l.present || !l.nr) {
		abort();
	}
	for (unsigned i = 0; i < l.nr && l.present; i++)
		if (!l.range[i].len || (l.range[i].pa + l.range[i].len - 1) >> PA_BITS)
			abort();
	free(template);
	return 0;
}
