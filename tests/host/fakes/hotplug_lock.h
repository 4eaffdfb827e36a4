/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/hotplug_lock.h - the hotplug lock of one CPU, which takes it once at a time. */
#pragma once

enum fake_hold { HOLD_NONE, HOLD_READ, HOLD_WRITE };
extern enum fake_hold fake_hotplug; /* how the CPU holds it */
extern unsigned fake_hotplug_locks; /* how often it was taken */
