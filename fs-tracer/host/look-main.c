/* layer-look: see look.c. */
#include <stdio.h>
#include <string.h>

#include "look.h"

int main(int count, char **arguments) {
  if (count >= 4 && strcmp(arguments[1], "--ahead") == 0) return become_looking(arguments[2], arguments + 3);
  if (count == 2) return look(arguments[1], 1);
  fprintf(stderr, "usage: layer-look FILE | layer-look --ahead FOLDER COMMAND...\n");
  return 2;
}
