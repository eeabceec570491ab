#include <stdio.h>
#include "greeting.h"

int greet(const char *name) { return printf("%s, %s\n", GREETING, name); }
