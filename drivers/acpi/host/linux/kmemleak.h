/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/acpi/host/linux/kmemleak.h - the one function that ACPICA's utobject.c uses. */
#pragma once

static inline void kmemleak_not_leak(const void *p)
{
	(void)p;
}
