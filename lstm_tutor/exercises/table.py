"""What an exercise is made of: what is asked, what is right, and its usual mistakes, each once with its hint.

Judging, tests and counts follow from this. A task judges an answer: `judge(answer)` is None where it is right, else a
`Finding`; `right` is a right answer, `wrong()` yields each usual mistake as an answer, with its hint.

Mistakes stand in a dict, mistake: hint. A mistake is a value, a function, or what is planted in the right function: a
pair (right, wrong) of pieces of its source.
"""

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from lstm_helpers.language import prefixed, say
from lstm_tutor.exercises.asking import ask
from lstm_tutor.exercises.reading import Hint, alike, close, filled, letters, numbers, rounded_too_early, shape, word
from lstm_tutor.planted import planted

RTOL_OF_MISTAKES = 5e-3  # a wrong number, given to three digits, is still known


@dataclass(frozen=True)
class Exercise:
    """number: such as "3.3". asks: what is asked, in a line. equation: the number of the one it rests on. also: right
    answers in other forms than the solution's, for the tests."""

    number: str
    asks: str
    equation: str
    task: object
    also: tuple = ()


@dataclass(frozen=True)
class Finding:
    """general: what to think of where the answer is wrong. mistake: the hint of the usual mistake that it is, or None.
    where, at: the parts that the one and the other speak of, if any. known: are there usual mistakes at all?
    """

    general: str
    mistake: str | None = None
    where: str = ""
    at: str = ""
    known: bool = True

    def inside(self, name):
        return replace(self, where=prefixed(name, self.where), at=prefixed(name, self.at))

    def words(self, again):
        """The hint. again: was it asked for before, so that the general one did not help?"""
        if again and self.mistake:
            return prefixed(self.at, say(self.mistake))
        general = prefixed(self.where, say(self.general))
        return say("no usual mistake gives this. {}").format(general) if again and self.known else general


# --- one value ---


class Choice:
    """One word or shape, which `read` reads. mistakes: {wrong one: hint}."""

    def __init__(self, read, right, general, mistakes=()):
        self.read, self.right, self.general, self.mistakes = read, right, general, dict(mistakes)

    def judge(self, answer):
        said = self.read(answer)
        return None if said == self.right else Finding(self.general, self.mistakes.get(said), known=bool(self.mistakes))

    def wrong(self):
        yield from self.mistakes.items()


def Word(among, right, general, mistakes=()):
    return Choice(partial(word, among=among), right, general, mistakes)


def Shape(right, general, mistakes=()):
    return Choice(shape, right, general, mistakes)


class Letters:
    """One or several letters of `among`, right: "CD". hints: {letter: what to think of where it is wrong}, said at once
    or, where `general` is given, on asking again; `missing` is said of a letter that is missing and has no hint.
    """

    def __init__(self, among, right, hints, general="", missing=""):
        self.among, self.right, self.hints, self.general, self.missing = among, right, dict(hints), general, missing

    def judge(self, answer):
        said = letters(answer, self.among)
        wrong = sorted(said - set(self.right)) or sorted(set(self.right) - said)
        if not wrong:
            return None
        hint = self.hints.get(wrong[0], self.missing)
        if self.general:
            return Finding(self.general, hint)
        return Finding(hint, where=wrong[0], known=False)

    def wrong(self):
        for one in self.among:
            told = self.right.replace(one, "") if one in self.right else one + self.right
            hint = self.hints.get(one, self.missing)
            if told and hint:
                yield told, hint


class Number:
    """One number, or an array of them. rtol, decimals, digits: as for close(). mistakes: {wrong one: hint}; `known` is
    the tolerance for these."""

    def __init__(self, right, general, mistakes=(), known=RTOL_OF_MISTAKES, **exact):
        self.right, self.general, self.mistakes, self.exact = right, general, dict(mistakes), exact
        self.known = known

    def judge(self, answer):
        got = alike(answer, self.right)
        if close(got, self.right, **self.exact):
            return None
        if got.shape != np.shape(self.right):
            raise Hint(say("the shape is {}, but {} is wanted").format(got.shape, np.shape(self.right)))
        for wrong, hint in self.mistakes.items():
            if close(got, wrong, self.known * np.any(wrong)):  # of 0 there is no fraction
                return Finding(self.general, hint)
        nearly = rounded_too_early(got, self.right, **self.exact)
        return Finding(nearly or self.general, known=bool(self.mistakes) and not nearly)

    def wrong(self):
        yield from self.mistakes.items()


