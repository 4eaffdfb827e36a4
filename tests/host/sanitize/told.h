/* SPDX-License-Identifier: BSD-2-Clause */
/* told.h - what was said: told.c keeps the lines of reports. */
#pragma once
#include "stage.h"

unsigned told_now(void); /* hand out what is kept; its lines */
const char *told_line(unsigned i);
unsigned told_wrong(const char *what); /* 1, and the lines */
unsigned other_text(void);             /* texts.c */
