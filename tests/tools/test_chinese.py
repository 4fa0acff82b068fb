"""The Chinese course is complete and says what the English one says; code, outputs and numbers are the English ones."""

import nbformat
import pytest
from notebook_rules import has_headings_in_order, has_working_links, is_in_stored_form

from tools.chinese import translation
from tools.chinese.translation import (
    LIVING,
    OTHERS,
    README,
    chinese,
    chinese_of,
    complaints,
    messages,
    translated,
    wrong,
)
from tools.notebooks import COURSE, EXERCISES, FOLDER, PATHS, SOLUTIONS, read

CATALOGUES = [*OTHERS, *COURSE, *SOLUTIONS]
ENGLISH = "## The gate\n\nAt $t = 7$ the forget gate shuts, see (1.2) and [notebook 01](01.ipynb): 3 of `x` are lost."
CHINESE = "## 门\n\n$t = 7$ 时遗忘门关上，见 (1.2) 和[笔记本 01](01.ipynb)：`x` 中有 3 个丢了。"
GLOSSARY = {"forget gate": "遗忘门", "gate": "门"}


def short(path):
    return path.stem if path in OTHERS else str(path.relative_to(FOLDER).with_suffix(""))


@pytest.mark.parametrize("path", CATALOGUES, ids=short)
def test_every_message_is_translated_and_right(path):
    found = list(wrong(path))
    assert not found, "run `make translation` and mend its catalogue:\n" + "\n".join(found)


@pytest.mark.parametrize("path", [README, *PATHS], ids=short)
def test_what_stands_there_is_made_from_the_catalogue(path):
    assert chinese_of(path).read_text(encoding="utf-8") == chinese(path), "run `make translation`"


def test_the_living_lstm_has_the_words_of_its_catalogue():
    assert LIVING.with_name("living_words.json").read_text(encoding="utf-8") == translation.living_words()
    assert {"at t = {}: {} = {} (diamond)", "forget gate", "via f", "a latch"} <= {*translation.living()}


def test_a_value_that_the_living_lstm_lacks_in_chinese_is_noticed(monkeypatch):
    """Elsewhere braces are no values, but TeX and code."""
    monkeypatch.setattr(translation, "messages", lambda path: {"at": "at t = {}"})
    monkeypatch.setattr(translation, "translations", lambda file: {("at", "at t = {}"): "在 $t$"})
    noticed = "at: values differ: {'0': ''} became {}"
    assert noticed in wrong(LIVING) and noticed not in wrong(README)


def test_there_are_no_other_chinese_notebooks():
    assert {*translation.CHINESE.rglob("*.ipynb")} == {chinese_of(path) for path in PATHS}
    assert {*translation.CATALOGUES.rglob("*.po")} >= {translation.catalogue_of(path) for path in CATALOGUES}


@pytest.mark.parametrize("path", [*COURSE, *SOLUTIONS, *EXERCISES], ids=short)
def test_cells_are_the_same_but_for_the_words(path):
    pairs = list(zip(read(path).cells, read(chinese_of(path)).cells, strict=True))
    assert all((ours.id, ours.metadata, ours.cell_type) == (its.id, its.metadata, its.cell_type) for ours, its in pairs)
    code = [(ours, its) for ours, its in pairs if ours.cell_type == "code"]
    assert all((ours.source, ours.execution_count) == (its.source, its.execution_count) for ours, its in code)
    if path in COURSE:
        assert all(ours.outputs == its.outputs for ours, its in code)


@pytest.mark.parametrize(
    "rule", [has_headings_in_order, has_working_links, is_in_stored_form], ids=lambda rule: rule.__name__
)
@pytest.mark.parametrize("path", PATHS, ids=short)
def test_chinese_notebooks_keep_the_rules_that_words_can_break(path, rule):
    complaints = list(rule(read(chinese_of(path)), chinese_of(path)))
    assert not complaints, "\n".join(complaints)


def test_a_right_translation_has_no_complaint():
    assert not list(complaints(ENGLISH, CHINESE, GLOSSARY))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("$t = 7$ ", "", "formula missing: $t = 7$"),
        ("$t = 7$", "$t = 8$", "formula not in the English: $t = 8$"),
        ("有 3 个", "有 4 个", "numbers differ: ['3'] became ['4']"),
        ("(1.2)", "(1.3)", "reference missing: (1.2)"),
        ("(01.ipynb)", "(02.ipynb)", "link missing: (01.ipynb)"),
        ("`x`", "`y`", "code missing: `x`"),
        ("## 门", "# 门", "headings differ: ['## '] became ['# ']"),
        ("丢了", "lost 了", "English left over: lost"),
        ("关上，", "关上,", "half-width punctuation: '上,'"),
        ("有 3 个", "有3 个", "a space is missing between Chinese and Latin: '有3'"),
        ("遗忘门", "忘记门", "forget gate is 遗忘门"),
        ("丢了。", "**丢了。**真的", "Markdown shows these asterisks as they are"),
    ],
)
def test_a_wrong_translation_is_noticed(old, new, said):
    assert old in CHINESE
    found = list(complaints(ENGLISH, CHINESE.replace(old, new), GLOSSARY))
    assert any(one.startswith(said) for one in found), found


def test_a_note_for_chinese_readers_needs_no_english():
    note = "\n\n> **给读《神经网络与深度学习》的同学**：这里回答习题 6-4。"
    assert not list(complaints(ENGLISH, CHINESE + note, GLOSSARY))


def test_a_cell_whose_english_has_changed_is_named(tmp_path):
    file = tmp_path / "one.po"
    translation.update(file, {"gate": ENGLISH, "other": "Some words"})
    catalogue = translation.polib.pofile(str(file), wrapwidth=0)
    catalogue[0].msgstr = CHINESE
    catalogue.save()
    translation.translations.cache_clear()
    assert translation.translations(file) == {("gate", ENGLISH): CHINESE}
    translation.update(file, {"gate": ENGLISH + " All.", "third": "More words"})
    first, third = translation.polib.pofile(str(file), wrapwidth=0)
    assert first.fuzzy and first.msgstr == CHINESE and first.previous_msgid == ENGLISH and third.msgctxt == "third"
    assert not translation.translations(file)
    cells = [nbformat.v4.new_markdown_cell(ENGLISH, id="gate")]
    with pytest.raises(KeyError, match="gate"):
        translated(nbformat.v4.new_notebook(cells=cells), translation.translations(file))


def test_formulas_alone_need_no_translation():
    assert not translation.is_prose("$$c_t = f_t\\, c_{t-1} \\tag{1.5}$$") and translation.is_prose("so $x$ is")


def test_links_and_headings_of_readme_lead_to_chinese_ones():
    text = chinese(README)
    assert "(notebooks/zh/01_forward_equations.ipynb)" in text and "(notebooks/01" not in text
    assert messages(README) and "](#where-is" not in text and "[English](README.md)" in text
