/*
 * The shell: `sshd -i` behind the layer.ssh port. After a restore the host is a new client, while the saved server is in
 * the middle of a session with the old one: it is killed and another takes over. Whatever was under way in the port is
 * dropped: input of the old host is read and forgotten here, output of the old server by the host, up to its nonce.
 * Commands and background services of the old session are children of their own and live on.
 *
 * Starting sshd takes longer (250 ms under TCG) than all else after a restore. So a spare is always kept: a server that
 * has started and waits for its client's first words; a snapshot holds it ready. Its random numbers were drawn before the
 * snapshot, so two restores may use the same session keys; these protect nothing, because the port is a private socket
 * of the host. What it starts draws its own. sshd gets a socket instead of the port, so that a spare's first words wait
 * in there; threads copy between the two.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

enum { COPY_MAX = 64 << 10 };

/* A server and our end of the socket that it takes for its client; -1 where there is none. */
struct server {
  pid_t pid;
  int socket;
};

static int port = -1;
static struct server current = {-1, -1}, spare = {-1, -1};
static pthread_t to_host;
/* Held while input of the port is on its way to the current server. */
static pthread_mutex_t input = PTHREAD_MUTEX_INITIALIZER;

static void become_server(int client) {
  become_ordinary();
  setsid();
  int log = open("/var/log/layer-sshd.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(client, STDIN_FILENO);
  dup2(client, STDOUT_FILENO);
  dup2(log >= 0 ? log : client, STDERR_FILENO);
  execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-i", "-e", "-f", "/etc/layer/sshd_config", (char *)NULL);
  _exit(127);
}

static int start_server(struct server *server) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) return -errno;
  pid_t pid = fork();
  if (pid == 0) become_server(ends[1]);
  int error = pid < 0 ? -errno : 0;
  close(ends[1]);
  if (error) close(ends[0]);
  else *server = (struct server){.pid = pid, .socket = ends[0]};
  return error;
}

static void end_server(struct server *server) {
  if (server->pid <= 0) return;
  kill(server->pid, SIGKILL);
  waitpid(server->pid, NULL, 0);
  close(server->socket);
  *server = (struct server){-1, -1};
}

static void forward(int socket, const char *bytes, ssize_t size) {
  while (size > 0) {
    ssize_t count = write(socket, bytes, size);
    if (count < 0 && errno != EINTR) return; /* the server is gone, as the host will notice */
    if (count > 0) bytes += count, size -= count;
  }
}

static void *copy_from_host(void *unused) {
  (void)unused;
  static char bytes[COPY_MAX];
  while (port >= 0) {
    port_wait(port);
    pthread_mutex_lock(&input);
    ssize_t size = read(port, bytes, sizeof bytes);
    if (size > 0 && current.socket >= 0) forward(current.socket, bytes, size);
    pthread_mutex_unlock(&input);
  }
  return NULL;
}

static void *copy_to_host(void *socket) {
  char *bytes = __builtin_alloca(COPY_MAX);
  for (ssize_t size; (size = read((int)(long)socket, bytes, COPY_MAX)) > 0 || (size < 0 && errno == EINTR);)
    if (size > 0 && port_write(port, bytes, size)) break;
  return NULL;
}

static int open_port(void) {
  if (port >= 0) return 0;
  int opened = port_open("layer.ssh");
  if (opened < 0) return -errno;
  fcntl(opened, F_SETFL, fcntl(opened, F_GETFL) | O_NONBLOCK);
  port = opened;
  mkdir("/run/sshd", 0755);
  pthread_t thread;
  return -pthread_create(&thread, NULL, copy_from_host, NULL);
}

/* Ends the current server with both copies at rest and nothing of the old session left in the port. */
static void end_session(void) {
  if (current.pid > 0) {
    shutdown(current.socket, SHUT_RDWR);
    pthread_join(to_host, NULL);
  }
  pthread_mutex_lock(&input);
  end_server(&current);
  char stale[4096];
  while (read(port, stale, sizeof stale) > 0) continue;
  pthread_mutex_unlock(&input);
}

static int take_spare(void) {
  if (spare.pid > 0 && waitpid(spare.pid, NULL, WNOHANG) == 0) {
    pthread_mutex_lock(&input);
    current = spare;
    pthread_mutex_unlock(&input);
    spare = (struct server){-1, -1};
    return 0;
  }
  if (spare.pid > 0) close(spare.socket);
  spare = (struct server){-1, -1};
  struct server fresh;
  int error = start_server(&fresh);
  if (error) return error;
  pthread_mutex_lock(&input);
  current = fresh;
  pthread_mutex_unlock(&input);
  return 0;
}

int shell_start(const char *nonce) {
  int error = open_port();
  if (error) return error;
  end_session();
  if (port_write(port, nonce, strlen(nonce))) return -errno;
  if ((error = take_spare())) return error;
  if ((error = pthread_create(&to_host, NULL, copy_to_host, (void *)(long)current.socket))) {
    end_server(&current);
    return -error;
  }
  start_server(&spare); /* without one the next restore is only slower */
  return 0;
}
