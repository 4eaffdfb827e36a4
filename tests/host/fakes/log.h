/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/log.h - the text that the code under test printed with kprintf(). */
#pragma once

extern char fake_log[4096];  /* of all calls */
extern char fake_line[1024]; /* of the last call */
extern unsigned fake_lines;  /* number of calls */

void fake_log_clear(void);
