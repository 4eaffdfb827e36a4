# SPDX-License-Identifier: BSD-2-Clause
# mk/dist.mk - a release: images of both architectures, built twice in different directories and
# compared, with hashes, notices, an SPDX document and the results of a quick run on each.
DIST := $(BUILD)/dist

.PHONY: dist
dist:
	@tools/deps build run site
	@tools/dist $(DIST)
