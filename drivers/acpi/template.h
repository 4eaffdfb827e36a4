/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/template.h - a resource template (ACPI 6.5, 6.4) as AML returned it.
 *
 * ACPICA's conversion trusts the length of the last descriptor and reads past the end of a
 * template that is cut off; therefore every header is checked here first.
 */
#pragma once
#include <drivers/acpi/osl.h>

/* Call `fn` for each resource; the resources are freed afterwards.  -EINVAL with the sentence: the
 * template is malformed (then `fn` was not called), or ACPICA has no memory.  ACPICA must be
 * initialised. */
int template_each(const u8 *aml, u64 len, void (*fn)(const struct acpi_resource *, void *arg),
		  void *arg, struct why *why);
