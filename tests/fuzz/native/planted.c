/* What must be found: a read behind the end of a block, where the input begins with a word. For the fuzzer's own test. */
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *block = own(data, size);
    if (size > 2 && block[0] == 'D' && block[1] == 'N' && block[2] == 'S') {
        volatile uint8_t behind = block[size];
        (void)behind;
    }
    free(block);
    return 0;
}
