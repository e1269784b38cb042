/* run.h: what the command line asks for: suites, a crash, commands, the story, the console.
 */
#ifndef BOOT_RUN_H
#define BOOT_RUN_H

/* Do it, and end the run with a code that says how it went: IVM_EXIT_DONE, or IVM_EXIT_FAILED
 * when a test, a command or an expectation failed, or what was asked for is not there.
 *
 * loader_line  the loader's command line, or NULL; what QEMU's fw_cfg hands over follows it
 * context      below IVM_DISPATCH, interrupts on, everything started
 */
_Noreturn void run(const char *loader_line);

#endif
