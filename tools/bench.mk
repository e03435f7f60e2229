# make bench: what operations cost, in guest instructions, against their budgets and tests/bench/baseline.json.
# make bench-curves: what they cost as there is ever more of something.
# make bench-wall: what they take in the host's time on 1, 2 and 4 harts, what several processes do at once, which locks they meet.
# make bench-disk: a file larger than memory and 10,000 small ones on a disk: requests, in flight, time.
# make profile CMD='ls -l /': where the instructions went, by function and as a flame graph (tools/profile).
.PHONY: bench bench-curves bench-wall bench-disk bench-baseline profile release-build lockdep-build
# Builds beside the one that is in use. (Each on its own stamp, so that the other does not count as outdated.)
release-build lockdep-build: %-build:
	@MAKEFLAGS= $(MAKE) -s CONFIG=$* STAMP=build/$*.config build/$*/kernel.elf build/$*/ram.img
bench: release-build
	@tools/bench
bench-curves: release-build
	@tools/bench-curves
bench-wall: release-build lockdep-build
	@tools/bench-wall
bench-disk: release-build
	@tools/bench-disk
bench-baseline: release-build
	@tools/bench --accept

profile: release-build build/host/profile.so
	@$(if $(CMD),,echo "make profile CMD='command'" >&2; exit 2;) tools/profile "$$CMD_TEXT"
# QEMU 9 and later want another version of the same functions.
build/host/profile.so: tools/profile-plugin.c
	$(call Q,HOSTCC)mkdir -p $(@D) && v=$$($(QEMU) --version | sed -n 's/.*version \([0-9]*\).*/\1/p') && \
	  $(HOSTCC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -shared -fPIC -fvisibility=hidden \
	  -DPLUGIN_VERSION=$$([ "$$v" -ge 9 ] && echo 3 || echo 1) -o $@ $<

# make bench-boot: from starting QEMU to the prompt, in instructions by phase, and in host time.
.PHONY: bench-boot
bench-boot: release-build build/host/profile.so
	@tools/bench-boot
