/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/aml.h - ACPICA started, asked and stopped, in the house's manner: a code and a
 * sentence.
 *
 * One thread of control at a time (osl.h).  Whoever includes this sees ACPICA's types: only
 * drivers/acpi/, its event source and its tests.
 */
#pragma once
#include <drivers/acpi/osl.h>

#define AML_PATH 64

/* Load the definition blocks that the RSDP at `root` leads to.  A definition block that is left out
 * is one line through `say`. */
int aml_start(paddr_t root, const void *fdt, void (*say)(const char *sentence), struct why *);
/* Everything is given back.  How many blocks of memory ACPICA had lost count of. */
u64 aml_stop(void);
bool aml_running(void);

/* Evaluate `name` below `handle` with integer arguments.  -ENOENT: there is no such object (not a
 * word is said); -EIO with the sentence when AML failed.  `value` (may be NULL): the integer it
 * returned. */
int aml_call(acpi_handle, const char *name, const u64 *args, unsigned nr_args, u64 *value,
	     struct why *);
int aml_call_with(acpi_handle, const char *name, union acpi_object *args, unsigned nr_args,
		  u64 *value, struct why *);
/* The same without arguments where a buffer comes back: its bytes to `fn`, which keeps none. */
int aml_buffer(acpi_handle, const char *name, void (*fn)(const u8 *, u64 len, void *arg), void *arg,
	       struct why *);
int aml_buffer_with(acpi_handle, const char *name, union acpi_object *args, unsigned nr_args,
		    void (*fn)(const u8 *, u64 len, void *arg), void *arg, struct why *why);
/* The resources of _CRS, each to `fn`.  -EINVAL with the sentence when they cannot be read. */
int aml_resources(acpi_handle, void (*fn)(const struct acpi_resource *, void *arg), void *arg,
		  struct why *);
u64 aml_cost(void); /* of all evaluations until now, in cost_unit() */
const char *aml_path(acpi_handle, char path[static AML_PATH]);
/* Each device with this _HID, whatever its _STA says. */
void aml_each(const char *hid, void (*fn)(acpi_handle, void *arg), void *arg);
