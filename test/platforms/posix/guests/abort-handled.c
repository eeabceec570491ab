/* A handler of SIGABRT that returns. */
extern void abort(void);
void handler(int s) { out("handled "); }
int main() {
  word act[24] = {0};
  act[0] = (word)handler;
  sigaction(6, act, 0);
  abort();
}
