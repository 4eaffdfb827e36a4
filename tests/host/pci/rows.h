/* SPDX-License-Identifier: BSD-2-Clause */
/* rows.h - tests of the other files, for main.c. */
#pragma once

void messages_go_by_the_map(void **state);
