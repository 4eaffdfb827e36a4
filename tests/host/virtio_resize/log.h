/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/virtio_resize/log.h - between the files that play. */
#pragma once
#include "fake.h"

void log_item(const char *fmt, ...) PRINTF_LIKE(1, 2);
struct card_fake card_template(unsigned n);
