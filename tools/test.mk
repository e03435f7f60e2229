# Host unit tests of pure kernel code: tests/unit/NAME.c, with the kernel sources that its `// uses:` line names,
# cmocka, AddressSanitizer and UBSan, becomes build/host/unit/NAME.t, a program that emits TAP.

.PHONY: unit-tests
UNIT_TESTS := $(patsubst tests/unit/%.c,build/host/unit/%.t,$(wildcard tests/unit/*.c))
UNIT_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Werror -Wno-unused-parameter -fsanitize=address,undefined \
               -fno-sanitize-recover=all -fno-omit-frame-pointer -DCONFIG_DEBUG=1 -DHOST_TEST=1 -Itests/unit -Ikernel -I$(GEN)

unit-tests: $(UNIT_TESTS)

# Its sources and what it includes of them, and all headers: gcc tells what it has read for one source only.
UNIT_SOURCES = sed -n -e 's,^// uses:,,p' -e 's,^.include "../../\(.*[.]c\)"$$,\1,p' $(1) | tr ' ' '\n' | grep '[.]c$$'
.SECONDEXPANSION:
build/host/unit/%.t: tests/unit/%.c $$(shell $$(call UNIT_SOURCES,tests/unit/$$*.c)) tools/test.mk \
  $(wildcard kernel/*/*.h user/lib/*.h tests/unit/*.h tests/unit/*/*.h) | $(SYSCALL_FILES)
	$(call Q,UNIT)mkdir -p $(@D) && $(HOSTCC) $(UNIT_CFLAGS) -o $@ $< $$(sed -n 's,^// uses:,,p' $<) -lcmocka

# make test-long: for hours: many runs, many seeds, all instrumented builds (tests/long/README.md).
.PHONY: test-long
test-long: all unit-tests
	prove -v --timer $(wildcard tests/long/*.t) < /dev/null
