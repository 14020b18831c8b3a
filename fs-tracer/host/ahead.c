/*
 * What ./layer does before there is a Node.
 *
 *   layer-look FILE                       writes what a look at FILE told to stdout (look.c)
 *   layer-look --ahead FOLDER COMMAND...  becomes COMMAND; meanwhile a child looks at what FOLDER/KEY names, if it is there
 *
 * Where FOLDER/KEY.FACTS says what COMMAND printed when nothing was to run, and still nothing is (replay.c), that is printed again and
 * COMMAND is never started.
 *
 * KEY is 16 hexadecimal digits (FNV-1a) of the working folder and the arguments after COMMAND and its own options (see
 * key_of), FACTS 32 of all else. They are in the environment of COMMAND as LAYER_LOOK=KEY,FACTS, or as
 * LAYER_LOOK=KEY,FACTS,ANSWER,END where somebody looks: two descriptors, a file that holds the answer once the pipe END is closed.
 * Starting it before Node is what this is for: Node takes 30 ms to start, and another processor can look meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "look.h"

static uint64_t mixed(uint64_t hash, const char *text) {
  do hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
  while (*text++);
  return hash;
}

/* What the same command gives in the same folder. COMMAND itself and its options for Node do not count. */
static uint64_t key_of(char **command) {
  char folder[4096];
  uint64_t hash = mixed(0xcbf29ce484222325, getcwd(folder, sizeof folder) ? folder : "");
  command++;
  while (*command && **command == '-') command++;
  for (; *command && *++command;) hash = mixed(hash, *command);
  return hash;
}

/* An answer, and a pipe that is closed when it is whole; -1 where there is none. */
struct answer {
  int file, end;
};

/* Leaves a child that looks. */
static struct answer look_ahead(const char *looks) {
  struct answer none = {-1, -1};
  int ends[2];
  if (access(looks, R_OK) || pipe(ends)) return none;
  int answer = memfd_create("layer-look", 0);
  pid_t parent = getpid();
  pid_t child = answer < 0 ? -1 : fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    close(ends[0]);
    for (int standard = 0; standard < 3; standard++) close(standard);
    _exit(look(looks, answer));
  }
  close(ends[1]);
  if (child > 0) return (struct answer){answer, ends[0]};
  close(ends[0]);
  if (answer >= 0) close(answer);
  return none;
}

/* Of a look that was made already. */
static struct answer answer_with(const struct looked *looked) {
  int ends[2], answer = memfd_create("layer-look", 0);
  if (answer < 0 || write_looked(looked, answer) || pipe(ends)) {
    if (answer >= 0) close(answer);
    return (struct answer){-1, -1};
  }
  close(ends[1]);
  return (struct answer){answer, ends[0]};
}

int become_looking(const char *folder, char **command) {
  char looks[4096], setting[96];
  uint64_t key = key_of(command);
  struct facts facts = find_facts(folder);
  struct looked looked = {.seen = NULL};
  struct answer answer = {-1, -1};
  if (snprintf(looks, sizeof looks, "%s/%016" PRIx64, folder, key) < (int)sizeof looks) {
    if (replay(folder, key, facts, looks, &looked)) exit(0);
    answer = looked.seen ? answer_with(&looked) : look_ahead(looks);
  }
  int length = snprintf(setting, sizeof setting, "%016" PRIx64 ",%016" PRIx64 "%016" PRIx64, key, facts.first, facts.second);
  if (answer.file >= 0) snprintf(setting + length, sizeof setting - length, ",%d,%d", answer.file, answer.end);
  setenv("LAYER_LOOK", setting, 1);
  execv(command[0], command);
  fprintf(stderr, "layer: cannot start %s: %s\n", command[0], strerror(errno));
  return 127;
}
