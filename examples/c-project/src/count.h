#ifndef COUNT_H
#define COUNT_H

#include <stdio.h>

struct count {
  long lines;
  long words;
  long bytes;
};

/** Counts what is left of a stream. */
struct count count_stream(FILE *stream);

#endif