# --- several answers ---


class Named:
    """A dict of answers. tasks: {name: task}."""

    def __init__(self, tasks):
        self.tasks = tasks

    @property
    def right(self):
        return self.joined({name: task.right for name, task in self.tasks.items()})

    def judge(self, answer):
        parts = self.parts(answer)
        for name, task in self.tasks.items():
            try:
                finding = task.judge(filled(parts[name]))
            except Hint as hint:
                raise Hint(prefixed(self.shown(name), str(hint))) from None
            if finding:
                return finding.inside(self.shown(name))
        return None

    def wrong(self):
        right = {name: task.right for name, task in self.tasks.items()}
        for name, task in self.tasks.items():
            for answer, hint in task.wrong():
                yield self.joined(right | {name: answer}), hint

    def shown(self, name):
        return name

    def joined(self, parts):
        return parts

    def parts(self, answer):
        if not isinstance(answer, dict) or set(answer) != set(self.tasks):
            raise Hint(say("a dict with the names {} is wanted, not {!r:.60}").format(list(self.tasks), answer))
        return answer


class Listed(Named):
    """A list of numbers. tasks: {name: task}. wanted: what to say of a list of another length."""

    def __init__(self, tasks, wanted=""):
        super().__init__(tasks)
        self.wanted = wanted

    def shown(self, name):
        return say(name)

    def joined(self, parts):
        return list(parts.values())

    def parts(self, answer):
        if not hasattr(answer, "__len__") or len(answer) != len(self.tasks):
            raise Hint(say(self.wanted) or say("a list of {} numbers is wanted").format(len(self.tasks)))
        return dict(zip(self.tasks, answer))


class Both(Listed):
    """Answers of different kinds, judged one after the other."""

    def __init__(self, *tasks):
        super().__init__(dict(zip("123", tasks)), "all its parts are wanted, as the cell has them")

    def shown(self, name):
        return ""


def Paper(works_out, general, mistakes, **exact):
    """A list of numbers, as a function without arguments works them out. general: {name: hint}."""
    made = [(planted(works_out, change)(), hint) for change, hint in mistakes.items()]
    tasks = {}
    for k, (name, hint) in enumerate(general.items()):
        right = works_out()[k]
        tasks[name] = Number(right, hint, {wrong[k]: why for wrong, why in made if wrong[k] != right}, **exact)
    return Listed(tasks)


# --- functions ---


