/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/init.h - code that runs only until the menu: poisoned and unmapped before the first hot add
 * (S0-44), so nothing of hotplug may carry this mark.
 */
#pragma once

#define INIT_CODE __attribute__((section(".init.text"), noinline))
