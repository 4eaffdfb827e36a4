/* SPDX-License-Identifier: BSD-2-Clause */
/* told.h - the printed reports: told.c records their lines. */
#pragma once
#include "stage.h"

unsigned told_now(void); /* print the recorded reports; the number of lines */
const char *told_line(unsigned i);
unsigned told_wrong(const char *what); /* 1, and the lines */
unsigned other_text(void);             /* texts.c */
