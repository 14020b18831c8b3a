/*
 * Performs file operations and prints what a program learns from each: contents, sizes, types, names, link targets, errors.
 * Never what Layer does not promise to reproduce: no times, owners, inode numbers or order of names.
 *
 * Standard input, one line each: `case NAME` begins a process of its own in /w/NAME/1/2/3; each line after it is an operation
 * with its arguments, percent-encoded. Printed: `NAME NUMBER RESULT` for each operation, numbers counting from 0 in each case.
 *
 * `background N` leaves a process behind that has the same working folder and open files; `ask N OPERATION...`, also of a
 * later run of this program, has it perform an operation. As the interpreter of a script (`#!/…/operations`) it prints the
 * script's content.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 8, SLOTS = 4, MANY = 4096, PAGE = 4096, TEXT = 1 << 17, LINE = 1 << 14, PARALLEL = 8, LIMIT_S = 120 };

static char out[TEXT], case_name[64];
static size_t out_used;
static int slots[SLOTS] = {-1, -1, -1, -1};
static char *maps[SLOTS];
static size_t map_sizes[SLOTS];
/* Who reads what is printed: waits for the end of all that have it open. */
static int reader = -1;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(out + out_used, sizeof out - out_used, format, arguments);
  va_end(arguments);
  if (size > 0 && out_used + size < sizeof out) out_used += size;
}

static void say_error(void) { say("errno=%d", errno); }

static void say_result(int result) {
  if (result < 0) say_error();
  else say("ok");
}

/* FNV-1a, 64 bits: enough to see that bytes differ. */
struct digest {
  uint64_t hash;
  size_t size;
};

static const struct digest NOTHING = {14695981039346656037u, 0};

static void add(struct digest *digest, const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) digest->hash = (digest->hash ^ (unsigned char)bytes[i]) * 1099511628211u;
  digest->size += size;
}

static void say_digest(const struct digest *digest) {
  say("%zu:%016llx", digest->size, (unsigned long long)digest->hash);
}

/* ---- contents */

static void say_stream(int file) {
  static char buffer[1 << 16];
  struct digest digest = NOTHING;
  ssize_t got;
  while ((got = read(file, buffer, sizeof buffer)) > 0) add(&digest, buffer, got);
  say_digest(&digest);
  if (got < 0) say(" "), say_error();
}

static int open_file(const char *path, int flags) { return open(path, flags | O_CLOEXEC | O_NONBLOCK, 0644); }

static void with_file(const char *path, void (*use)(int)) {
  int file = open_file(path, O_RDONLY);
  if (file < 0) return say_error();
  use(file);
  close(file);
}

static void part(char **words) {
  static char buffer[1 << 16];
  int file = open_file(words[1], O_RDONLY);
  if (file < 0) return say_error();
  ssize_t got = pread(file, buffer, atol(words[3]), atol(words[2]));
  struct digest digest = NOTHING;
  if (got < 0) say_error();
  else add(&digest, buffer, got), say_digest(&digest);
  close(file);
}

static sigjmp_buf after_fault;

static void on_fault(int signal) {
  (void)signal;
  siglongjmp(after_fault, 1);
}

static void say_memory(const char *memory, size_t size) {
  signal(SIGBUS, on_fault);
  for (size_t at = 0; at < size || at == 0; at += PAGE) {
    struct digest digest = NOTHING;
    if (sigsetjmp(after_fault, 1)) say(" bus");
    else add(&digest, memory + at, size - at < PAGE ? size - at : PAGE), say(" "), say_digest(&digest);
  }
}

