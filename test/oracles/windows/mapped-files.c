//! platforms: w3i6mv w3i3mv=w3i6mv
/* Files that are mapped: sections over them, protections against rights, and that views, handles and the file agree. */
#include "last-error.h"
#define PAGE 4096
#define UNIT 65536

static HANDLE open_as(const char *name, DWORD access, DWORD disposition) {
  return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0, disposition, 0, 0);
}

static int at(HANDLE file, DWORD position) {
  char byte = -1;
  DWORD count = 0;
  SetFilePointer(file, position, 0, FILE_BEGIN);
  return ReadFile(file, &byte, 1, &count, 0) && count == 1 ? byte : -1;
}

static void put(HANDLE file, DWORD position, char byte) {
  DWORD count;
  SetFilePointer(file, position, 0, FILE_BEGIN);
  WriteFile(file, &byte, 1, &count, 0);
}

/** Which protections a handle with these rights allows. */
static void protections(const char *name, HANDLE file) {
  static const DWORD all[] = {PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY};
  observe_text(name);
  for (int i = 0; i < 6; i++) {
    SetLastError(0);
    HANDLE section = CreateFileMappingA(file, 0, all[i], 0, 0, 0);
    observe_number(section ? 0 : GetLastError());
    if (section) CloseHandle(section);
  }
  observe_end();
}

static __attribute__((noinline)) void store(volatile char *place) { *place = 1; }

static int writing(volatile char *place) {
  __try {
    store(place);
    return 0;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return 1;
  }
}

