"""What the course's pages are laid out from: notebooks, exercises with their solutions, and README.md."""

import re
import shutil

import nbformat

from lstm_helpers.language import say
from lstm_tutor.exercises import exercises as exercise_table
from tools.chinese.wording import FOLDERS, README, words
from tools.notebooks import COURSE, FOLDER, ROOT, SOLUTIONS, read

LETTERS = str.maketrans("0123456789+-−=aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
SOLUTION = re.compile(r"(?m)^ *# (?:solution|end)\n|  # solution$")


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


def prepared(notebook, language="en"):
    """The notebook with what myst-nb wants to be told: headings without TeX, JupyterLab's folds, what pictures show."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"(?m)^#{1,6} .*$", lambda line: without_tex(line[0]), cell.source)
            continue
        cell.source = SOLUTION.sub("", cell.source).replace("\n\n\n", "\n\n")
        cell.metadata["tags"] = [tag for tag in cell.metadata.get("tags", []) if tag != "raises-exception"]
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata["tags"].append("hide-input")
            says = words(language)["picture-code"]
            cell.metadata["mystnb"] = {"code_prompt_show": says, "code_prompt_hide": says}
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
    """(first page, glossary): README.md with links to pages. The glossary is its part with a table of words."""
    text, notebooks = (ROOT / README[language]).read_text(encoding="utf-8"), f"notebooks/{FOLDERS[language]}"
    for title in re.findall(r"(?m)^#+ (.*)$", text):
        github = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        text = text.replace(f"](#{github})", f"](#{anchor(title)})")
    text = re.sub(r"(?m)^.*\]\(README[.\w]*\.md\).*\n+", "", text)  # each page has such a switch
    text = re.sub(r"\[(.*?)\]\(CONTRIBUTING\.md\)", r"\1", text)  # it stands beside the course's files
    text = re.sub(rf"\({notebooks}(?:exercises|solutions)/", "(exercises/", text).replace(f"({notebooks}", "(")
    glossary = next(part for part in re.split(r"(?m)^(?=## )", text) if "\n| | | | |\n" in part)
    return text.replace(glossary, ""), glossary.removeprefix("#")


def terms(table):
    """{term: its Chinese} from README.md's table, whose rows hold two such pairs."""
    rows = [line.strip("| \n").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {row[k]: row[k + 1] for row in rows[1:] for k in (0, 2)}


def toctree(*pages, caption=""):
    caption = f":caption: {caption}\n" if caption else ""
    return f"\n\n```{{toctree}}\n:hidden:\n{caption}\n" + "\n".join(pages) + "\n```\n"


def lay_out(folder, language="en"):
    """Write into this folder what Sphinx makes the pages from. A chapter's exercises hang below its first lesson."""
    (folder / "exercises").mkdir(parents=True)
    shutil.copytree(ROOT / "figures", folder / "figures")
    say, (index, glossary) = words(language), readme(language)
    for file in re.findall(r"\]\(([^):#]+)\)", index):
        if (ROOT / file).is_file() and not (folder / file).exists():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder / file)
    index += toctree(*(path.stem for path in COURSE), caption=say["course"])
    index += toctree("glossary", caption=say["around"])
    for page, text in {"index": index, "glossary": glossary}.items():
        (folder / f"{page}.md").write_text(text, encoding="utf-8")
    for path in COURSE:
        notebook = prepared(read(FOLDER / FOLDERS[language] / path.name), language)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = cell.source.replace("(solutions/", "(exercises/")
        if path.name in [solution.name for solution in SOLUTIONS]:
            notebook.cells.append(nbformat.v4.new_markdown_cell(toctree(f"exercises/{path.stem}")))
            nbformat.write(prepared(exercises(path, language), language), folder / "exercises" / path.name)
        nbformat.write(notebook, folder / path.name)