static void say_mapped(int file) {
  struct stat found;
  if (fstat(file, &found)) return say_error();
  say("%lld", (long long)found.st_size);
  if (found.st_size == 0 || !S_ISREG(found.st_mode)) return;
  char *memory = mmap(NULL, found.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (memory == MAP_FAILED) return say_error();
  say_memory(memory, found.st_size);
  munmap(memory, found.st_size);
}

/* Without asking for the size first. */
static void say_mapped_blindly(int file) {
  char *memory = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return say_error();
  say_memory(memory, 2 * PAGE);
  munmap(memory, 2 * PAGE);
}

static void say_sent(int file) {
  int target = memfd_create("sent", MFD_CLOEXEC);
  ssize_t sent;
  size_t total = 0;
  while ((sent = sendfile(target, file, NULL, 1 << 20)) > 0) total += sent;
  say("%zu ", total);
  if (sent < 0) say_error();
  lseek(target, 0, SEEK_SET);
  say_stream(target);
  close(target);
}

static void say_end(int file) {
  off_t end = lseek(file, 0, SEEK_END);
  if (end < 0) say_error();
  else say("%lld", (long long)end);
}

static void copy(char **words) {
  int from = open_file(words[1], O_RDONLY), to = from < 0 ? -1 : open_file(words[2], O_WRONLY | O_CREAT | O_TRUNC);
  if (from < 0 || to < 0) {
    say_error();
  } else {
    ssize_t copied;
    while ((copied = copy_file_range(from, NULL, to, NULL, 1 << 20, 0)) > 0) say("%zd ", copied);
    if (copied < 0) say_error(), say(" ");
    static char buffer[1 << 16];
    ssize_t got;
    while ((got = read(from, buffer, sizeof buffer)) > 0)
      if (write(to, buffer, got) != got) say_error();
    say(got < 0 ? "unread" : "copied");
  }
  if (from >= 0) close(from);
  if (to >= 0) close(to);
}

/* ---- names and attributes */

static char type_letter(mode_t mode) {
  return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISSOCK(mode) ? 's' : '?';
}

static void say_stat(int result, const struct stat *found) {
  if (result < 0) return say_error();
  say("%c", type_letter(found->st_mode));
  if (S_ISREG(found->st_mode)) say("%s:%lld", found->st_mode & 0100 ? "+x" : "", (long long)found->st_size);
  if (S_ISLNK(found->st_mode)) say(":%lld", (long long)found->st_size);
}

static void say_name(const char *name) {
  for (; *name; name++) {
    unsigned char byte = *name;
    if (byte <= ' ' || byte > '~' || byte == '%') say("%%%02X", byte);
    else say("%c", byte);
  }
}

static int by_text(const void *one, const void *other) { return strcmp(*(char *const *)one, *(char *const *)other); }

/* Sorted lines: each a text made by say(). */
static char *lines[MANY];
static size_t line_count;

static void sort_and_say(size_t from) {
  qsort(lines, line_count, sizeof *lines, by_text);
  out_used = from;
  for (size_t i = 0; i < line_count; i++) {
    say("%s ", lines[i]);
    free(lines[i]);
  }
  say("(%zu)", line_count);
  line_count = 0;
}

static void end_line(size_t from) {
  if (line_count < MANY) lines[line_count++] = strndup(out + from, out_used - from);
  out_used = from;
}

static void list_folder(DIR *folder, bool attributes) {
  size_t from = out_used;
  rewinddir(folder);
  errno = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    say_name(entry->d_name);
    say("=%c", entry->d_type == DT_UNKNOWN ? '?' : type_letter(DTTOIF(entry->d_type)));
    struct stat found;
    if (attributes) say("/"), say_stat(fstatat(dirfd(folder), entry->d_name, &found, AT_SYMLINK_NOFOLLOW), &found);
    end_line(from);
  }
  int error = errno;
  sort_and_say(from);
  if (error) errno = error, say_error();
}

static void list(const char *path, bool attributes) {
  DIR *folder = opendir(path);
  if (!folder) return say_error();
  list_folder(folder, attributes);
  closedir(folder);
}

static size_t walk_from;

static int walked(const char *path, const struct stat *found, int kind, struct FTW *place) {
  (void)place;
  say_name(path);
  say("=");
  if (kind == FTW_NS) say("?");
  else say_stat(0, found);
  end_line(walk_from);
  return 0;
}

