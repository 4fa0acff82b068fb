"""What the course's pages are laid out from: notebooks, exercises with their solutions, and README.md in parts."""

import ast
import re
import shutil

import nbformat

from lstm_helpers.language import say
from lstm_tutor.exercises import exercises as exercise_table
from tools.chinese.wording import FOLDERS, NAMES, README, words
from tools.notebooks import COURSE, FOLDER, ROOT, read

# The parts of README.md that have pages of their own, in Chinese the ones in the same places; all else stands on the
# first page.
PARTS = {"Teaching with it": "teaching", "Other ways to set it up": "setup", "Words, English and Chinese": "glossary"}
LETTERS = str.maketrans("0123456789+-−=aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
SOLUTION = re.compile(r"(?m)^ *# (?:solution|end)\n|  # solution$")
PICTURES = ("image/png", 'type="range"')


def anchor(title):
    """The anchor that Jupyter gives a heading, so that one link leads to it there and here."""
    return title.replace(" ", "-")


def without_tex(heading):
    """A heading for sidebars, tabs and search results, which show no formulas. Raises ValueError for other TeX."""
    return re.sub(r"\$(.*?)\$", lambda found: said(found[1]), heading)


def said(tex):
    words = re.sub(r"_\{(.*?)\}|_(\w)", lambda found: (found[1] or found[2]).translate(LETTERS), tex)
    words = words.replace(r"\partial ", "∂")
    if re.search(r"[\\^_{}]", words):
        raise ValueError(f"a heading needs less of TeX, or tools/site/pages.py must learn to say it: {tex!r}")
    return words


def is_drawing(cell):
    """All that the cell shows are pictures."""
    shown = [str(output.get("data", output)) for output in cell.outputs]
    return bool(shown) and all(any(mark in output for mark in PICTURES) for output in shown)


def is_check(cell, later):
    """All that the cell shows is that equations hold, and it neither implements one nor makes what later cells use."""
    text = "".join(output.get("text", "-") for output in cell.outputs)
    holds = re.fullmatch(r"(?:\(\d\.\d+[a-z]?\) holds to .*\n)+", text)
    return bool(holds) and not re.search(r"# \(\d\.\d+[a-z]?\)", cell.source) and not names(cell, made=True) & later


def names(cell, made):
    """The names that the code of this cell makes, or the ones that it uses."""
    found = set()
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) == made:
            found.add(node.id)
        elif made and isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.alias)):
            found.add(getattr(node, "asname", None) or node.name)
    return found


def folded(cell, later=frozenset()):
    """Which words say why the cell's code is folded, if it is: not where slides show it, or it does more than that.

    later: the names that later cells use.
    """
    if cell.metadata.get("slideshow", {}).get("show") == "code":
        return ""
    return "picture-code" if is_drawing(cell) else "check-code" if is_check(cell, later) else ""


def prepared(notebook, language="en"):
    """The notebook with what myst-nb wants to be told: headings without TeX, folds, what pictures show."""
    later = set()
    for cell in reversed(notebook.cells):
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"(?m)^#{1,6} .*$", lambda line: without_tex(line[0]), cell.source)
            continue
        why = folded(cell, later)
        later |= names(cell, made=False)
        cell.source = SOLUTION.sub("", cell.source).replace("\n\n\n", "\n\n")
        cell.metadata["tags"] = [tag for tag in cell.metadata.get("tags", []) if tag != "raises-exception"]
        if why:
            cell.metadata["tags"].append("hide-input")
            cell.metadata["mystnb"] = dict.fromkeys(("code_prompt_show", "code_prompt_hide"), words(language)[why])
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                image = {"alt": output.data["text/plain"], "width": f"{output.metadata['image/png']['width']}px"}
                cell.metadata.setdefault("mystnb", {})["image"] = image
    return notebook


def exercises(path, language="en"):
    """The exercises to the notebook at path, each followed by its hint and its solution, both folded."""
    folder, say = FOLDER / FOLDERS[language], words(language)
    blank = {cell.id: cell for cell in read(folder / "exercises" / path.name).cells}
    table = exercise_table(str(int(path.name[:2])))
    cells, answer, number = [], [], ""

    def close():
        """End the exercise whose answer was gathered, if any."""
        if answer:
            hinted = fold("hint", say["hint"], hint(table[number], language))
            cells.extend([*hinted, *fold("solution", say["solution"], *answer)])
            answer.clear()

    for cell in read(folder / "solutions" / path.name).cells:
        if cell.source.startswith("## "):
            close()
            number = cell.source.split()[1]
        if cell.id == "about-solutions":
            continue
        if cell.id not in blank:
            answer.append(cell)
        elif cell.source == blank[cell.id].source:
            cells.append(cell)
        else:
            asked = blank[cell.id]
            asked.id, asked.outputs = f"{cell.id}-blank", []
            cells.append(asked)
            answer.append(cell)
    close()
    return nbformat.v4.new_notebook(cells=cells, metadata=read(path).metadata)


def fold(kind, title, *cells):
    opening = nbformat.v4.new_markdown_cell(f'<details class="{kind}"><summary>{title}</summary>')
    return [opening, *cells, nbformat.v4.new_markdown_cell("</details>")]


