"""Arguments that are wrong: what a program is told, and what becomes of it."""


def test_every_wrong_argument_has_the_same_effect(same, compiled):
    finished, _ = same(compiled("wrong"))
    assert finished.returncode == 11
    assert "changed errno" not in finished.stdout
    assert finished.stdout.count("EFAULT") > 40
