/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/shim/stdint.h - <stdint.h>: what this tree and its third-party C use of it.  A compiler that
 * expects the header of a C library has none of its own (riscv64-unknown-elf-gcc of Debian sid).
 */
#pragma once

typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __UINTPTR_TYPE__ uintptr_t;

#define INT32_MAX __INT32_MAX__
#define UINT32_MAX __UINT32_MAX__
