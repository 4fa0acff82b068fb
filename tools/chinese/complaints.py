"""What is wrong with a translation into Chinese: formulas, numbers, links, terms, punctuation."""

import re
from collections import Counter
from functools import cache

from tools.chinese.hints import FIELD
from tools.notebooks import PATHS, ROOT, read
from tools.site.pages import terms

# What may stand in Latin letters: names, and what is read as a symbol. All else in small letters is left over English.
NAMES = set(
    "tanh log sigmoid softmax float32 float64 adam conda pip make root hub repo2docker nbgitpuller cff "
    "onnxruntime".split()
)
# Titles of papers and projects, which stay as they are, as does a single word in straight quotes.
TITLE = re.compile(r"[A-Z][\w-]*(?::? (?:to |with |for |of |a |the |on |and )*[A-Z][\w-]*)+")
CJK = r"[一-鿿]"
# A line for readers of Qiu's 《神经网络与深度学习》, whose exercises the course answers: it has no English.
NOTE = re.compile(r"(?m)^> \*\*给读《神经网络与深度学习》的同学\*\*：.*\n?")
# Each kind of what has to come through unchanged, in the order in which it is cut out.
UNTOUCHED = {
    "code": r"```.*?```|`[^`\n]+`",  # but for comments
    "formula": r"\$\$.*?\$\$|\$[^$\n]+\$",
    "link": r"(?<=\])\([^)\s]+\)|https?://[^\s)>]+",
    "tag of HTML": r"<[^>]+>|&\w+;",
    "reference": r"\(\d\.\d+[a-z]?\)",
}
TRANSLATED = re.compile(r"\\text\{[^}]*\}|  # .*|alt=\"[^\"]*\"")  # within those
COUNTED = {
    "number": r"\d+(?:[.,]\d+)*",
    "heading": r"(?m)^#+ ",
    "item": r"(?m)^ *(?:[*-]|\d+\.) ",
    "table cell": r"\|",
}
HALF_WIDTH = re.compile(rf"{CJK}[,;:?!](?!/)|{CJK}\(|\([^()\n]*{CJK}|[,;:] ?{CJK}|{CJK}\.(?:\s|$)")
MARK = re.compile(r"[^\w\s$`\[]")
# In the plain text of what `check` says: code and symbols, such as f(x), W_x[0], trace.c0, c_{t-1}, dL/dW_s.
SYMBOL = re.compile(
    r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*(?:\([^()]*\)|\[[^\]]*\])|[\w/~]*_(?:\{[^}]*\}|\w+)|[A-Za-z]\w*\.[A-Za-z]\w*"
)
GREEK = {"δ": "delta", "ε": "epsilon", "θ": "theta", "σ": "sigma", "τ": "tau"}  # δc_t is delta c_t
SPELT = {*GREEK.values(), *"exp log10 output return rnn".split()}  # symbols and code there


def split(text):
    """The text without what has to come through unchanged, and {kind: how often each piece occurs}."""
    found = {}
    for kind, pattern in UNTOUCHED.items():
        pieces = re.findall(pattern, text, re.DOTALL)
        found[kind] = Counter(TRANSLATED.sub("", piece) for piece in pieces)
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return text, found


def complaints(english, chinese, glossary, names=NAMES):
    """What is wrong with a translation, in words. glossary: {English term: Chinese term}. names: what may stay."""
    if fields(english) != fields(chinese):
        yield f"values differ: {fields(english)} became {fields(chinese)}"
    (said, kept), (says, keeps) = (split(FIELD.sub(" ", text)) for text in (english, NOTE.sub("", chinese)))
    for kind in UNTOUCHED:
        yield from (f"{kind} missing: {piece}" for piece in kept[kind] - keeps[kind])
        yield from (f"{kind} not in the English: {piece}" for piece in keeps[kind] - kept[kind])
    for what, pattern in COUNTED.items():
        before, after = Counter(re.findall(pattern, said)), Counter(re.findall(pattern, says))
        if before != after:
            lost, new = sorted((before - after).elements()), sorted((after - before).elements())
            yield f"{what}s differ: {lost} became {new}"
    for title in TITLE.findall(english) + re.findall(r'"\w+"', english):
        said, says = said.replace(title, ""), says.replace(title, "")
    for one, its in glossary.items():
        for term, chinese_term in zip(one.split(", "), its.split("，")):
            if re.search(rf"(?i)\b{re.escape(term)}s?\b", said) and chinese_term not in says:
                yield f"{term} is {chinese_term}"
    for word in re.findall(r"[A-Za-z][\w-]*", says):
        small = word.islower() or (word.istitle() and word.lower() in common())
        if small and re.search(r"[a-z]{3}", word[1:] if word.istitle() else word) and word.lower() not in names:
            yield f"English left over: {word}"
    yield from (f"half-width punctuation: {found!r}" for found in HALF_WIDTH.findall(says))
    for found in re.findall(rf"{CJK}[A-Za-z0-9]|[A-Za-z0-9]{CJK}", chinese):
        yield f"a space is missing between Chinese and Latin: {found!r}"
    for before, inside, after in re.findall(r"(\w?)\*\*(.+?)\*\*(?=(\w?))", chinese):
        if (before and MARK.match(inside[0])) or (after and MARK.match(inside[-1])):
            yield f"Markdown shows these asterisks as they are: {before}**{inside}**{after}"


def spoken_complaints(english, chinese, glossary):
    """The same for what `check` says, in plain text."""
    chinese = re.sub(r"[δεθστ](?=([A-Za-z])?)", lambda found: GREEK[found[0]] + " " * bool(found[1]), chinese)
    before, after = (sorted({*SYMBOL.findall(text)}) for text in (english, chinese))
    if before != after:
        yield f"symbols differ: {before} became {after}"
    try:
        if fields(english):
            chinese.format(*[1.0] * len(fields(english)))
    except (ValueError, KeyError, IndexError) as error:
        yield f"values cannot be put in: {error}"
    if chinese != english or not english.isidentifier():
        yield from complaints(SYMBOL.sub(" ", english), SYMBOL.sub(" ", chinese), glossary, NAMES | SPELT)


def fields(text):
    """{which value: how it is to be written}: of "{}, not {!r}" {"0": "", "1": "!r"}."""
    found = [re.fullmatch(r"\{(\d*)(.*)\}", field) for field in FIELD.findall(text)]
    return dict(sorted((field[1] or str(n), field[2]) for n, field in enumerate(found)))


@cache
def common():
    """Words that the English course writes in small letters too, so that a capital makes no name of them."""
    cells = [cell.source for path in PATHS for cell in read(path).cells if cell.cell_type == "markdown"]
    return {word for text in cells for word in re.findall(r"\b[a-z]{3,}\b", text)}


@cache
def glossary():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return terms(re.search(r"(?ms)^## Words, English and Chinese\n(.*?)^## ", text)[1])
