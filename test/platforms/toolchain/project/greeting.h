#define GREETING "good day"
int greet(const char *name);
