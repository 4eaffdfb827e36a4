/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/overlay/init.h - large objects are in no section of their own, so that the
 * AddressSanitizer knows where they end. */
#pragma once
#include <lib/init.h>

#undef NOINIT
#define NOINIT
