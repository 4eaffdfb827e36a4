/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/reg.h - registration by linker section: one new file adds one thing, nothing else changes.
 *
 *   REG_DECLARE(tests, struct test);              in the header that owns the kind
 *   REGISTER(tests, my_test, object);             in the one new file
 *   reg_for_each(tests, it) use(*it);             where they are used
 *
 * A section holds pointers, so objects may have any size or alignment.  Order is link order,
 * which the build keeps sorted by path.  linker/kernel.lds.S lists every kind.  Usable only once
 * the MMU is on: the pointers are link addresses.
 */
#pragma once

/*
 * The kernel's linker script defines the edges of every kind.  A host program may lack a kind, so
 * the edges are weak there.  Weak symbols in the kernel would need a global offset table (arm64: an
 * undefined weak symbol is out of ADRP's reach).
 */
#if __STDC_HOSTED__
#define REG_EDGE __attribute__((weak))
#else
#define REG_EDGE
#endif

#define REG_DECLARE(kind, type)                                                                    \
	extern const type *const __start_reg_##kind[] REG_EDGE;                                    \
	extern const type *const __stop_reg_##kind[] REG_EDGE

#define REGISTER(kind, id, object)                                                                 \
	static const void *const reg_##kind##_##id __attribute__((used, section("reg_" #kind))) =  \
		&(object)

#define reg_for_each(kind, it)                                                                     \
	for (__typeof__(&__start_reg_##kind[0]) it = __start_reg_##kind; it < __stop_reg_##kind;   \
	     it++)
