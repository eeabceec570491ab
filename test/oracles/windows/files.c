//! platforms: w3i6mv w3i3mv=w3i6mv
/* Files: CreateFile's dispositions, rights and share modes; reading, writing, positions, sizes; handles. */
#include "last-error.h"

#define ALL_SHARED (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static HANDLE open_as(const char *name, DWORD access, DWORD share, DWORD disposition) {
  return CreateFileA(name, access, share, 0, disposition, 0, 0);
}

/** 1 or 0, and the error that is left in both cases. */
#define OBSERVE_OPEN(name, call) \
  do { \
    SetLastError(0xdead); \
    HANDLE handle_ = (call); \
    DWORD error_ = GetLastError(); \
    OBSERVE2(name, handle_ != INVALID_HANDLE_VALUE, error_); \
    if (handle_ != INVALID_HANDLE_VALUE) CloseHandle(handle_); \
  } while (0)

static void dispositions(void) {
  OBSERVE_OPEN("open-existing.none", open_as("a", GENERIC_READ, 0, OPEN_EXISTING));
  OBSERVE_OPEN("open-existing.no-directory", open_as("none/a", GENERIC_READ, 0, OPEN_EXISTING));
  OBSERVE_OPEN("create-new.no-directory", open_as("none\\a", GENERIC_WRITE, 0, CREATE_NEW));
  OBSERVE_OPEN("truncate.none", open_as("a", GENERIC_WRITE, 0, TRUNCATE_EXISTING));
  OBSERVE_OPEN("create-new", open_as("a", GENERIC_WRITE, 0, CREATE_NEW));
  OBSERVE_OPEN("create-new.again", open_as("a", GENERIC_WRITE, 0, CREATE_NEW));
  OBSERVE_OPEN("open-always.old", open_as("a", GENERIC_WRITE, 0, OPEN_ALWAYS));
  OBSERVE_OPEN("open-always.new", open_as("b", GENERIC_WRITE, 0, OPEN_ALWAYS));
  OBSERVE_OPEN("create-always.old", open_as("b", GENERIC_WRITE, 0, CREATE_ALWAYS));
  OBSERVE_OPEN("create-always.new", open_as("c", GENERIC_WRITE, 0, CREATE_ALWAYS));
  OBSERVE_OPEN("open-existing", open_as("c", GENERIC_READ, 0, OPEN_EXISTING));
  OBSERVE_OPEN("open-existing.no-access", open_as("c", 0, 0, OPEN_EXISTING));
  OBSERVE_OPEN("truncate.read-only", open_as("c", GENERIC_READ, 0, TRUNCATE_EXISTING));
  OBSERVE_OPEN("disposition.0", open_as("c", GENERIC_READ, 0, 0));
  OBSERVE_OPEN("disposition.6", open_as("c", GENERIC_READ, 0, 6));
  OBSERVE_OPEN("name.empty", open_as("", GENERIC_READ, 0, OPEN_EXISTING));
  OBSERVE_OPEN("name.star", open_as("a*", GENERIC_READ, 0, OPEN_EXISTING));
  OBSERVE_OPEN("name.question", open_as("?", GENERIC_WRITE, 0, CREATE_NEW));
  OBSERVE_OPEN("name.less", open_as("<a", GENERIC_WRITE, 0, CREATE_NEW));
  OBSERVE_OPEN("name.pipe", open_as("a|b", GENERIC_WRITE, 0, CREATE_NEW));
  OBSERVE_OPEN("name.wide", CreateFileW(L"a", GENERIC_READ, 0, 0, OPEN_EXISTING, 0, 0));
  OBSERVE_BOOL("directory.make", CreateDirectoryA("d", 0));
  OBSERVE_OPEN("directory.open", open_as("d", GENERIC_READ, 0, OPEN_EXISTING));
  OBSERVE_OPEN("directory.create-new", open_as("d", GENERIC_READ, 0, CREATE_NEW));
  OBSERVE_OPEN("directory.create-always", open_as("d", GENERIC_WRITE, 0, CREATE_ALWAYS));
  OBSERVE_OPEN("directory.backup", CreateFileA("d", GENERIC_READ, 0, 0, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, 0));
  OBSERVE_OPEN("file-as-directory", open_as("a\\x", GENERIC_READ, 0, OPEN_EXISTING));
  OBSERVE_OPEN("delete-on-close.no-right", CreateFileA("a", GENERIC_READ, 0, 0, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, 0));
  OBSERVE_OPEN("delete-on-close", CreateFileA("e", GENERIC_WRITE | DELETE, 0, 0, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE, 0));
  OBSERVE_HEX("delete-on-close.gone", GetFileAttributesA("e"));
}

