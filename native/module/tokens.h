/* Tokens of names. */
#ifndef MAMORI_MODULE_TOKENS_H
#define MAMORI_MODULE_TOKENS_H

#include "types.h"

int add_tokens(PyObject *module);

#endif
