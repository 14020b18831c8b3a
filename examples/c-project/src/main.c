#include "count.h"

int main(void) {
  struct count count = count_stream(stdin);
  printf("%ld lines, %ld words, %ld bytes\n", count.lines, count.words, count.bytes);
  return ferror(stdin) ? 1 : 0;
}