static void walk(const char *path) {
  walk_from = out_used;
  int result = nftw(path, walked, 8, FTW_PHYS);
  int error = errno;
  sort_and_say(walk_from);
  if (result < 0) errno = error, say_error();
}

static int removed(const char *path, const struct stat *found, int kind, struct FTW *place) {
  (void)found, (void)place;
  if ((kind == FTW_DP || kind == FTW_DNR ? rmdir(path) : unlink(path)) < 0) say("%d ", errno);
  return 0;
}

static void read_link(const char *path) {
  char target[PAGE];
  ssize_t size = readlink(path, target, sizeof target - 1);
  if (size < 0) return say_error();
  target[size] = 0;
  say_name(target);
}

/* ---- programs */

static void execute(const char *path) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return say_error();
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    char *arguments[] = {(char *)path, NULL};
    execv(path, arguments);
    _exit(errno);
  }
  close(ends[1]);
  say_stream(ends[0]);
  close(ends[0]);
  int status;
  if (waitpid(child, &status, 0) == child) say(" status=%d", status);
}

/* ---- writing */

static void put(const char *path, int flags, const char *text) {
  int file = open_file(path, O_WRONLY | flags);
  if (file < 0) return say_error();
  if (write(file, text, strlen(text)) < 0) say_error();
  else say("ok");
  close(file);
}

/* ---- open files */

static void slot_open(int slot, const char *path, int flags) {
  if (slots[slot] >= 0) close(slots[slot]);
  slots[slot] = open_file(path, O_RDONLY | flags);
  say_result(slots[slot]);
}

static void slot_read(int slot) {
  if (lseek(slots[slot], 0, SEEK_SET) < 0) return say_error();
  say_stream(slots[slot]);
}

static void slot_list(int slot) {
  int again = dup(slots[slot]);
  DIR *folder = again < 0 ? NULL : fdopendir(again);
  if (!folder) {
    say_error();
    if (again >= 0) close(again);
    return;
  }
  list_folder(folder, false);
  closedir(folder);
}

static void slot_stat(int slot) {
  struct stat found;
  say_stat(fstat(slots[slot], &found), &found);
}

static void slot_map(int slot) {
  struct stat found;
  if (maps[slot]) munmap(maps[slot], map_sizes[slot]);
  maps[slot] = NULL;
  if (fstat(slots[slot], &found)) return say_error();
  say("%lld ", (long long)found.st_size);
  map_sizes[slot] = found.st_size;
  void *memory = mmap(NULL, found.st_size, PROT_READ, MAP_PRIVATE, slots[slot], 0);
  if (memory == MAP_FAILED) say_error();
  else maps[slot] = memory, say("ok");
}

/* ---- background processes */

static void perform(char **words);

static socklen_t background_address(struct sockaddr_un *address, const char *number) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  /* Abstract: in no folder. */
  int size = snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "soundness/%s/%s", case_name, number);
  return offsetof(struct sockaddr_un, sun_path) + 1 + size;
}

static size_t split(char *line, char **words) {
  size_t count = 0;
  memset(words, 0, sizeof *words * WORDS);
  for (char *save, *word = strtok_r(line, " ", &save); word && count < WORDS - 1; word = strtok_r(NULL, " ", &save)) {
    char *to = word;
    words[count++] = word;
    for (char *from = word; *from; from++) {
      char digits[3] = {from[0] == '%' ? from[1] : 0, from[0] == '%' && from[1] ? from[2] : 0, 0};
      if (digits[1]) *to++ = strtol(digits, NULL, 16), from += 2;
      else *to++ = *from;
    }
    *to = 0;
  }
  for (size_t i = count; i < WORDS; i++) words[i] = "";
  return count;
}

static void serve(int listener) {
  static char line[LINE];
  for (;;) {
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (peer < 0) continue;
    ssize_t got = read(peer, line, sizeof line - 1);
    char *words[WORDS];
    line[got < 0 ? 0 : got] = 0;
    out_used = 0;
    split(line, words);
    perform(words);
    if (write(peer, out, out_used) < 0) _exit(1);
    close(peer);
  }
}

