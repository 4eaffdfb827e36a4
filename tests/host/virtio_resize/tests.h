/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/virtio_resize/tests.h - the parts of the program. */
#pragma once
#include "fake.h"

void sizes_tests(void);  /* sizes.c */
void runs_tests(void);   /* runs.c */
void starts_tests(void); /* starts.c */

#define WANT_LOG(wanted)                                                                           \
	do {                                                                                       \
		const char *said = take_log();                                                     \
                                                                                                   \
		WANT_TEXT(said, wanted);                                                           \
	} while (0)
