// crt0.S: where a program starts. The kernel enters it with sp, 16-byte aligned, at
//
//   argc, argv[0] .. argv[argc-1], 0, envp[0] .. , 0, pairs of auxiliary values up to 0, 0
//
// gp is for the linker, which shortens accesses near __global_pointer$; tp is the start of this thread's
// thread-local storage (errno lives there), which the linker script places in the data segment.

    .section .text.start, "ax"
    .global _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la tp, __tls_base
    li ra, 0                // a backtrace ends here
    li fp, 0
    ld a0, 0(sp)            // argc
    addi a1, sp, 8          // argv
    slli a2, a0, 3
    add a2, a2, a1
    addi a2, a2, 8          // envp, after argv's null pointer
    tail __drupe_start
    .size _start, . - _start
