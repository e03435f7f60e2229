// child.h: things that may end the process are done in a child, and the parent tells what became of it.
#pragma once

#include <lab.h>
#include <signal.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

// A pointer of which the compiler knows nothing.
static inline char *at(uintptr_t address) {
    __asm__("" : "+r"(address));
    return (char *)address;
}

// What becomes of a child that does act(p): "SIGSEGV", "nothing" (it went on), or something else in words.
static inline const char *ending(void (*act)(char *p), char *p) {
    static char words[32];
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        lab_trouble("fork failed");
    if (pid == 0) {
        act(p);
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid)
        lab_trouble("waitpid failed");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
        return "SIGSEGV";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return "nothing";
    snprintf(words, sizeof words, WIFSIGNALED(status) ? "signal %d" : "status %d",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return words;
}

static inline void load(char *p) { (void)*(volatile char *)p; }
static inline void store(char *p) { *(volatile char *)p = 'S'; }
static inline void jump(char *p) { ((void (*)(void))p)(); }
