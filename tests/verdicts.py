"""What a check prints, and what every check prints for a stub and when it is asked for hints."""


def said(capsys, check, answer=..., **kwargs) -> str:
    check(answer, **kwargs)
    return capsys.readouterr().out


def assert_stubs_and_hints(capsys, check, hints=2) -> None:
    def stub(*args): ...

    for untouched in (..., stub):
        assert said(capsys, check, untouched).startswith("Not attempted yet. ")
    for hint in range(1, hints + 1):
        assert said(capsys, check, hint=hint).startswith(f"Hint {hint} of {hints}: ")
    assert said(capsys, check, hint=hints + 1).startswith(f"There are {hints} hints")
