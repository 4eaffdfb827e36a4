/* SPDX-License-Identifier: BSD-2-Clause */
/* rows.h - tests of the other files, for main.c. */
#pragma once

void messages_go_by_the_map(void **state);
void windows_come_from_ranges(void **state);
void bridges_are_refused(void **state);
void buses_come_from_bus_range(void **state);
void wires_go_by_the_map(void **state);
