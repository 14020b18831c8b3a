/* What layer-look (look-main.c) and layer-start (start.c) share. See look.c. */
#ifndef LOOK_H
#define LOOK_H

/* Looks at all paths of the look file `name`, and writes the answer to `to`. 0 where it was written. */
int look(const char *name, int to);

/* Becomes `command`; meanwhile a child looks at what `folder`/KEY names, if it is there. Returns only where it cannot: 127. */
int become_looking(const char *folder, char **command);

#endif
