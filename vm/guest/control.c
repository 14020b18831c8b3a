/*
 * The layer.control port. One request a line: `ID VERB ARGUMENT...`, arguments percent-encoded; one answer a line:
 * `ID ok ADDRESS` (of the window, in hex; 0 without one) or `ID error ERRNO TEXT`. Requests are answered in order. The host side is vm/guest-control.ts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "guest.h"

enum { LINE_MAX_BYTES = 65536, ARGUMENTS_MAX = 8 };

static const char *stage = "";

static int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static void decode(char *text) {
  char *out = text;
  for (; *text; text++) {
    if (*text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
      *out++ = hex(text[1]) * 16 + hex(text[2]);
      text += 2;
    } else {
      *out++ = *text;
    }
  }
  *out = 0;
}

static int restored(char **arguments) {
  unsigned char entropy[256];
  size_t size = 0;
  for (char *text = arguments[1]; text[0] && text[1] && size < sizeof entropy; text += 2)
    entropy[size++] = hex(text[0]) * 16 + hex(text[1]);
  if (size < 32) return -EINVAL;
  int error = restore_after(atoll(arguments[0]), entropy, size, &stage);
  explicit_bzero(entropy, sizeof entropy);
  if (!error) pump_thaw();
  return error;
}

static int wait_booted(void) {
  char *arguments[] = {"/bin/systemctl", "is-system-running", "--wait", NULL};
  int status = run_program(arguments);
  /* 1 is "degraded": some unit failed, the system is up. */
  return status == 0 || status == 1 ? 0 : status < 0 ? status : -EIO;
}

static int freeze(void) {
  pump_freeze();
  return 0;
}

static int thaw(void) {
  pump_thaw();
  return 0;
}

static int perform(const char *verb, char **arguments, int count) {
  if (!strcmp(verb, "ping")) return 0;
  if (!strcmp(verb, "freeze")) return freeze();
  if (!strcmp(verb, "thaw")) return thaw();
  if (!strcmp(verb, "booted")) return wait_booted();
  if (!strcmp(verb, "restored") && count == 2) return restored(arguments);
  if (!strcmp(verb, "clock") && count == 1) return clock_step(atoll(arguments[0]));
  if (!strcmp(verb, "shell") && count == 1) return shell_start(arguments[0]);
  if (!strcmp(verb, "workspace") && count == 1) return pump_start(arguments[0]);
  if (!strcmp(verb, "folder") && count == 1) return make_guest_folder(arguments[0]);
  if (!strcmp(verb, "keep") && count == 2) return keep_folder(arguments[0], arguments[1]);
  if (!strcmp(verb, "overlay") && count == 3) return overlay_mount(arguments[0], arguments[1], arguments[2]);
  if (!strcmp(verb, "unmount") && count == 1) return umount2(arguments[0], MNT_DETACH) ? -errno : 0;
  return -ENOSYS;
}

static void answer(int port, char *line) {
  char *save, *id = strtok_r(line, " ", &save), *verb = strtok_r(NULL, " ", &save), *arguments[ARGUMENTS_MAX];
  if (!id || !verb) return;
  int count = 0;
  for (char *next; count < ARGUMENTS_MAX && (next = strtok_r(NULL, " ", &save)); count++) decode(arguments[count] = next);
  stage = verb;
  int error = perform(verb, arguments, count);
  char reply[256];
  int size = error ? snprintf(reply, sizeof reply, "%.20s error %d %.80s: %.80s\n", id, -error, stage, strerror(-error))
                   : snprintf(reply, sizeof reply, "%.20s ok %llx\n", id, (unsigned long long)window_address());
  if (port_write(port, reply, size)) abort();
}

void control_serve(int port) {
  static char line[LINE_MAX_BYTES];
  size_t used = 0;
  for (;;) {
    long got = port_read(port, line + used, sizeof line - used);
    if (got < 0) abort();
    used += got;
    for (char *end; (end = memchr(line, '\n', used));) {
      *end = 0;
      size_t taken = end + 1 - line;
      answer(port, line);
      memmove(line, line + taken, used -= taken);
    }
    if (used == sizeof line) used = 0; /* a line no host of ours sends */
  }
}
