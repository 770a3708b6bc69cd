/* What an extension module sees of an exception that Python code has not accessed yet: its class. Python.h is not needed. */

void *PyObject_CallNoArgs(void *callable);
void *PyErr_Occurred(void);
void PyErr_Clear(void);
void Py_IncRef(void *object);

/* The class of the exception that `callable()` raises. */
void *raised(void *callable)
{
    PyObject_CallNoArgs(callable);
    void *class = PyErr_Occurred();
    Py_IncRef(class);
    PyErr_Clear();
    return class;
}
