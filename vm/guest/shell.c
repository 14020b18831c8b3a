/*
 * The shell: `sshd -i` on the layer.ssh port. After a restore the host is a new client, while the saved sshd is in the
 * middle of a session with the old one: it is killed and a fresh one started. The host's nonce is written to the port
 * first, so that the host can drop whatever the old one still had to say. Commands and background services of the old
 * session are children of their own and live on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static int port = -1;
static pid_t server = -1;

static void become_server(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  int log = open("/var/log/layer-sshd.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(port, STDIN_FILENO);
  dup2(port, STDOUT_FILENO);
  dup2(log >= 0 ? log : port, STDERR_FILENO);
  execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-i", "-e", "-f", "/etc/layer/sshd_config", (char *)NULL);
  _exit(127);
}

static void end_server(void) {
  if (server <= 0) return;
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);
  server = -1;
}

int shell_start(const char *nonce) {
  if (port < 0 && (port = port_open("layer.ssh")) < 0) return -errno;
  mkdir("/run/sshd", 0755);
  end_server();
  if (port_write(port, nonce, strlen(nonce))) return -errno;
  server = fork();
  if (server == 0) become_server();
  return server < 0 ? -errno : 0;
}
