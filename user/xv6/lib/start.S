// start.S: the kernel enters here, with argc, argv and a null pointer on the stack (user/lib/crt0.S).

    .section .text.start, "ax"
    .global _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    li ra, 0                // a backtrace ends here
    li fp, 0
    ld a0, 0(sp)            // argc
    addi a1, sp, 8          // argv
    tail __xv6_start
    .size _start, . - _start
