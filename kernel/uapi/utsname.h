// utsname.h: what uname(2) fills in.
#pragma once

enum { UAPI_UTS_LEN = 65 };

struct utsname {
    char sysname[UAPI_UTS_LEN];
    char nodename[UAPI_UTS_LEN];
    char release[UAPI_UTS_LEN];
    char version[UAPI_UTS_LEN];
    char machine[UAPI_UTS_LEN];
};
