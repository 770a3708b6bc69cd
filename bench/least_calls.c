// Python functions that do nothing but a system call on a descriptor: the least that calls from Python can cost, whatever
// module makes them. They check no arguments and keep the interpreter lock. What they use of Python's stable ABI is declared
// here, so that its headers need not be installed.
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

typedef struct object object; /* PyObject */
typedef object *function(object *self, object *const *arguments, ssize_t count);
typedef struct {
    const char *name;
    function *call;
    int flags;
    const char *doc;
} definition; /* PyMethodDef */

enum { FASTCALL = 0x80 };

extern object *PyExc_OSError;
object *PyErr_SetFromErrno(object *type);
object *PyCFunction_NewEx(definition *what, object *self, object *module);
object *PyBytes_FromStringAndSize(const char *bytes, ssize_t size);
char *PyBytes_AsString(object *bytes);
ssize_t PyBytes_Size(object *bytes);
object *PyLong_FromSsize_t(ssize_t number);
long PyLong_AsLong(object *number);

static object *least_send(object *self, object *const *arguments, ssize_t count)
{
    (void)self, (void)count;
    int fd = (int)PyLong_AsLong(arguments[0]);
    ssize_t sent = send(fd, PyBytes_AsString(arguments[1]), (size_t)PyBytes_Size(arguments[1]), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? PyErr_SetFromErrno(PyExc_OSError) : PyLong_FromSsize_t(sent);
}

static object *least_recv(object *self, object *const *arguments, ssize_t count)
{
    char data[4096];
    (void)self, (void)count;
    size_t wanted = (size_t)PyLong_AsLong(arguments[1]);
    ssize_t received = recv((int)PyLong_AsLong(arguments[0]), data, wanted < sizeof data ? wanted : sizeof data, MSG_DONTWAIT);
    return received < 0 ? PyErr_SetFromErrno(PyExc_OSError) : PyBytes_FromStringAndSize(data, received);
}

object *make_send(void)
{
    static definition send_function = {"send", least_send, FASTCALL, NULL};
    return PyCFunction_NewEx(&send_function, NULL, NULL);
}

object *make_recv(void)
{
    static definition recv_function = {"recv", least_recv, FASTCALL, NULL};
    return PyCFunction_NewEx(&recv_function, NULL, NULL);
}
