/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memmap/inline.h - stores of templates are counted. */
#pragma once
#define arch_store_template host_store_template
#include <arch_inline.h>
#undef arch_store_template

/* The words mean nothing afterwards: each caller has its own. */
void arch_store_template(void *, size_t n, u64 *words);
