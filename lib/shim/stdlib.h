/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/shim/stdlib.h - for third-party C found through -isystem lib/shim; see lib/strtoul.c. */
#pragma once
#include <stddef.h>

unsigned long strtoul(const char *s, char **end, int base);
