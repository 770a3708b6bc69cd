"""Signatures of classes whose constructors are written in C, as `inspect` and `help()` show them."""


class ConstructorSignature:
    """The `__signature__` of such a class, and of its subclasses without an `__init__` in Python.

    By itself, `inspect` shows the arguments of `__new__`, which accepts any, and from CPython 3.13 on it fails because
    `__init__` is a method descriptor.
    """

    def __init__(self, make):
        self._make = make

    def __get__(self, instance, owner):
        import inspect  # loaded already: only inspect reads this attribute

        if instance is not None or inspect.isfunction(owner.__init__):
            raise AttributeError("__signature__")
        if not inspect.isfunction(owner.__new__):
            return self._make(inspect)
        signature = inspect.signature(owner.__new__)
        _cls, *arguments = signature.parameters.values()
        return signature.replace(parameters=arguments)


def any_arguments(inspect):
    """The signature of an exception."""
    return inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)])
