# make coverage: the tests, and which lines of kernel/ they executed (tools/coverage). TESTS='tests/boot.t': only these.
# MODE=--add: to what earlier runs executed; MODE=--report: only print that.
.PHONY: coverage
coverage:
	@MAKEFLAGS= tools/coverage $(MODE) $(TESTS); s=$$?; MAKEFLAGS= $(MAKE) -s CONFIG=$(CONFIG) all; exit $$s
