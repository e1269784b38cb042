/* nvme_admin.c: commands to an NVMe controller itself: its identity, its queues.
 *
 * Source: [NVME] "Admin Command Set", "Create I/O Completion Queue command", "Create I/O
 * Submission Queue command", "Identify command", "Number of Queues".
 */
#include <stddef.h>

#include <ivm/system.h>

#include "nvme_controller.h"

/* clang-format off */
enum {
    CREATE_SUBMISSIONS  = 0x01,
    CREATE_COMPLETIONS  = 0x05,
    IDENTIFY            = 0x06,
    SET_FEATURES        = 0x09,

    IDENTIFY_CONTROLLER = 1,
    NUMBER_OF_QUEUES    = 7,
    CONTIGUOUS          = 1 << 0,
    INTERRUPTS          = 1 << 1,
    HIGH                = 16,     /* the upper half of a word */
    LOW_MASK            = 0xFFFF,
    NAMES_END           = 64,     /* of the identity: serial number and model lie before it */
};
/* clang-format on */

struct awaited {
    struct nvme *nvme;
    struct nvme_result result;
    bool came;
};

static bool has_come(void *context)
{
    struct awaited *awaited = context;
    for (unsigned n = 0; n < NVME_DEPTH && !awaited->came; n++) {
        if (!nvme_queue_take(&awaited->nvme->queues[0], &awaited->result))
            break;
        awaited->came = !awaited->result.is_foreign;
    }
    return awaited->came || nvme_has_failed(awaited->nvme);
}

enum ivm_status nvme_run(const struct ivm_device *device, struct nvme *nvme,
                         const struct nvme_command *command, uint32_t *value)
{
    struct awaited awaited = {.nvme = nvme};
    if (!nvme_queue_reserve(&nvme->queues[0])) {
        ivm_log("%s: its admin queue is in use", device->name);
        return IVM_UNSUPPORTED;
    }
    nvme_queue_submit(&nvme->queues[0], command);
    (void)ivm_wait_until(has_come, &awaited, nvme->limit_ns);
    if (!awaited.came && awaited.result.is_foreign) {
        ivm_log("%s: it completed command 0x%x, which it was not given", device->name,
                awaited.result.id);
        return IVM_UNSUPPORTED;
    }
    if (!awaited.came) {
        ivm_log("%s: it %s admin command 0x%02x", device->name,
                nvme_has_failed(nvme) ? "fails at" : "does not complete", command->opcode);
        return IVM_UNSUPPORTED;
    }
    if (awaited.result.status != 0) {
        ivm_log("%s: admin command 0x%02x ended with status 0x%03x", device->name,
                command->opcode, awaited.result.status);
        return IVM_UNSUPPORTED;
    }
    if (value != NULL)
        *value = awaited.result.value;
    return IVM_OK;
}

/* Completions first: submissions name the queue that theirs go to. */
static enum ivm_status create_pair(const struct ivm_device *device, struct nvme *nvme,
                                   uint32_t pair)
{
    uint32_t place = (uint32_t)(nvme->depth - 1) << HIGH | pair;
    struct nvme_command completions = {
        .opcode = CREATE_COMPLETIONS,
        .memory = nvme->rings[pair].completions,
        .words = {place, pair << HIGH /* the message */ | INTERRUPTS | CONTIGUOUS}};
    struct nvme_command submissions = {.opcode = CREATE_SUBMISSIONS,
                                       .memory = nvme->rings[pair].submissions,
                                       .words = {place, pair << HIGH | CONTIGUOUS}};
    enum ivm_status status = nvme_run(device, nvme, &completions, NULL);
    return status != IVM_OK ? status : nvme_run(device, nvme, &submissions, NULL);
}

/* How many pairs beside the admin queues it allows; asked once, before any is created. */
static enum ivm_status ask_for_queues(const struct ivm_device *device, struct nvme *nvme,
                                      uint32_t wanted, uint32_t *given)
{
    uint32_t last = wanted - 1; /* numbers of queues are said less one */
    uint32_t answer;
    struct nvme_command ask = {.opcode = SET_FEATURES,
                               .words = {NUMBER_OF_QUEUES, last << HIGH | last}};
    enum ivm_status status = nvme_run(device, nvme, &ask, &answer);
    if (status != IVM_OK)
        return status;
    uint32_t submissions = (answer & LOW_MASK) + 1, completions = (answer >> HIGH) + 1;
    *given = submissions < completions ? submissions : completions;
    return IVM_OK;
}

enum ivm_status nvme_create_pairs(const struct ivm_device *device, struct nvme *nvme,
                                  uint32_t pairs)
{
    uint32_t wanted = pairs - 1, given;
    if (wanted == 0)
        return IVM_OK;
    if (ask_for_queues(device, nvme, wanted, &given) != IVM_OK)
        return IVM_UNSUPPORTED;
    if (given < wanted || pairs > nvme->pairs_limit) {
        ivm_log(
            "%s: beside the admin queues it has %u, and doorbells for %u; %u are needed",
            device->name, given, nvme->pairs_limit - 1, wanted);
        return IVM_UNSUPPORTED;
    }
    for (uint32_t pair = 1; pair < pairs; pair++)
        if (create_pair(device, nvme, pair) != IVM_OK)
            return IVM_UNSUPPORTED;
    return IVM_OK;
}

struct nvme_command nvme_identify(struct nvme *nvme)
{
    for (unsigned i = 0; i < NAMES_END; i++)
        nvme->identity[i] = 0;
    return (struct nvme_command){
        .opcode = IDENTIFY, .memory = nvme->identity, .words = {IDENTIFY_CONTROLLER}};
}
