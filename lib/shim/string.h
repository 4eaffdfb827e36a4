/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/shim/string.h - <string.h> for third-party C found through -isystem lib/shim. */
#pragma once
#include <lib/string.h>
