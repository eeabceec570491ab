/* Reading a directory that holds known files, and what is refused, as POSIX has them: lists, places. Its path is the argument. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 64 };

static void refused(const char *what, const DIR *directory) { printf("%s: %d %d\n", what, directory == 0, errno); }

static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }
static int backwards(const struct dirent **a, const struct dirent **b) { return alphasort(b, a); }
static int by_name(const void *a, const void *b) { return strcmp(a, b); }

static void list(const char *path, const char *what, int (*filter)(const struct dirent *), int (*compare)(const struct dirent **, const struct dirent **)) {
  struct dirent **found;
  int count = scandir(path, &found, filter, compare);
  printf("%s: %d", what, count);
  for (int i = 0; i < count; i++) {
    if (compare) printf(" %s%s", found[i]->d_name, found[i]->d_type == DT_DIR ? "/" : "");
    free(found[i]);
  }
  if (count >= 0) free(found);
  printf(" %d\n", count < 0 ? errno : 0);
}

int main(int argc, char **argv) {
  static char names[MOST][256], sorted[MOST][256];
  long places[MOST];
  int count = 0, wrong = 0;
  if (argc < 2) return 1;
  list(argv[1], "all", 0, alphasort);
  list(argv[1], "visible", visible, alphasort);
  list(argv[1], "backwards", visible, backwards);
  list(argv[1], "as they come", 0, 0);
  list("/nonexistent", "absent", 0, 0);
  DIR *directory = opendir(argv[1]);
  struct dirent *entry;
  while (count < MOST && (places[count] = telldir(directory), entry = readdir(directory))) strcpy(names[count++], entry->d_name);
  for (int i = count - 1; i >= 0; i--) {
    seekdir(directory, places[i]);
    entry = readdir(directory);
    wrong += !entry || strcmp(entry->d_name, names[i]) != 0;
    wrong += i + 1 < count && telldir(directory) != places[i + 1];
  }
  printf("places: %d entries, %d wrong\n", count, wrong);
  rewinddir(directory);
  entry = readdir(directory);
  printf("rewound: %d\n", entry && strcmp(entry->d_name, names[0]) == 0);
  memcpy(sorted, names, sizeof names);
  qsort(sorted, (size_t)count, sizeof *sorted, by_name);
  printf("first and last: %s %s\n", sorted[0], sorted[count - 1]);
  int copy = dup(dirfd(directory));
  printf("closed: %d\n", closedir(directory));
  DIR *other = fdopendir(copy);
  int again = 0;
  rewinddir(other);
  while (readdir(other)) again++;
  printf("by descriptor: %d %d\n", dirfd(other) == copy, again == count);
  closedir(other);
  errno = 0;
  directory = fdopendir(copy);
  refused("closed descriptor", directory);
  char path[512];
  snprintf(path, sizeof path, "%s/b", argv[1]);
  errno = 0;
  directory = opendir(path);
  refused("a file", directory);
  int file = open(path, O_RDONLY);
  errno = 0;
  directory = fdopendir(file);
  refused("a file's descriptor", directory);
  return 0;
}
