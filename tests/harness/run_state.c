/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/run_state.c - the run that is under way; see run.h. */
#include <tests/harness/run.h>

struct run_state run;
