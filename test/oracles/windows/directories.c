//! platforms: w3i6mv w3i3mv=w3i6mv
/* Files and directories by name: attributes, removal, moving, copying, and FindFirstFile with its patterns. */
#include "last-error.h"

static int make(const char *name, const char *text) {
  DWORD count;
  HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, 0, CREATE_ALWAYS, 0, 0);
  if (file == INVALID_HANDLE_VALUE) return 0;
  WriteFile(file, text, strlen(text), &count, 0);
  return CloseHandle(file);
}

/** The names that a pattern finds, sorted, since Wine does not sort them; and the error at the end. */
static void find(const char *name, const char *pattern) {
  WIN32_FIND_DATAA found;
  char names[20][16];
  int count = 0;
  SetLastError(0xdead);
  HANDLE search = FindFirstFileA(pattern, &found);
  if (search != INVALID_HANDLE_VALUE) {
    do {
      int at = count++;
      for (; at > 0 && strcmp(names[at - 1], found.cFileName) > 0; at--) strcpy(names[at], names[at - 1]);
      strcpy(names[at], found.cFileName);
    } while (count < 20 && FindNextFileA(search, &found));
  }
  DWORD error = GetLastError();
  if (search != INVALID_HANDLE_VALUE) FindClose(search);
  observe_text(name);
  for (int i = 0; i < count; i++) observe_text(" "), observe_text(names[i]);
  observe_number(error), observe_end();
}

