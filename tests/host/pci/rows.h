/* SPDX-License-Identifier: BSD-2-Clause */
/* rows.h - tests of the other files, for main.c. */
#pragma once

void messages_go_by_the_map(void **state);
void windows_come_from_ranges(void **state);
void bridges_are_refused(void **state);
void buses_come_from_bus_range(void **state);
void wires_go_by_the_map(void **state);
void pieces_are_apart(void **state);
void odd_windows_have_an_end(void **state);
void pieces_are_counted(void **state);
void windows_move_at_once(void **state);
void bars_are_sized_undecoded(void **state);
void sums_are_rounded(void **state);
void addresses_are_multiples(void **state);
void both_kinds_are_placed(void **state);
void failures_leave_nothing(void **state);
void small_windows_are_split(void **state);
void windows_in_pieces_are_split(void **state);
void a_space_begins_anew(void **state);
