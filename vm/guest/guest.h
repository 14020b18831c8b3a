/*
 * layer-guest: the one process of ours inside the machine. It owns three virtio-serial ports:
 *   layer.control  requests of the host, one line each (control.c);
 *   layer.fs       FUSE messages, copied to and from /dev/fuse (pump.c);
 *   layer.ssh      one `sshd -i` at a time (shell.c).
 * It keeps no secrets and trusts the host; the host does not trust it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens the port called `name` (found in /sys/class/virtio-ports). Returns a descriptor, or -1 with errno. */
int port_open(const char *name);
/* Returns when there is something to read, without spinning while the host is not connected. */
void port_wait(int port);
/* Reads at least one byte; waits, without spinning, while the host is not connected. Returns -1 on a real error. */
long port_read(int port, void *buffer, size_t size);
/* Writes all of it. Returns 0, or -1 on a real error. */
int port_write(int port, const void *buffer, size_t size);

/* Mounts the traced file system at `folder` and starts the two copying threads. Returns 0 or -errno. */
int pump_start(const char *folder);
/* Stops taking requests from the kernel and returns once every one sent was answered. */
void pump_freeze(void);
void pump_thaw(void);

/* Memory that the host writes long messages to (window.c). Without it all come through the port. */
enum { LAYER_WINDOW = 0x4c5a };
void window_open(void);
/* The window's physical address; 0 where there is none. */
uint64_t window_address(void);
/* `size` bytes of the window; NULL where they do not lie in it. */
const char *window_at(uint64_t offset, uint64_t size);
/* Tells the host that messages up to `count` were taken. */
void window_taken(uint64_t count);

/* Items that the host sends ahead of being asked (ahead.c). */
enum { LAYER_AHEAD = 0x4c59, AHEAD_NOTES_MAX = 128, AHEAD_NOTES_BYTES = 2048 };
struct fuse_in_header;
void ahead_take(const char *items, size_t size);
/* Answers `request` where an item can, and notes it. Together with the functions for notes, for one thread at a time. */
bool ahead_answer(int device, const struct fuse_in_header *request);
/* The message that tells the host of the notes so far, to be sent at once; 0 bytes where there is nothing to tell. */
size_t ahead_notes(const void **message, uint64_t unique);
/* Whether so much was noted that the host should know, to send more. */
bool ahead_notes_pressing(void);
void ahead_drop(void);

/*
 * The next request of the kernel's, read from `device` (which is O_NONBLOCK). Returns its size, or -1 with errno: EINTR when a
 * signal came while nothing was asked. For one thread.
 */
long await_request(int device, char *message, size_t room);
/* The calling thread, which answers requests, stays where the guest's thread `thread` is, which asks. */
void follow(unsigned thread);
/* It is an ordinary one again. May be called by another thread while that one waits. */
void follow_nobody(void);

/* Ends the shell server of an earlier life and has another take over; `nonce` is written to the port before its first byte. */
int shell_start(const char *nonce);

/* Sets the wall clock. Returns 0 or -errno. */
int clock_step(long long unix_ns);
/* Entropy, clock, /etc/layer/restore.d. Returns 0, or -errno with `*stage` naming what failed. */
int restore_after(long long unix_ns, const unsigned char *entropy, size_t entropy_size, const char **stage);

/* Makes `folder` and its parents. Returns 0 or -errno. */
int make_folders(const char *folder);
/* The same for a folder of the user's (WORKDIR, COPY): a new one may be written by root's group. */
int make_guest_folder(const char *folder);
/* Where `folder` is one: makes the folder `kept` with its owner and mode. Returns 0 or -errno. */
int keep_folder(const char *folder, const char *kept);
/* Mounts (or mounts again, with other layers) an overlay at `target`. Returns 0 or -errno. */
int overlay_mount(const char *target, const char *lowers, const char *upper);

/* In a child that will be another program: what we do about signals is undone. */
void become_ordinary(void);
/* Runs `arguments` with its output discarded and returns its exit status, or -errno. */
int run_program(char *const arguments[]);
