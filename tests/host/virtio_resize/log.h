/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/virtio_resize/log.h - between the files that play. */
#pragma once
#include "played.h"

void log_item(const char *fmt, ...) PRINTF_LIKE(1, 2);
struct card_played card_template(unsigned n);
