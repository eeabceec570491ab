//! platforms: w3i6mv w3i3mv=w3i6mv
/* Locked parts of files: what they keep from whom, and who can lock what. */
#include "last-error.h"

static HANDLE first, second;
static char buffer[64];
static DWORD count;

static HANDLE open(void) {
  return CreateFileA("locks", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, 0, OPEN_ALWAYS, 0, 0);
}
static BOOL reads(HANDLE file, LONG at, DWORD bytes) { return SetFilePointer(file, at, 0, FILE_BEGIN), ReadFile(file, buffer, bytes, &count, 0); }
static BOOL writes(HANDLE file, LONG at, DWORD bytes) { return SetFilePointer(file, at, 0, FILE_BEGIN), WriteFile(file, buffer, bytes, &count, 0); }
static BOOL locks(HANDLE file, DWORD flags, DWORD at, DWORD bytes) {
  OVERLAPPED place = {.Offset = at};
  return LockFileEx(file, flags | LOCKFILE_FAIL_IMMEDIATELY, 0, bytes, 0, &place);
}

static DWORD WINAPI waits(void *unused) {
  OVERLAPPED place = {.Offset = 0};
  return LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &place);
}

int main(void) {
  first = open(), second = open();
  writes(first, 0, 50);
  OBSERVE_BOOL("lock", LockFile(first, 10, 0, 10, 0));
  OBSERVE_BOOL("lock.again", LockFile(first, 10, 0, 10, 0));
  OBSERVE_BOOL("lock.other", LockFile(second, 15, 0, 10, 0));
  OBSERVE_BOOL("lock.beside", LockFile(second, 20, 0, 5, 0));
  OBSERVE_BOOL("lock.beyond-the-end", LockFile(second, 1000, 0, 5, 1));
  OBSERVE_BOOL("read.own", reads(first, 10, 5));
  OBSERVE_BOOL("read.other", reads(second, 10, 5));
  OBSERVE_BOOL("read.over", reads(second, 5, 10));
  OBSERVE_BOOL("read.before", reads(second, 0, 10));
  OBSERVE_BOOL("write.own", writes(first, 10, 5));
  OBSERVE_BOOL("write.other", writes(second, 15, 5));
  OBSERVE_BOOL("write.others-part", writes(first, 20, 1));
  OBSERVE_BOOL("unlock.part", UnlockFile(first, 10, 0, 5, 0));
  OBSERVE_BOOL("unlock.by-other", UnlockFile(second, 10, 0, 10, 0));
  OBSERVE_BOOL("unlock", UnlockFile(first, 10, 0, 10, 0));
  OBSERVE_BOOL("unlock.again", UnlockFile(first, 10, 0, 10, 0));
  OBSERVE_BOOL("read.unlocked", reads(second, 10, 5));
  OBSERVE_BOOL("shared", locks(first, 0, 30, 10));
  OBSERVE_BOOL("shared.other", locks(second, 0, 30, 10));
  OBSERVE_BOOL("shared.exclusive", locks(second, LOCKFILE_EXCLUSIVE_LOCK, 35, 1));
  OBSERVE_BOOL("shared.read", reads(second, 30, 5));
  OBSERVE_BOOL("shared.own-read", reads(first, 30, 5));
  OBSERVE_BOOL("handle.event", LockFile(CreateEventA(0, 0, 0, 0), 0, 0, 1, 0));
  OBSERVE_BOOL("handle.bad", LockFile((HANDLE)0x7770, 0, 0, 1, 0));
  LockFile(first, 0, 0, 10, 0);
  HANDLE thread = CreateThread(0, 0, waits, 0, 0, 0);
  OBSERVE_DWORD("waiter.waits", WaitForSingleObject(thread, 50));
  OBSERVE_BOOL("close", CloseHandle(first));
  OBSERVE_DWORD("waiter.has-it", WaitForSingleObject(thread, 5000));
  GetExitCodeThread(thread, &count);
  OBSERVE("waiter.result", count);
  first = open();
  OBSERVE_BOOL("closed.reads", reads(first, 10, 5));
  OBSERVE_BOOL("waiters-part", reads(first, 0, 5));
  return 0;
}
