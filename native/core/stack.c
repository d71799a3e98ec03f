#include "core/stack.h"

#include <stdint.h>
#include <string.h>

__attribute__((noinline)) void stack_wipe(void)
{
    uint8_t below[STACK_BYTES];
    explicit_bzero(below, sizeof below);
}
