/* story.h: the whole product shown on this machine, as a story with expectations. */
#ifndef MONITOR_STORY_H
#define MONITOR_STORY_H

#include <stdbool.h>

/* Tell the story to the log: the machine, an owner, a refusal with 763, chains, the five
 * scenarios, the final table and the five questions. Devices that are connected by
 * ivm_device_connect() are disconnected first; when it ends, every device that could be is
 * connected, shared.
 *
 * returns  true when every expectation held; what a machine lacks is said and shown with
 *          what is there
 * context  below IVM_DISPATCH, interrupts on, by one caller at a time
 */
bool story_tell(void);

#endif
