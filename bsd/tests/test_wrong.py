"""Arguments that are wrong: what a program is told, and what becomes of it."""

from conftest import IS_FOR_GLIBC


def test_every_wrong_argument_has_the_same_effect(same, compiled):
    finished, _ = same(compiled("wrong"))
    assert finished.returncode == 11
    if IS_FOR_GLIBC:  # others may leave the errno of the message that follows the last one sent
        assert "changed errno" not in finished.stdout
    assert finished.stdout.count("EFAULT") > 40
