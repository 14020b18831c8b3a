/* The parts of layer-trace (see main.c). Functions that return int give 0 or an errno. */
#include <stdbool.h>

/* mounts.c: relative paths start at the run's temporary folder, the working folder of this process. */
int enter_namespaces(bool as_user);
int mount_view(int *device);
int lay_over(const char *root, bool as_user);

/* relay.c */
int relay_start(int device, int stream);
void relay_abort(void);

/* descendants.c */
long end_descendants(void);

/* dropped.c */
#define UPPER "space/upper"
#define WORK "space/work"

struct dropped {
  long written, removed;
};

struct dropped count_dropped(void);
void remove_dropped(void);
