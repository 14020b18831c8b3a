#include "count.h"

#include <ctype.h>
#include <stdbool.h>

struct count count_stream(FILE *stream) {
  struct count count = {0, 0, 0};
  bool in_word = false;
  for (int c; (c = getc(stream)) != EOF;) {
    count.bytes++;
    if (c == '\n') count.lines++;
    bool is_word = !isspace(c);
    if (is_word && !in_word) count.words++;
    in_word = is_word;
  }
  return count;
}