def hint(exercise, language="en"):
    """What the exercise's check says first of a wrong answer, of one in several parts on each of them."""
    said = [say(words, language) for words in dict.fromkeys(general(exercise.task)) if words]
    said = [re.sub(r"([*_`|<\\])", r"\\\1", words) for words in said]
    said.append(say("See ({}).", language).format(exercise.equation))
    return nbformat.v4.new_markdown_cell("\n".join(f"* {sentence(words)}" for words in said))


def sentence(words):
    """With a capital letter, unless they begin with a symbol."""
    return words[0].upper() + words[1:] if re.match(r"(?:a|[a-z]{2,})\b", words) else words


def general(task):
    for part in getattr(task, "tasks", {}).values():
        yield from general(part)
    words = getattr(task, "general", "") or getattr(task, "hints", "")
    yield from words.values() if isinstance(words, dict) else [words]


def readme(language="en"):
    """{page: Markdown} of README.md and CONTRIBUTING.md, with links to pages. Raises ValueError for a missing part."""
    parts, anchors, notebooks = {"index": ""}, {}, f"notebooks/{FOLDERS[language]}"
    pairs = zip(
        *(chapters((ROOT / README[name]).read_text(encoding="utf-8")) for name in ("en", language)), strict=True
    )
    for english, text in pairs:
        page = PARTS.get(english.splitlines()[0].removeprefix("## "), "index")
        for title in re.findall(r"(?m)^#+ (.*)$", text):
            anchors[re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")] = f"{page}.md#{anchor(title)}"
        parts[page] = parts.get(page, "") + (text if page == "index" else re.sub(r"(?m)^#(#+ )", r"\1", text))
    missing = set(PARTS.values()) - set(parts)
    if missing:
        raise ValueError(f"README.md lacks the part for {missing}: its headings and PARTS differ")
    parts["index"] = re.sub(r"(?m)^.*\]\(README[.\w]*\.md\).*\n+", "", parts["index"])  # each page has such a switch
    if language == "en":
        contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
        parts["CONTRIBUTING"] = contributing.replace("](README.md#", "](#")
    for page, text in parts.items():
        text = re.sub(r"\]\(#([^)]*)\)", lambda link: f"]({anchors[link[1]]})", text)
        text = re.sub(rf"\({notebooks}(?:exercises|solutions)/", "(exercises/", text)
        if language != "en":
            text = re.sub(
                r"\[(.*?)\]\(CONTRIBUTING\.md\)", r'<a href="../CONTRIBUTING.html" hreflang="en">\1</a>', text
            )
        parts[page] = text.replace(f"({notebooks}", "(")
    return parts


def chapters(text):
    return re.split(r"(?m)^(?=## )", text)


def terms(table):
    """{term: its Chinese} from README.md's table, whose rows hold two such pairs."""
    rows = [line.strip("| \n").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {row[k]: row[k + 1] for row in rows[1:] for k in (0, 2)}


def glossary(text, language="en"):
    """The part of README.md with the words, a row for each; links.py adds where the course first says them.

    The language's own words come first, in alphabetical order, which for Chinese is that of GB 2312.
    """
    say, pairs, other = words(language), terms(text).items(), NAMES["zh"]
    if language != "en":
        pairs, other = [pair[::-1] for pair in pairs], NAMES["en"]
    pairs = sorted(pairs, key=lambda pair: pair[0].lower().encode("gb18030"))
    rows = "".join(f"| {one} | {its} | |\n" for one, its in pairs)
    return f"{text.splitlines()[0]}\n\n| {say['term']} | {other} | {say['first']} |\n|---|---|---|\n{rows}"


def toctree(*pages, caption=""):
    caption = f":caption: {caption}\n" if caption else ""
    return f"\n\n```{{toctree}}\n:hidden:\n{caption}\n" + "\n".join(pages) + "\n```\n"


def lay_out(folder, language="en"):
    """Write into this folder what Sphinx makes the pages from."""
    (folder / "exercises").mkdir(parents=True)
    shutil.copytree(ROOT / "figures", folder / "figures")
    parts, say = readme(language), words(language)
    course = toctree(*(path.stem for path in COURSE), caption=say["course"])
    about = toctree(*(page for page in parts if page != "index"), caption=say["around"])
    parts |= {"index": parts["index"] + course + about, "glossary": glossary(parts["glossary"], language)}
    for page, text in parts.items():
        (folder / f"{page}.md").write_text(text, encoding="utf-8")
        for file in re.findall(r"\]\(([^):#]+)\)", text):
            if (ROOT / file).is_file() and not (folder / file).exists():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, folder / file)
    for path in COURSE:
        notebook = prepared(read(FOLDER / FOLDERS[language] / path.name), language)
        notebook.cells.append(nbformat.v4.new_markdown_cell(toctree(f"exercises/{path.stem}")))
        for cell in notebook.cells:
            cell.source = (
                cell.source.replace("(solutions/", "(exercises/") if cell.cell_type == "markdown" else cell.source
            )
        nbformat.write(notebook, folder / path.name)
        nbformat.write(prepared(exercises(path, language), language), folder / "exercises" / path.name)
