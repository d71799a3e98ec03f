/* The extension module: multi-phase initialisation (PEP 489), limited API of CPython 3.11, no state of its own. */
#include "types.h"

#include "client.h"
#include "datagrams.h"
#include "hit_path.h"
#include "landed.h"
#include "records.h"
#include "token_table.h"
#include "tokens.h"
#include "upstream.h"

static const add_to_module ADDITIONS[] = {
    add_token_table,
    add_records,
    add_tokens,
    add_client,
    add_hit_path,
    add_landed,
    add_upstream,
    add_datagrams,
    NULL,
};

static int execute(PyObject *module)
{
    for (const add_to_module *add = ADDITIONS; *add != NULL; add++) {
        if ((*add)(module) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef DEFINITION = {
    PyModuleDef_HEAD_INIT,
    .m_name = "native._native",
    .m_doc = "What Mamori does on every query and every list, in C; each part has a pure twin in Python.",
    .m_size = 0,
    .m_slots = SLOTS,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&DEFINITION);
}
