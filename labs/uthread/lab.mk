# The test programs are linked with the threads of user/bin/uthread.
UTHREAD := $(filter-out %/main.o,$(call objs,$(wildcard user/bin/uthread/*.[cS])))
$(LAB_PROGRAMS:=.o): USER_CFLAGS += -Iuser/bin/uthread
$(LAB_PROGRAMS): $(UTHREAD)