static void background(const char *number) {
  struct sockaddr_un address;
  socklen_t size = background_address(&address, number);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4)) {
    say_error();
    close(listener);
    return;
  }
  if (fork() == 0) {
    setsid();
    close(reader);
    int nowhere = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++) dup2(nowhere, i);
    serve(listener);
  }
  close(listener);
  say("ok");
}

static void ask(char **words) {
  struct sockaddr_un address;
  char line[LINE] = "";
  socklen_t size = background_address(&address, words[1]);
  int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  size_t used = 0;
  for (int i = 2; i < WORDS && *words[i]; i++) {
    if (i > 2) line[used++] = ' ';
    for (const char *byte = words[i]; *byte; byte++) used += sprintf(line + used, "%%%02X", (unsigned char)*byte);
  }
  if (connect(peer, (struct sockaddr *)&address, size) || write(peer, line, used) < 0) say_error();
  ssize_t got;
  while ((got = read(peer, out + out_used, sizeof out - out_used)) > 0) out_used += got;
  close(peer);
}

/* ---- */

static int slot_of(char **words) { return words[1][0] & (SLOTS - 1); }

static bool perform_on_slot(char **words) {
  const char *verb = words[0];
  int slot = slot_of(words);
  if (!strcmp(verb, "slot-open")) slot_open(slot, words[2], 0);
  else if (!strcmp(verb, "slot-open-folder")) slot_open(slot, words[2], O_DIRECTORY);
  else if (!strcmp(verb, "slot-read")) slot_read(slot);
  else if (!strcmp(verb, "slot-list")) slot_list(slot);
  else if (!strcmp(verb, "slot-stat")) slot_stat(slot);
  else if (!strcmp(verb, "slot-map")) slot_map(slot);
  else if (!strcmp(verb, "slot-read-map")) maps[slot] ? say_memory(maps[slot], map_sizes[slot]) : say("none");
  else return false;
  return true;
}

static bool perform_write(char **words) {
  const char *verb = words[0], *path = words[1];
  if (!strcmp(verb, "write")) put(path, O_CREAT | O_TRUNC, words[2]);
  else if (!strcmp(verb, "create")) put(path, O_CREAT | O_EXCL, words[2]);
  else if (!strcmp(verb, "append")) put(path, O_APPEND, words[2]);
  else if (!strcmp(verb, "truncate")) say_result(truncate(path, atol(words[2])));
  else if (!strcmp(verb, "rename")) say_result(rename(path, words[2]));
  else if (!strcmp(verb, "unlink")) say_result(unlink(path));
  else if (!strcmp(verb, "remove-folder")) say_result(rmdir(path));
  else if (!strcmp(verb, "remove-all")) say_result(nftw(path, removed, 8, FTW_PHYS | FTW_DEPTH));
  else if (!strcmp(verb, "make-folder")) say_result(mkdir(path, 0755));
  else if (!strcmp(verb, "make-link")) say_result(symlink(words[2], path));
  else if (!strcmp(verb, "hard-link")) say_result(link(path, words[2]));
  else if (!strcmp(verb, "mode")) say_result(chmod(path, strtol(words[2], NULL, 8)));
  else if (!strcmp(verb, "copy")) copy(words);
  else return false;
  return true;
}

