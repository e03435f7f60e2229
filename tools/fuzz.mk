# Fuzzing on the host: tests/fuzz/NAME.c, with the kernel sources (and flags) that its `// uses:` lines name, clang's
# libFuzzer, AddressSanitizer and UBSan, becomes build/host/fuzz/NAME (docs/testing.md).
#
#   make fuzz                       each target for ten seconds, from the kept corpus
#   make fuzz FUZZ=ext2 TIME=1200   one, for some time; what it finds stays in build/host/fuzz/NAME.found/
#   make fuzz-keep FUZZ=ext2        of that, what reaches something new goes into the kept corpus

.PHONY: fuzz fuzz-keep fuzz-targets
FUZZCC       ?= clang
TIME         ?= 10
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,build/host/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_CHOSEN   = $(or $(FUZZ:%=build/host/fuzz/%),$(FUZZ_TARGETS))
FUZZ_CFLAGS  := -std=gnu11 -g -O1 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function -Wno-sign-compare \
                -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
                -DCONFIG_DEBUG=1 -DHOST_TEST=1 -Itests/fuzz -Itests/unit -Ikernel -I$(GEN)

fuzz-targets: $(FUZZ_TARGETS)
test: fuzz-targets
fuzz: $(FUZZ_CHOSEN)
	@for t in $(notdir $^); do tools/fuzz run $$t $(TIME) || exit; done
fuzz-keep: $(FUZZ_CHOSEN)
	@for t in $(notdir $^); do tools/fuzz keep $$t || exit; done

# A compile for each source, so that each leaves the list of its headers.
build/host/fuzz/%: tests/fuzz/%.c tools/fuzz.mk | $(SYSCALL_FILES)
	$(call Q,FUZZ)set -e; rm -rf $@.o; mkdir -p $@.o; uses="$$(sed -n 's,^// uses:,,p' $<)"; \
	  flags=$$(printf '%s\n' $$uses | grep -v '\.c$$' || :); \
	  for s in $< $$(printf '%s\n' $$uses | grep '\.c$$' || :); do o=$@.o/$$(echo $$s | tr / -); \
	    $(FUZZCC) $(FUZZ_CFLAGS) $$flags -MD -MP -MF $$o.d -MT $@ -c -o $$o.o $$s; echo "$$s:" >> $$o.d; done; \
	  $(FUZZCC) -fsanitize=fuzzer,address,undefined -o $@ $@.o/*.o $$(sed -n 's,^// link:,,p' $<)

-include $(wildcard build/host/fuzz/*.o/*.d)
