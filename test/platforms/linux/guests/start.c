/* Prints argv[1], envp[0], and the page size and platform of the auxiliary vector. */
int main(int argc, char **argv, char **envp) {
  word *aux = (word *)envp;
  while (*aux) aux++;
  aux++;
  out("hello ");
  out(argv[1]);
  out(" ");
  out(envp[0]);
  for (; aux[0]; aux += 2) {
    if (aux[0] == 6) {
      out(" page ");
      hex(aux[1]);
    }
    if (aux[0] == 31) {
      out(" ");
      out((char *)aux[1]);
    }
  }
  return argc;
}