static void perform(char **words) {
  const char *verb = words[0], *path = words[1];
  struct stat found;
  if (perform_write(words) || perform_on_slot(words)) return;
  if (!strcmp(verb, "read")) with_file(path, say_stream);
  else if (!strcmp(verb, "part")) part(words);
  else if (!strcmp(verb, "map")) with_file(path, say_mapped);
  else if (!strcmp(verb, "map-blindly")) with_file(path, say_mapped_blindly);
  else if (!strcmp(verb, "send")) with_file(path, say_sent);
  else if (!strcmp(verb, "end")) with_file(path, say_end);
  else if (!strcmp(verb, "stat")) say_stat(stat(path, &found), &found);
  else if (!strcmp(verb, "look")) say_stat(lstat(path, &found), &found);
  else if (!strcmp(verb, "exists")) say_result(access(path, F_OK));
  else if (!strcmp(verb, "may-execute")) say_result(access(path, X_OK));
  else if (!strcmp(verb, "list")) list(path, false);
  else if (!strcmp(verb, "list-all")) list(path, true);
  else if (!strcmp(verb, "walk")) walk(path);
  else if (!strcmp(verb, "link")) read_link(path);
  else if (!strcmp(verb, "execute")) execute(path);
  else if (!strcmp(verb, "enter")) say_result(chdir(path));
  else if (!strcmp(verb, "background")) background(path);
  else if (!strcmp(verb, "ask")) ask(words);
  else say("unknown operation %s", verb);
}

/* One case: `line` is the first of its operations; ends at `end`. */
static void run_case(char *line, char *end) {
  alarm(LIMIT_S);
  char folder[128];
  snprintf(folder, sizeof folder, "/w/%s/1/2/3", case_name);
  bool there = chdir(folder) == 0;
  for (int number = 0; line < end; number++) {
    char *words[WORDS], *next = memchr(line, '\n', end - line);
    *next = 0;
    out_used = 0;
    say("%s %d ", case_name, number);
    split(line, words);
    if (there) perform(words);
    else say("no folder");
    say("\n");
    if (write(1, out, out_used) < 0) _exit(1);
    line = next + 1;
  }
  _exit(0);
}

static char *read_input(size_t *size) {
  size_t room = 1 << 22;
  char *text = malloc(room);
  ssize_t got;
  for (*size = 0; *size < room && (got = read(0, text + *size, room - *size)) > 0;) *size += got;
  return text;
}

static pid_t running[PARALLEL];
static char running_names[PARALLEL][sizeof case_name];

static void wait_for_one(void) {
  int status;
  pid_t ended = wait(&status);
  for (int i = 0; i < PARALLEL; i++) {
    if (running[i] != ended) continue;
    if (status) dprintf(1, "%s ended %d\n", running_names[i], status);
    running[i] = 0;
  }
}

/* Several at once: most of the time they wait for the disk or for an answer from outside. */
static void start_case(char *first, char *end) {
  int free = 0;
  while (free < PARALLEL && running[free]) free++;
  if (free == PARALLEL) {
    wait_for_one();
    for (free = 0; running[free];) free++;
  }
  strcpy(running_names[free], case_name);
  if ((running[free] = fork()) == 0) run_case(first, end);
}

static bool any_running(void) {
  for (int i = 0; i < PARALLEL; i++)
    if (running[i]) return true;
  return false;
}

int main(int count, char **arguments) {
  if (count > 1) {
    with_file(arguments[1], say_stream);
    return write(1, out, out_used) < 0;
  }
  size_t size;
  char *text = read_input(&size), *end = text + size;
  /* All at once in the end: each write of its own would be a message of the shell that this runs in. */
  int printed = memfd_create("printed", MFD_CLOEXEC);
  reader = fcntl(1, F_DUPFD_CLOEXEC, 3);
  dup2(printed, 1);
  close(printed);
  /* Processes share the file's position, and for such a file the kernel does not guard that. */
  fcntl(1, F_SETFL, O_APPEND);
  for (char *at = text; at < end;) {
    char *first = memchr(at, '\n', end - at) + 1, *next = first;
    while (next < end && strncmp(next, "case ", 5)) next = (char *)memchr(next, '\n', end - next) + 1;
    snprintf(case_name, sizeof case_name, "%.*s", (int)(first - 1 - (at + 5)), at + 5);
    start_case(first, next);
    at = next;
  }
  while (any_running()) wait_for_one();
  off_t from = 0;
  while (sendfile(reader, 1, &from, 1 << 20) > 0) continue;
  return 0;
}