int main(void) {
  static char bytes[2 * PAGE + 100];
  DWORD count;
  HANDLE file = open_as("f", GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS), section, reader, other;
  OBSERVE_BOOL("empty", CreateFileMappingA(file, 0, PAGE_READONLY, 0, 0, 0));
  for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = i / PAGE + 65;
  WriteFile(file, bytes, sizeof bytes, &count, 0);
  OBSERVE_BOOL("create", section = CreateFileMappingA(file, 0, PAGE_READWRITE, 0, 0, 0));
  volatile char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
  OBSERVE3("view", view[0], view[PAGE], view[2 * PAGE + 99]);
  OBSERVE("view.tail", view[2 * PAGE + 100]);
  MEMORY_BASIC_INFORMATION m;
  VirtualQuery((void *)view, &m, sizeof m);
  OBSERVE3("view.query", m.RegionSize, m.Protect, m.Type);
  view[5] = 'x';
  OBSERVE("view-to-handle", at(file, 5));
  put(file, 6, 'y');
  OBSERVE("handle-to-view", view[6]);
  volatile char *second = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 10);
  OBSERVE2("second-view", second[5], second[6]);
  other = open_as("f", GENERIC_READ, OPEN_EXISTING);
  OBSERVE("other-handle", at(other, 5));
  OBSERVE_BOOL("flush", FlushViewOfFile((void *)view, 0));
  volatile char *copy = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
  copy[7] = 'z';
  OBSERVE3("copy", copy[7], view[7], at(file, 7));
  OBSERVE_BOOL("offset.odd", MapViewOfFile(section, FILE_MAP_READ, 0, PAGE, 0));
  OBSERVE_BOOL("size.beyond", MapViewOfFile(section, FILE_MAP_READ, 0, 0, 4 * PAGE));
  OBSERVE_BOOL("offset.beyond", MapViewOfFile(section, FILE_MAP_READ, 0, UNIT, 0));
  SetFilePointer(file, PAGE, 0, FILE_BEGIN);
  OBSERVE_BOOL("mapped.truncate", SetEndOfFile(file));
  OBSERVE_BOOL("mapped.create-always", open_as("f", GENERIC_WRITE, CREATE_ALWAYS) != INVALID_HANDLE_VALUE);
  SetFilePointer(file, 3 * PAGE, 0, FILE_BEGIN);
  OBSERVE_BOOL("mapped.grow", SetEndOfFile(file));
  OBSERVE("mapped.size", GetFileSize(file, 0));
  OBSERVE_BOOL("close.section", CloseHandle(section));
  view[8] = 'w';
  OBSERVE("closed.view-lives", at(file, 8));
  CloseHandle(file);
  view[9] = 'v';
  OBSERVE("closed-file.view-lives", at(other, 9));
  OBSERVE_BOOL("unmap", UnmapViewOfFile((void *)view) && UnmapViewOfFile((void *)second) && UnmapViewOfFile((void *)copy));
  OBSERVE2("unmapped.kept", at(other, 8), at(other, 9));
  CloseHandle(other);

  reader = open_as("f", GENERIC_READ, OPEN_EXISTING);
  protections("rights.read", reader);
  OBSERVE_BOOL("read-only.larger", CreateFileMappingA(reader, 0, PAGE_READONLY, 0, 1 << 20, 0));
  section = CreateFileMappingA(reader, 0, PAGE_READONLY, 0, 0, 0);
  OBSERVE_BOOL("read-only.write", MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
  view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
  OBSERVE("read-only.faults", writing(view));
  DWORD old;
  OBSERVE_BOOL("read-only.protect-write", VirtualProtect((void *)view, PAGE, PAGE_READWRITE, &old));
  OBSERVE_BOOL("read-only.protect-copy", VirtualProtect((void *)view, PAGE, PAGE_WRITECOPY, &old));
  OBSERVE("read-only.copies", writing(view));
  OBSERVE2("read-only.copied", view[0], at(reader, 0));
  UnmapViewOfFile((void *)view), CloseHandle(section);
  section = CreateFileMappingA(reader, 0, PAGE_WRITECOPY, 0, 0, 0);
  OBSERVE_BOOL("write-copy.write", MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
  view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
  OBSERVE("write-copy.writes", writing(view + 3));
  OBSERVE2("write-copy.copied", view[3], at(reader, 3));
  UnmapViewOfFile((void *)view), CloseHandle(section);
  CloseHandle(reader);

  file = open_as("f", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING);
  protections("rights.read-write", file);
  section = CreateFileMappingA(file, 0, PAGE_READWRITE, 0, 5 * PAGE + 1, 0);
  OBSERVE2("larger.grows", section != 0, GetFileSize(file, 0));
  view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
  OBSERVE2("larger.view", view[0], view[5 * PAGE]);
  HANDLE small = CreateFileMappingA(file, 0, PAGE_READWRITE, 0, 100, 0), large = CreateFileMappingA(file, 0, PAGE_READWRITE, 0, 8 * PAGE, 0);
  volatile char *a = MapViewOfFile(small, FILE_MAP_WRITE, 0, 0, 0), *b = MapViewOfFile(large, FILE_MAP_WRITE, 0, 0, 0);
  a[50] = 'A', b[60] = 'B', b[7 * PAGE] = 'C';
  OBSERVE3("several.agree", view[50], a[60], at(file, 7 * PAGE));
  OBSERVE_BOOL("several.small-beyond", MapViewOfFile(small, FILE_MAP_READ, 0, 0, 2 * PAGE));
  UnmapViewOfFile((void *)view), UnmapViewOfFile((void *)a), UnmapViewOfFile((void *)b);
  CloseHandle(section), CloseHandle(small), CloseHandle(large), CloseHandle(file);
  file = open_as("f", GENERIC_WRITE, OPEN_EXISTING);
  protections("rights.write", file);
  CloseHandle(file);
  file = open_as("f", GENERIC_READ | GENERIC_EXECUTE, OPEN_EXISTING);
  protections("rights.read-execute", file);
  CloseHandle(file);
  file = open_as("f", GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE, OPEN_EXISTING);
  protections("rights.all", file);
  put(file, 0, (char)0xb8), put(file, 1, 42), put(file, 2, 0), put(file, 3, 0), put(file, 4, 0), put(file, 5, (char)0xc3);
  section = CreateFileMappingA(file, 0, PAGE_EXECUTE_READ, 0, 0, "mpsemu-mapped-file");
  view = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0);
  OBSERVE("execute", ((int (*)(void))view)());
  HANDLE named = OpenFileMappingA(FILE_MAP_READ, 0, "mpsemu-mapped-file");
  OBSERVE("named", *(volatile char *)MapViewOfFile(named, FILE_MAP_READ, 0, 0, 0) & 0xff);
  OBSERVE_BOOL("bad.event", CreateFileMappingA(CreateEventA(0, 0, 0, 0), 0, PAGE_READONLY, 0, 0, 0));
  return 0;
}
