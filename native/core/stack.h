/* What functions that have returned leave on the stack: names and addresses, as they were read, hashed and looked up. */
#ifndef MAMORI_CORE_STACK_H
#define MAMORI_CORE_STACK_H

/* More than the functions of the hit path use, in bytes: 6 kB, most of it names that are looked up together. */
enum { STACK_BYTES = 8192 };

/* Wipe STACK_BYTES below the caller: once a turn, behind the last of them. */
void stack_wipe(void);

#endif