static void transfer(void) {
  char text[64];
  DWORD count = 77;
  HANDLE file = open_as("t", GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS);
  OBSERVE_BOOL("write", WriteFile(file, "0123456789", 10, &count, 0));
  OBSERVE("write.count", count);
  OBSERVE_BOOL("write.0", WriteFile(file, "x", 0, &count, 0));
  OBSERVE("write.0-count", count);
  OBSERVE_DWORD("position", SetFilePointer(file, 0, 0, FILE_CURRENT));
  OBSERVE_BOOL("read.end", ReadFile(file, text, 10, &count, 0));
  OBSERVE("read.end-count", count);
  OBSERVE_DWORD("seek.begin", SetFilePointer(file, 3, 0, FILE_BEGIN));
  OBSERVE_BOOL("read", ReadFile(file, text, 4, &count, 0));
  OBSERVE2("read.count", count, text[0]);
  OBSERVE_DWORD("seek.current", SetFilePointer(file, -2, 0, FILE_CURRENT));
  OBSERVE_DWORD("seek.end", SetFilePointer(file, -1, 0, FILE_END));
  OBSERVE_BOOL("read.short", ReadFile(file, text, 10, &count, 0));
  OBSERVE2("read.short-count", count, text[0]);
  OBSERVE_DWORD("seek.negative", SetFilePointer(file, -1, 0, FILE_BEGIN));
  OBSERVE_DWORD("seek.after-negative", SetFilePointer(file, 0, 0, FILE_CURRENT));
  OBSERVE_DWORD("seek.method", SetFilePointer(file, 0, 0, 3));
  LONG high = 2;
  OBSERVE_DWORD("seek.high", SetFilePointer(file, 5, &high, FILE_BEGIN));
  OBSERVE("seek.high-half", high);
  high = 0;
  SetLastError(0xdead);
  OBSERVE2("seek.low-is-all-ones", SetFilePointer(file, -1, &high, FILE_BEGIN) == INVALID_SET_FILE_POINTER, GetLastError());
  high = -1;
  OBSERVE_DWORD("seek.high-negative", SetFilePointer(file, 0, &high, FILE_BEGIN));
  LARGE_INTEGER to, at;
  to.QuadPart = 20;
  OBSERVE_BOOL("seek-ex", SetFilePointerEx(file, to, &at, FILE_BEGIN));
  OBSERVE("seek-ex.at", at.QuadPart);
  to.QuadPart = -21;
  OBSERVE_BOOL("seek-ex.negative", SetFilePointerEx(file, to, 0, FILE_CURRENT));
  OBSERVE("size.before", GetFileSize(file, 0));
  OBSERVE_BOOL("write.beyond", WriteFile(file, "ab", 2, &count, 0));
  OBSERVE("size.after", GetFileSize(file, 0));
  SetFilePointer(file, 10, 0, FILE_BEGIN);
  ReadFile(file, text, 12, &count, 0);
  OBSERVE3("hole", count, text[0], text[10]);
  SetFilePointer(file, 5, 0, FILE_BEGIN);
  OBSERVE_BOOL("end-of-file", SetEndOfFile(file));
  OBSERVE_BOOL("size-ex", GetFileSizeEx(file, &at));
  OBSERVE("size-ex.value", at.QuadPart);
  SetFilePointer(file, 100, 0, FILE_BEGIN);
  OBSERVE_BOOL("end-of-file.grow", SetEndOfFile(file));
  DWORD high_size = 99;
  OBSERVE2("end-of-file.size", GetFileSize(file, &high_size), high_size);
  OVERLAPPED overlapped = {0};
  overlapped.Offset = 2;
  OBSERVE_BOOL("offset.read", ReadFile(file, text, 2, &count, &overlapped));
  OBSERVE3("offset.count", count, text[0], overlapped.InternalHigh);
  OBSERVE_DWORD("offset.position", SetFilePointer(file, 0, 0, FILE_CURRENT));
  overlapped.Offset = 100;
  OBSERVE_BOOL("offset.at-end", ReadFile(file, text, 2, &count, &overlapped));
  overlapped.Offset = 50;
  OBSERVE_BOOL("offset.write", WriteFile(file, "zz", 2, &count, &overlapped));
  overlapped.Offset = overlapped.OffsetHigh = 0xffffffff;
  OBSERVE_BOOL("offset.append", WriteFile(file, "end", 3, &count, &overlapped));
  OBSERVE("offset.append-size", GetFileSize(file, 0));
  char *none = VirtualAlloc(0, 4096, MEM_COMMIT, PAGE_NOACCESS);
  SetFilePointer(file, 0, 0, FILE_BEGIN);
  OBSERVE_BOOL("read.noaccess", ReadFile(file, none, 4, &count, 0));
  OBSERVE_BOOL("write.noaccess", WriteFile(file, none, 4, &count, 0));
  OBSERVE("write.noaccess-size", GetFileSize(file, 0));
  OBSERVE("type", GetFileType(file));
  OBSERVE_BOOL("flush", FlushFileBuffers(file));
  BY_HANDLE_FILE_INFORMATION information;
  OBSERVE_BOOL("information", GetFileInformationByHandle(file, &information));
  OBSERVE3("information.values", information.dwFileAttributes, information.nFileSizeLow, information.nNumberOfLinks);
  OBSERVE_BOOL("close", CloseHandle(file));
  OBSERVE_BOOL("closed.read", ReadFile(file, text, 1, &count, 0));
  OBSERVE_BOOL("closed.size", GetFileSizeEx(file, &at));
  OBSERVE_DWORD("closed.seek", SetFilePointer(file, 0, 0, FILE_BEGIN));
  OBSERVE_ERROR("closed.type", GetFileType(file));
}

