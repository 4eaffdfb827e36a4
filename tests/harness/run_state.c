/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/run_state.c - the state of the current run; see run.h. */
#include <tests/harness/run.h>

struct run_state run;
