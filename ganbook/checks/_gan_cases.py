"""Compare an answer with the reference on named cases, for exercises of the chapter "The game"."""

from ganbook.checks._verdict import NotQuite, fresh, recognise, same, show


def compare_cases(answer, *, right, cases, mistakes=(), tolerance=1e-4, notice=None):
    """Raise NotQuite unless `answer(*args)` equals `right(*args)` in every case.

    `cases` are pairs (description, args): a wrong answer is told the description instead of the
    shapes of what was passed. `notice(result, args)` may name a wrong result by its looks.
    """
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [args for _, args in cases]
    results = [answer(*fresh(args)) for args in inputs]
    for (description, args), result in zip(cases, results, strict=True):
        want = right(*fresh(args))
        if not same(result, want, tolerance):
            message = recognise(results, inputs, mistakes, tolerance)
            message = message or (notice(result, args) if notice else "")
            raise NotQuite(
                f"For {description} your function returned {show(result)}; "
                f"{show(want)} was expected. {message}".rstrip()
            )
