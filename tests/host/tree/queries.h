/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/tree/queries.h - the tree that is queried. */
#pragma once
#include "tree.h"
#include <libfdt.h>

const void *query_tree(const char *text); /* made and checked */
int query_node(const char *path);
void register_tests(void); /* registers.c */
