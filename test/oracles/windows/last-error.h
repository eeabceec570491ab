/* Observations of Win32 calls: what they return, and GetLastError where that says failure. */
#ifndef LAST_ERROR_H
#define LAST_ERROR_H
#include "observe.h"

/** A BOOL, a handle or an address: 1 or 0, and the error. */
#define OBSERVE_BOOL(name, call) \
  do { \
    SetLastError(0xdead); \
    int observed_yes_ = (call) != 0; \
    DWORD error_ = GetLastError(); \
    OBSERVE2(name, observed_yes_, observed_yes_ ? 0 : error_); \
  } while (0)

/** A DWORD that is -1 when the call fails. */
#define OBSERVE_DWORD(name, call) \
  do { \
    SetLastError(0xdead); \
    DWORD observed_value_ = (DWORD)(call); \
    DWORD error_ = GetLastError(); \
    OBSERVE2(name, (int)observed_value_, observed_value_ == 0xffffffff ? error_ : 0); \
  } while (0)

/** A value and the error that is left, whatever the value says. */
#define OBSERVE_ERROR(name, call) \
  do { \
    SetLastError(0xdead); \
    long long observed_value_ = (long long)(call); \
    DWORD error_ = GetLastError(); \
    OBSERVE2(name, observed_value_, error_); \
  } while (0)
#endif
