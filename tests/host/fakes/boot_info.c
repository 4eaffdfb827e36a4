/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/boot_info.c - for boot/boot.h: the results of boot, which the test fills. */
#include <boot/boot.h>

struct boot_info boot_info;
