/* TokenTable as other files of the module see it. */
#ifndef MAMORI_MODULE_TOKEN_TABLE_H
#define MAMORI_MODULE_TOKEN_TABLE_H

#include "types.h"

#include "core/token_table.h"

/* The table inside a TokenTable, valid as long as the object is held; NULL with TypeError for anything else. */
const struct token_table *token_table_of(PyObject *object);

int add_token_table(PyObject *module);

#endif
