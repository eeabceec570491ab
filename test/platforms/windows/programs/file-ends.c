/* What becomes of files when the program ends, however that is; and what a grant does not give. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static HANDLE create(const char *name, DWORD access, DWORD flags) {
  return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0, CREATE_ALWAYS, flags, 0);
}

#define TRY(call) \
  do { \
    SetLastError(0); \
    int done = !!(call); \
    printf("%s %d %lu\n", #call, done, done ? 0 : GetLastError()); \
    fflush(stdout); \
  } while (0)

int main(int argc, char **argv) {
  const char *what = argv[1];
  DWORD count;
  if (!strcmp(what, "grant")) {
    TRY(RemoveDirectoryA("C:\\granted"));
    TRY(MoveFileA("C:\\granted", "C:\\other"));
    TRY(CreateDirectoryA("C:\\granted", 0));
    TRY(CreateDirectoryA("C:\\other", 0));
    TRY(DeleteFileA("C:\\granted"));
    TRY(create("C:\\other.txt", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE);
    TRY(create("C:\\granted\\..\\other.txt", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE);
    TRY(create("C:\\granted\\link", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE);
    TRY(CopyFileA("C:\\granted\\link", "C:\\granted\\copy", TRUE));
    TRY(GetFileAttributesA("C:\\granted\\link") != INVALID_FILE_ATTRIBUTES);
    TRY(create("C:\\granted\\inside", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE);
    WIN32_FIND_DATAA found;
    HANDLE search = FindFirstFileA("C:\\granted\\*", &found);
    do printf("%s\n", found.cFileName);
    while (FindNextFileA(search, &found));
    return 0;
  }
  if (!strcmp(what, "none")) {
    TRY(create("file", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE);
    TRY(create("C:\\file", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE);
    TRY(create("C:\\directory\\file", GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE);
    return 0;
  }
  HANDLE file = create("mapped", GENERIC_READ | GENERIC_WRITE, 0);
  HANDLE section = CreateFileMappingA(file, 0, PAGE_READWRITE, 0, 10000, 0);
  char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
  strcpy(view + 9000, "written");
  HANDLE temporary = create("temporary", GENERIC_WRITE, FILE_FLAG_DELETE_ON_CLOSE);
  WriteFile(temporary, "x", 1, &count, 0);
  HANDLE other = create("deleted", GENERIC_WRITE, 0);
  printf("%d %d\n", DeleteFileA("deleted"), GetFileAttributesA("temporary") == FILE_ATTRIBUTE_ARCHIVE);
  fflush(stdout);
  (void)other;
  if (!strcmp(what, "close")) CloseHandle(file), CloseHandle(section);
  if (!strcmp(what, "crash")) *(volatile int *)0 = 0;
  if (!strcmp(what, "loop"))
    for (;;) *(volatile int *)&count = 1;
  return 0;
}
