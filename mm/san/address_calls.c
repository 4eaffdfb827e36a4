/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/san/address_calls.c - the functions that gcc calls with -fsanitize=kernel-address, each for
 * one size.
 */
#include <arch/arch.h>
#include <mm/san/address.h>

/* Only code from the compiler calls these functions. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static inline __attribute__((always_inline)) void address_at(const void *at, u64 bytes, bool store,
							     const void *pc)
{
	if (address_is_linear(ptr_va(at)))
		address_access(ptr_va(at), bytes, store, (u64)(uintptr_t)pc);
}

#define ADDRESS_CALLS(n)                                                                           \
	void __asan_load##n##_noabort(const void *at)                                              \
	{                                                                                          \
		address_at(at, n, false, __builtin_return_address(0));                             \
	}                                                                                          \
	void __asan_store##n##_noabort(const void *at)                                             \
	{                                                                                          \
		address_at(at, n, true, __builtin_return_address(0));                              \
	}

ADDRESS_CALLS(1)
ADDRESS_CALLS(2)
ADDRESS_CALLS(4)
ADDRESS_CALLS(8)
ADDRESS_CALLS(16)

void __asan_loadN_noabort(const void *at, size_t bytes)
{
	address_at(at, bytes, false, __builtin_return_address(0));
}

void __asan_storeN_noabort(const void *at, size_t bytes)
{
	address_at(at, bytes, true, __builtin_return_address(0));
}

/* The stack has no marks. */
void __asan_handle_no_return(void)
{
}
