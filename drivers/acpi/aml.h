/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/aml.h - start, query and stop ACPICA; errors are codes of lib/err.h with a
 * sentence.
 *
 * One thread of control at a time (osl.h), no lock held, not from an interrupt: every function
 * but aml_running() and aml_cost() may run AML, sleep and allocate memory.  This header includes
 * ACPICA's types; only drivers/acpi/, its event source and its tests include it.
 */
#pragma once
#include <drivers/acpi/osl.h>

#define AML_PATH 64

/* Load the definition blocks that the RSDP at `root` leads to.  A definition block that cannot be
 * loaded is left out, and reported in one line through `log`. */
int aml_start(paddr_t root, void (*log)(const char *sentence), struct why *);
/* Free all memory of ACPICA.  Returns the number of blocks that ACPICA had leaked. */
u64 aml_stop(void);
/* Between a successful aml_start() and aml_stop(). */
bool aml_running(void);

/*
 * Evaluate `name` below `handle` with up to four integer arguments.  -ENOENT: no such object (no
 * sentence); -EINVAL: too many arguments; -EIO with the sentence when AML failed, ran out of its
 * budget (osl.h) or returned no integer.  `value` (may be NULL): the integer it returned; the
 * type of the result is checked only with `value`.
 */
int aml_call(acpi_handle, const char *name, const u64 *args, unsigned nr_args, u64 *value,
	     struct why *);
/* The same with arguments of any type, which remain the caller's. */
int aml_call_with(acpi_handle, const char *name, union acpi_object *args, unsigned nr_args,
		  u64 *value, struct why *);
/* Evaluate an object that returns a buffer.  `fn` gets its bytes, which are freed when `fn`
 * returns.  Errors as aml_call(). */
int aml_buffer(acpi_handle, const char *name, void (*fn)(const u8 *, u64 len, void *arg), void *arg,
	       struct why *);
/* The same with arguments. */
int aml_buffer_with(acpi_handle, const char *name, union acpi_object *args, unsigned nr_args,
		    void (*fn)(const u8 *, u64 len, void *arg), void *arg, struct why *why);
/* Evaluate _CRS and call `fn` for each resource.  -ENOENT: no _CRS; -EIO: AML failed; -EINVAL
 * with the sentence when the resource template is malformed: `fn` was called for the
 * resources before the error. */
int aml_resources(acpi_handle, void (*fn)(const struct acpi_resource *, void *arg), void *arg,
		  struct why *);
u64 aml_cost(void); /* of all evaluations since boot, in cost_unit() */
/* Full path of a device, "\_SB.MEM0", for messages; "a device" if it has none or it is too long.
 * Returns `path`. */
const char *aml_path(acpi_handle, char path[static AML_PATH]);
/* Call `fn` for each device with this _HID, whatever its _STA.  `fn` may evaluate AML. */
void aml_each(const char *hid, void (*fn)(acpi_handle, void *arg), void *arg);
