/* path.h: firing one connected source again and again. */
#ifndef BENCH_PATH_H
#define BENCH_PATH_H

#include "bench.h"
#include "means.h"

/* Raise it once, and wait until it is taken. */
void path_fire(const struct bench_means *means, struct bench_shot *fired);

/* Fire it as often as a figure needs, and tell `<name>.entry`, `.exit` and `.path`:
 *
 *      entry   from the first instruction at the vector up to, not with, the first of the routine
 *              that takes it; so what a chain asks before it is in it
 *      exit    from the instruction after that routine's RET up to and with IRETQ
 *      path    entry + exit, which is checked against the whole round less the routine's ten
 */
void path_measure(const struct bench_means *means, struct bench_shot *fired,
                  const char *name);

#endif