static void rights(void) {
  char text[8];
  DWORD count;
  HANDLE reader = open_as("t", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
  OBSERVE_BOOL("reader.write", WriteFile(reader, "x", 1, &count, 0));
  OBSERVE_BOOL("reader.end-of-file", SetEndOfFile(reader));
  OBSERVE_BOOL("reader.flush", FlushFileBuffers(reader));
  OBSERVE_OPEN("reader.second-reader", open_as("t", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING));
  OBSERVE_OPEN("reader.unshared-reader", open_as("t", GENERIC_READ, 0, OPEN_EXISTING));
  OBSERVE_OPEN("reader.writer", open_as("t", GENERIC_WRITE, ALL_SHARED, OPEN_EXISTING));
  OBSERVE_OPEN("reader.truncater", open_as("t", GENERIC_WRITE, ALL_SHARED, CREATE_ALWAYS));
  OBSERVE_OPEN("reader.no-access", open_as("t", 0, 0, OPEN_EXISTING));
  OBSERVE_BOOL("reader.delete", DeleteFileA("t"));
  OBSERVE_BOOL("reader.move", MoveFileA("t", "u"));
  OBSERVE_BOOL("reader.copy", CopyFileA("t", "u", TRUE));
  CloseHandle(reader);
  HANDLE writer = open_as("t", GENERIC_WRITE, ALL_SHARED, OPEN_EXISTING);
  OBSERVE_BOOL("writer.read", ReadFile(writer, text, 1, &count, 0));
  OBSERVE_OPEN("writer.reader", open_as("t", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING));
  OBSERVE_OPEN("writer.sharing-reader", open_as("t", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING));
  OBSERVE("writer.size", GetFileSize(writer, 0));
  OBSERVE_BOOL("shared.delete", DeleteFileA("t"));
  OBSERVE_BOOL("shared.still-writes", WriteFile(writer, "more", 4, &count, 0));
  CloseHandle(writer);
  OBSERVE_HEX("shared.gone", GetFileAttributesA("t"));
  HANDLE append = open_as("u", FILE_APPEND_DATA, ALL_SHARED, OPEN_EXISTING);
  DWORD size = GetFileSize(append, 0);
  SetFilePointer(append, 0, 0, FILE_BEGIN);
  OBSERVE_BOOL("append", WriteFile(append, "end", 3, &count, 0));
  OBSERVE("append.size", GetFileSize(append, 0) - size);
  OBSERVE_BOOL("append.end-of-file", SetEndOfFile(append));
  CloseHandle(append);
}

static void handles(void) {
  char text[8] = {0};
  DWORD count, flags = 99;
  SECURITY_ATTRIBUTES security = {sizeof security, 0, TRUE};
  HANDLE file = CreateFileA("h", GENERIC_READ | GENERIC_WRITE, 0, &security, CREATE_ALWAYS, 0, 0), other, reader;
  OBSERVE_BOOL("handle.information", GetHandleInformation(file, &flags));
  OBSERVE("handle.inherited", flags);
  OBSERVE_BOOL("handle.set", SetHandleInformation(file, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE));
  GetHandleInformation(file, &flags);
  OBSERVE("handle.protected", flags);
  OBSERVE_BOOL("handle.protected-close", CloseHandle(file));
  OBSERVE_BOOL("handle.unprotect", SetHandleInformation(file, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
  OBSERVE_BOOL("handle.bad", GetHandleInformation((HANDLE)0x7770, &flags));
  HANDLE self = GetCurrentProcess();
  OBSERVE_BOOL("duplicate", DuplicateHandle(self, file, self, &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
  WriteFile(file, "abcdef", 6, &count, 0);
  OBSERVE_DWORD("duplicate.position", SetFilePointer(other, 0, 0, FILE_CURRENT));
  OBSERVE_BOOL("duplicate.less", DuplicateHandle(self, file, self, &reader, GENERIC_READ, TRUE, 0));
  GetHandleInformation(reader, &flags);
  OBSERVE("duplicate.inherits", flags);
  OBSERVE_BOOL("duplicate.less-write", WriteFile(reader, "x", 1, &count, 0));
  CloseHandle(file);
  SetFilePointer(reader, 2, 0, FILE_BEGIN);
  OBSERVE_BOOL("duplicate.lives", ReadFile(other, text, 2, &count, 0));
  OBSERVE2("duplicate.reads", count, text[0]);
  OBSERVE_BOOL("duplicate.in-use", DeleteFileA("h"));
  CloseHandle(other), CloseHandle(reader);
  OBSERVE_BOOL("duplicate.free", DeleteFileA("h"));
  HANDLE event = CreateEventA(0, 0, 0, 0);
  OBSERVE_BOOL("event.read", ReadFile(event, text, 1, &count, 0));
  OBSERVE_BOOL("event.write", WriteFile(event, text, 1, &count, 0));
  OBSERVE_ERROR("event.type", GetFileType(event));
}

int main(void) {
  dispositions();
  transfer();
  rights();
  handles();
  return 0;
}
