/* claim.h: how a driver that checks its surroundings says what it found: KTAP, one claim a line.
 *
 *     1..2
 *     ok 1 - a free vector is connected
 *     # expected 0xc00702fb, got 0xc000000d
 *     not ok 2 - a vector that has an owner is refused
 *
 * DbgPrint() is the way out; what it puts before each line is the reader's to take away.
 */
#ifndef WDM_CLAIM_H
#define WDM_CLAIM_H

#define CLAIM_STATUS_CONFLICT ((NTSTATUS)0xC00702FB) /* NTSTATUS_FROM_WIN32(763) */

/* Said, and of these failed; a status that no connect may ever have. */
static ULONG claims_said, claims_failed, claims_planned;
static NTSTATUS status_never;

static __inline void claim_plan(ULONG count)
{
    claims_planned = count;
    DbgPrint("1..%u\n", count);
}

static __inline const char *claim_verdict(BOOLEAN holds)
{
    claims_failed += !holds;
    return holds ? "" : "not ";
}

static __inline BOOLEAN claim_same(ULONG64 got, ULONG64 expected)
{
    if (got != expected)
        DbgPrint("# expected 0x%llx, got 0x%llx\n", expected, got);
    return got == expected;
}

#define CLAIM(holds, format, ...)                                                          \
    ((void)DbgPrint("%sok %u - " format "\n", claim_verdict(holds), ++claims_said,         \
                    ##__VA_ARGS__))
#define CLAIM_EQUAL(got, expected, format, ...)                                            \
    CLAIM(claim_same((ULONG64)(got), (ULONG64)(expected)), format, ##__VA_ARGS__)
#define CLAIM_STATUS(got, expected, format, ...)                                           \
    CLAIM_EQUAL((ULONG)(got), (ULONG)(expected), format, ##__VA_ARGS__)
#define CLAIM_SKIP(reason, format, ...)                                                    \
    ((void)DbgPrint("ok %u - " format " # SKIP " reason "\n", ++claims_said, ##__VA_ARGS__))

/* Every status of a connect goes through here. 0x127 and 0x128 are NT's own 763 and 764, which have success
 * severity: a driver would believe itself connected. Success is exactly STATUS_SUCCESS. */
static __inline NTSTATUS claim_seen(NTSTATUS status)
{
    if (status > STATUS_SUCCESS)
        status_never = status;
    return status;
}

static __inline void claim_never(void)
{
    CLAIM_STATUS(status_never, STATUS_SUCCESS,
                 "no connect ever said 0x127, 0x128 or any success but STATUS_SUCCESS");
}

static __inline void claim_end(void)
{
    DbgPrint("%u of %u claims, %u do not hold\n", claims_said, claims_planned,
             claims_failed);
}

#endif
