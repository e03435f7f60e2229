// limits.h: limits that user programs may count on.
#pragma once

enum {
    UAPI_PATH_MAX = 1024,      // bytes of a path, NUL included
    UAPI_NAME_MAX = 255,       // bytes of a component, NUL excluded
    UAPI_ARG_MAX = 128 * 1024, // bytes of argv and envp strings and their pointers together
    UAPI_OPEN_MAX = 1024,      // descriptors of a process
    UAPI_PIPE_BUF = 4096,      // a pipe write up to this size is atomic
    UAPI_PIPE_SIZE = 65536,
    UAPI_SYMLOOP_MAX = 16,
    UAPI_IO_MAX = 0x7ffff000, // bytes that one read or write moves at most
};
