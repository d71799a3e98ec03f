/* Client as other files of the module see it. */
#ifndef MAMORI_MODULE_CLIENT_H
#define MAMORI_MODULE_CLIENT_H

#include "types.h"

#include "core/clients.h"

/* The client inside a Client, valid as long as the object is held; NULL with TypeError for anything else. */
struct client *client_of(PyObject *object);

/* The Client around it. */
PyObject *client_object(struct client *client);

int add_client(PyObject *module);

#endif