int main(void) {
  WIN32_FILE_ATTRIBUTE_DATA data;
  WIN32_FIND_DATAA found;
  WIN32_FIND_DATAW wide;
  OBSERVE_HEX("attributes.none", GetFileAttributesA("a"));
  OBSERVE_DWORD("attributes.error", GetFileAttributesA("a"));
  OBSERVE_DWORD("attributes.no-directory", GetFileAttributesA("none\\a"));
  OBSERVE_DWORD("attributes.empty", GetFileAttributesA(""));
  OBSERVE_DWORD("attributes.star", GetFileAttributesA("*"));
  OBSERVE("make", make("a", "hello"));
  OBSERVE_HEX("attributes.file", GetFileAttributesA("a"));
  OBSERVE_HEX("attributes.wide", GetFileAttributesW(L"a"));
  OBSERVE_HEX("attributes.here", GetFileAttributesA("."));
  OBSERVE_BOOL("attributes-ex", GetFileAttributesExA("a", GetFileExInfoStandard, &data));
  OBSERVE3("attributes-ex.values", data.dwFileAttributes, data.nFileSizeLow, data.nFileSizeHigh);
  OBSERVE_BOOL("attributes-ex.none", GetFileAttributesExA("b", GetFileExInfoStandard, &data));
  OBSERVE_BOOL("attributes-ex.level", GetFileAttributesExA("a", 7, &data));

  OBSERVE_BOOL("directory.make", CreateDirectoryA("d", 0));
  OBSERVE_BOOL("directory.again", CreateDirectoryA("d", 0));
  OBSERVE_BOOL("directory.is-file", CreateDirectoryA("a", 0));
  OBSERVE_BOOL("directory.no-parent", CreateDirectoryA("none\\d", 0));
  OBSERVE_BOOL("directory.empty-name", CreateDirectoryA("", 0));
  OBSERVE_BOOL("directory.inside", CreateDirectoryA("d\\e", 0));
  OBSERVE_BOOL("directory.slash", CreateDirectoryA("d/f", 0));
  OBSERVE_BOOL("directory.wide", CreateDirectoryW(L"d\\g", 0));
  OBSERVE_HEX("directory.attributes", GetFileAttributesA("d"));
  OBSERVE_HEX("directory.attributes-slash", GetFileAttributesA("d\\"));
  OBSERVE_BOOL("remove.full", RemoveDirectoryA("d"));
  OBSERVE_BOOL("remove.file", RemoveDirectoryA("a"));
  OBSERVE_BOOL("remove.none", RemoveDirectoryA("x"));
  OBSERVE_BOOL("remove.no-parent", RemoveDirectoryA("x\\y"));
  OBSERVE_BOOL("remove", RemoveDirectoryA("d\\e"));
  OBSERVE_BOOL("remove.wide", RemoveDirectoryW(L"d\\f"));
  OBSERVE_BOOL("remove.slash", RemoveDirectoryA("d\\g\\"));

  OBSERVE_BOOL("delete.none", DeleteFileA("x"));
  OBSERVE_BOOL("delete.no-parent", DeleteFileA("x\\y"));
  OBSERVE_BOOL("delete.directory", DeleteFileA("d"));
  OBSERVE_BOOL("delete.empty-name", DeleteFileA(""));
  OBSERVE_BOOL("delete.star", DeleteFileA("*"));
  make("x", "x");
  OBSERVE_BOOL("delete", DeleteFileA("x"));
  OBSERVE_BOOL("delete.again", DeleteFileW(L"x"));

  make("b", "second");
  OBSERVE_BOOL("move.exists", MoveFileA("a", "b"));
  OBSERVE_BOOL("move.none", MoveFileA("x", "y"));
  OBSERVE_BOOL("move.no-parent", MoveFileA("a", "none\\a"));
  OBSERVE_BOOL("move.itself", MoveFileA("a", "a"));
  OBSERVE_BOOL("move", MoveFileA("a", "c"));
  OBSERVE_BOOL("move.into", MoveFileW(L"c", L"d\\c"));
  OBSERVE_BOOL("move.replace", MoveFileExA("d\\c", "b", MOVEFILE_REPLACE_EXISTING));
  GetFileAttributesExA("b", GetFileExInfoStandard, &data);
  OBSERVE("move.replaced", data.nFileSizeLow);
  OBSERVE_BOOL("move.replace-directory", MoveFileExA("b", "d", MOVEFILE_REPLACE_EXISTING));
  OBSERVE_BOOL("move.directory", MoveFileA("d", "directory"));
  OBSERVE_HEX("move.directory-is", GetFileAttributesA("directory"));

  OBSERVE_BOOL("copy", CopyFileA("b", "copy", TRUE));
  OBSERVE_BOOL("copy.exists", CopyFileA("b", "copy", TRUE));
  OBSERVE_BOOL("copy.over", CopyFileA("b", "copy", FALSE));
  OBSERVE_BOOL("copy.none", CopyFileA("x", "copy", FALSE));
  OBSERVE_BOOL("copy.no-parent", CopyFileW(L"b", L"none\\copy", FALSE));
  OBSERVE_BOOL("copy.directory", CopyFileA("directory", "copied", FALSE));
  OBSERVE_BOOL("copy.itself", CopyFileA("b", "b", FALSE));

  const char *names[] = {"one.txt", "two.txt", "three.c", "Four.TXT", "noext"};
  for (int i = 0; i < 5; i++) {
    char path[32] = "directory\\";
    make(strcat(path, names[i]), names[i]);
  }
  find("find.all", "directory\\*");
  find("find.all-dots", "directory\\*.*");
  find("find.slash", "directory/*");
  find("find.txt", "directory\\*.txt");
  find("find.question", "directory\\t??.txt");
  find("find.prefix", "directory\\t*");
  find("find.exact", "directory\\noext");
  find("find.case", "directory\\ONE.TXT");
  find("find.nothing", "directory\\*.z");
  find("find.no-directory", "none\\*");
  find("find.directory", "directory");
  find("find.trailing", "directory\\");
  find("find.empty", "");
  find("find.here", "b*");
  HANDLE search = FindFirstFileA("directory\\three.c", &found);
  OBSERVE3("find.data", found.dwFileAttributes, found.nFileSizeLow, found.nFileSizeHigh);
  OBSERVE_TEXT("find.name", found.cFileName);
  OBSERVE_BOOL("find.next", FindNextFileA(search, &found));
  OBSERVE_BOOL("find.close", FindClose(search));
  search = FindFirstFileW(L"directory\\o*", &wide);
  OBSERVE3("find.wide", search != INVALID_HANDLE_VALUE, wide.cFileName[0], wide.cFileName[6]);
  OBSERVE_BOOL("find.wide-next", FindNextFileW(search, &wide));
  FindClose(search);
  OBSERVE_BOOL("find.bad-next", FindNextFileA(INVALID_HANDLE_VALUE, &found));
  OBSERVE_BOOL("find.bad-close", FindClose(INVALID_HANDLE_VALUE));
  OBSERVE_BOOL("remove.full-again", RemoveDirectoryA("directory"));
  return 0;
}
