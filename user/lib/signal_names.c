// signal_names.c: names and texts of signals, from the list in kernel/uapi/signal.h.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME(number, name, action, text) [number] = {#name, text},
static const struct { const char *name, *text; } signals[NSIG] = {SIGNAL_LIST(NAME)};

char *strsignal(int sig) {
    static char unknown[32];
    if (sig > 0 && sig < NSIG && signals[sig].text)
        return (char *)signals[sig].text;
    snprintf(unknown, sizeof unknown, "Unknown signal %d", sig);
    return unknown;
}

void psignal(int sig, const char *message) {
    if (message && *message)
        fprintf(stderr, "%s: %s\n", message, strsignal(sig));
    else
        fprintf(stderr, "%s\n", strsignal(sig));
}

int sig2str(int sig, char *name) {
    if (sig <= 0 || sig >= NSIG || !signals[sig].name)
        return -1;
    strcpy(name, signals[sig].name);
    return 0;
}

int str2sig(const char *__restrict name, int *__restrict sig) {
    for (int i = 1; i < NSIG; i++)
        if (signals[i].name && !strcmp(name, signals[i].name)) {
            *sig = i;
            return 0;
        }
    char *end;
    long number = strtol(name, &end, 10);
    if (end == name || *end || number <= 0 || number >= NSIG)
        return -1;
    *sig = (int)number;
    return 0;
}
