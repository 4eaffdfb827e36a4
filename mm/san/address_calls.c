/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/san/address_calls.c - the functions that gcc calls with -fsanitize=kernel-address, each for
 * one size.
 */
#include <arch/arch.h>
#include <mm/san/address.h>

/* Nobody but the compiler calls these functions. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define PC ((u64)(uintptr_t)__builtin_return_address(0))
#define ADDRESS_CALLS(n)                                                                           \
	void __asan_load##n##_noabort(const void *at)                                              \
	{                                                                                          \
		address_access(ptr_va(at), n, false, PC);                                          \
	}                                                                                          \
	void __asan_store##n##_noabort(const void *at)                                             \
	{                                                                                          \
		address_access(ptr_va(at), n, true, PC);                                           \
	}

ADDRESS_CALLS(1)
ADDRESS_CALLS(2)
ADDRESS_CALLS(4)
ADDRESS_CALLS(8)
ADDRESS_CALLS(16)

void __asan_loadN_noabort(const void *at, size_t bytes)
{
	address_access(ptr_va(at), bytes, false, PC);
}

void __asan_storeN_noabort(const void *at, size_t bytes)
{
	address_access(ptr_va(at), bytes, true, PC);
}

/* The stack has no marks. */
void __asan_handle_no_return(void)
{
}
