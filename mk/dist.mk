# SPDX-License-Identifier: BSD-2-Clause
# mk/dist.mk - a release: images of both architectures, built twice in different directories and
# compared, with hashes, notices and an SPDX document.
DIST := $(BUILD)/dist

.PHONY: dist
dist:
	@tools/deps build
	@tools/dist $(DIST)
