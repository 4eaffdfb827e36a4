/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/template.h - a resource template (ACPI 6.5, 6.4) as AML returned it.
 *
 * ACPICA's conversion trusts the lengths of the last descriptor and reads past the end of a
 * template that is cut off; so every head is checked here first.
 */
#pragma once
#include <drivers/acpi/osl.h>

/* Each resource to `fn`; -EINVAL with the sentence when the template is malformed. */
int template_each(const u8 *aml, u64 len, void (*fn)(const struct acpi_resource *, void *arg),
		  void *arg, struct why *why);