class Function:
    """A function, tried on cases that the student has not seen.

    right: the right one. cases: a function that returns [arguments] or {what to say of this case: arguments}.
    general: what to think of where its result is wrong, or {name: ...} if it returns several things.
    mistakes: as above; the hint of one that touches several of these things has to say what it speaks of.
    split: makes {(place, name): array} of what is returned; `returns` are its names, where general has others. Only
    the place of the first wrong array is spoken of.
    otherwise: looks at a function that is right, and returns a hint on how that came about, or None.
    """

    def __init__(self, right, cases, general, mistakes=(), split=None, returns=(), name="", otherwise=None, **exact):
        self.right, self.cases, self.general, self.mistakes = right, cases, general, dict(mistakes)
        self.names = returns or (list(general) if isinstance(general, dict) else [])
        self.split, self.name, self.otherwise, self.exact = split or self.by_name, name, otherwise, exact

    def judge(self, answer):
        cases = self.cases()
        for label, case in cases.items() if isinstance(cases, dict) else [("", case) for case in cases]:
            with np.errstate(all="ignore"):
                finding = self.compared(ask(answer, *case), case)
            if finding:
                return finding.inside(say(label)).inside(self.name)
        hint = self.otherwise and self.otherwise(answer)
        return hint and Finding(hint, known=False)

    def wrong(self):
        yield from self.made

    @cached_property
    def made(self):
        """[(function, hint)] of the usual mistakes."""
        pairs = self.mistakes.items()
        return [(planted(self.right, one) if isinstance(one, tuple) else one, hint) for one, hint in pairs]

    def compared(self, got, case):
        """A Finding on what was returned for this case, or None."""
        right = self.right(*case)
        wanted, got = self.split(right), self.split(self.as_many(got, right))
        if got.keys() != wanted.keys():
            raise Hint(say("it does not hold as many steps as are wanted"))
        wrong = [part for part in wanted if not close(got[part], wanted[part], **self.exact)]
        if not wrong:
            return None
        place, name = wrong[0]
        wrong = [part for part in wrong if part[0] == place]
        general = self.general[name] if isinstance(self.general, dict) else self.general
        shapes = numbers(got[wrong[0]]).shape, numbers(wanted[wrong[0]]).shape
        strange = shapes[0] != shapes[1]  # then no mistake in another part says enough
        if strange:
            general = say("the shape is {}, but {} is wanted").format(*shapes)
        elif not np.isfinite(numbers(got[wrong[0]])).all():
            general = say("there is a NaN or an infinity in the result")
        where = prefixed(place, self.listed(name for _, name in wrong))
        at, hint = self.mistake_in(wrong[:1] if strange else wrong, got, wanted, case) or (where, None)
        return Finding(general, hint, where, at, bool(self.mistakes) and not strange)

    def mistake_in(self, wrong, got, wanted, case):
        """Where and what the usual mistake is that gives the first of the wrong parts for which there is one. Of
        several, the one that gives the most parts."""
        made = [(self.parts_of(function, case), hint) for function, hint in self.made]

        def same(part, numbers):
            return part in numbers and close(got[part], numbers[part], **self.exact)

        for part in wrong:
            place, name = part
            fit = [(sum(same(one, gives) for one in wanted), gives, hint) for gives, hint in made if same(part, gives)]
            if fit:
                _, gives, hint = max(fit, key=lambda one: one[0])
                alone = all(one == part or close(gives[one], wanted[one]) for one in wanted if one[0] == place)
                return prefixed(place, say(name) if alone else ""), hint
            for other in wanted:
                if other[0] == place and close(got[part], wanted[other], **self.exact):
                    hint = say("{} stands where {} belongs: the order is {}")
                    return place, hint.format(say(other[1]), say(name), self.listed(self.names))
        return None

    def parts_of(self, function, case):
        """What a function gives; nothing where it stops on this case."""
        try:
            return self.split(function(*case))
        except Exception:
            return {}

    def by_name(self, returned):
        return {("", name): part for name, part in zip(self.general, returned)} if self.names else {("", ""): returned}

    def as_many(self, returned, right):
        """What was returned. Raises a Hint unless it holds as many things as are wanted."""
        if not self.names:
            return returned
        names = len(self.names), self.listed(self.names)
        if isinstance(returned, dict) or not np.iterable(returned):
            raise Hint(say("one thing came, but {} are wanted: {}").format(*names))
        if hasattr(returned, "shape") and returned.shape[1:] != np.shape(right[0]):
            hint = say("one array of the shape {} came, but {} things are wanted: {}")
            raise Hint(hint.format(tuple(returned.shape), *names))
        returned = list(returned)
        if len(returned) == len(self.names):
            return returned
        hint = say("{} things came, but {} are wanted: {}")
        if len(returned) > len(self.names) and all(close(*pair, **self.exact) for pair in zip(returned, right)):
            hint = say("{} things came, but {} are wanted: the first ones are right, leave out the rest")
        raise Hint(hint.format(len(returned), *names))

    def listed(self, names):
        return say(", ").join(map(say, names))


class Property:
    """An answer that is right if it has a property: `hint_on(answer)` is None, or the hint. wrong_ones: pairs (answer,
    words of its hint), for the tests."""

    def __init__(self, hint_on, right, general, wrong_ones):
        self.hint_on, self.right, self.general, self.wrong_ones = hint_on, right, general, wrong_ones

    def judge(self, answer):
        hint = self.hint_on(answer)
        return hint and Finding(self.general, hint)

    def wrong(self):
        yield from self.wrong_ones
