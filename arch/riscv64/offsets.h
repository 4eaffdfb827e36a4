/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/offsets.h - offsets that assembly uses; smp.c and boot/early_riscv64.h
 * compile only if they agree with the C structures.
 */
#pragma once

#define CPU_STACK_TOP 16
#define CPU_OVERFLOW_TOP 24
#define CPU_SCRATCH 32
#define CPU_STACK_BYTES 0x4000
#define CPU_OVERFLOW_BYTES 0x1000
#define CPU_MAX 64

/* struct secondary_record */
#define RECORD_HWID 0
#define RECORD_SATP 8
#define RECORD_STACK 16
#define RECORD_HIGH 24
#define RECORD_CPU 32
#define RECORD_TRAMPOLINE 40
#define RECORD_BYTES 48

/* struct boot_info */
#define BOOT_FDT_PA 0
#define BOOT_IMAGE_PA 8
#define BOOT_IMAGE_LEN 16
#define BOOT_HWID 24
#define BOOT_ENTRY_COUNTER 32
#define BOOT_ENTRY_EL 40
#define BOOT_MOVED 44
#define BOOT_ENTRY 48
#define BOOT_ENTRY_IMAGE 0 /* enum boot_entry */
#define BOOT_ENTRY_EFI 1

/* struct early_roots */
#define EARLY_ROOT_BY_LEVEL 16
