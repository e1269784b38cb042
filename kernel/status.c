/* status.c: the forms of each status, made from the one list. */
#include <ivm/status.h>

#define HRESULT_OF_WIN32 0x80070000u /* severity error, FACILITY_WIN32 */

static const struct ivm_status_forms forms[] = {
#define X(status, win32_code, nt, win32_symbol, words)                                     \
    [IVM_##status] = {                                                                     \
        .name = #status,                                                                   \
        .win32_name = win32_symbol,                                                        \
        .text = words,                                                                     \
        .win32 = win32_code,                                                               \
        .hresult = win32_code == 0 ? 0 : HRESULT_OF_WIN32 | win32_code,                    \
        .ntstatus = nt,                                                                    \
    },
    IVM_STATUS_LIST(X)
#undef X
};

const struct ivm_status_forms *ivm_status_forms(enum ivm_status status)
{
    return (unsigned)status < IVM_STATUS_COUNT ? &forms[status] : &forms[IVM_BAD_ARGUMENT];
}
