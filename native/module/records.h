/* Functions on sets of match records. */
#ifndef MAMORI_MODULE_RECORDS_H
#define MAMORI_MODULE_RECORDS_H

#include "types.h"

int add_records(PyObject *module);

#endif
