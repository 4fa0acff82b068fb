"""The Chinese course says what the English one says, or shows that; code, outputs and numbers are the English ones."""

import re

import pytest
from notebook_rules import broken_links, has_headings_in_order, has_working_links, is_in_stored_form

from tools.chinese import translation
from tools.chinese.complaints import complaints, spoken_complaints
from tools.chinese.translation import MADE, OTHERS, PATHS, SOURCES, catalogue_of, chinese_of, messages, update
from tools.notebooks import FOLDER, read

ENGLISH = "## The gate\n\nAt $t = 7$ the forget gate shuts, see (1.2a) and [notebook 01](01.ipynb): 3 of `x` are lost."
CHINESE = "## 门\n\n$t = 7$ 时遗忘门关上，见 (1.2a) 和[笔记本 01](01.ipynb)：`x` 中有 3 个丢了。"
SPOKEN = "at step {} the forget gate is {:.2f}: W_hf h_t[0] is 3", "遗忘门在第 {} 步是 {:.2f}：W_hf h_t[0] 是 3"
GLOSSARY = {"forget gate": "遗忘门", "gate": "门"}


def short(path):
    return path.stem if path in OTHERS else str(path.relative_to(FOLDER).with_suffix(""))


# --- what there is ---


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_a_catalogue_holds_what_is_said_today_and_is_right(path, tmp_path):
    now = tmp_path / "now.po"
    now.write_bytes(catalogue_of(path).read_bytes())
    update(now, messages(path))
    assert now.read_bytes() == catalogue_of(path).read_bytes(), "run `make translation`"
    assert not [*translation.wrong(path)], f"mend {catalogue_of(path)}"


@pytest.mark.parametrize("path", MADE, ids=short)
def test_what_stands_there_is_made_from_the_catalogue(path):
    assert chinese_of(path).read_bytes() == translation.chinese(path), "run `make translation`, and edit nothing there"


def test_there_is_no_other_catalogue_and_no_other_notebook():
    assert {*translation.CHINESE.rglob("*.ipynb")} == {chinese_of(path) for path in PATHS}
    assert {*translation.CATALOGUES.rglob("*.po"), translation.SPOKEN} == {catalogue_of(path) for path in SOURCES}


def test_the_words_of_the_living_lstm_are_found():
    assert {"forget gate", "via f", "a latch"} <= {*translation.living()} and "{}" in "".join(translation.living())


@pytest.mark.parametrize("path", PATHS, ids=short)
def test_a_chinese_notebook_differs_in_words_and_verdicts_alone(path):
    for rule in (has_headings_in_order, has_working_links, is_in_stored_form):
        assert not [*rule(read(chinese_of(path)), chinese_of(path))]
    verdicts = 0
    for ours, its in zip(read(path).cells, read(chinese_of(path)).cells, strict=True):
        for before, after in zip(ours.get("outputs", ()), its.get("outputs", ())):
            if before != after:
                assert re.fullmatch(r"\d\.\d (right|not answered yet)", before.data.pop("text/plain"))
                said, shown = after.data.pop("text/plain"), after.data.pop("text/html")
                assert re.fullmatch(r"\d\.\d (正确|还没作答)", said) and said in shown
                assert not [*broken_links(shown, chinese_of(path))]
                del before.data["text/html"]
                verdicts += 1
        if ours.cell_type == "markdown":
            ours.source = its.source
        assert ours == its
    assert path.parent == FOLDER or verdicts >= 7


# --- how a translation is judged ---


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", None),
        ("丢了。", "丢了。\n\n> **给读《神经网络与深度学习》的同学**：这里回答习题 6-4。", None),
        ("$t = 7$ ", "", "formula missing: $t = 7$"),
        ("$t = 7$", "$t = 8$", "formula not in the English: $t = 8$"),
        ("有 3 个", "有 4 个", "numbers differ: ['3'] became ['4']"),
        ("(1.2a)", "(1.2b)", "reference missing: (1.2a)"),
        ("(01.ipynb)", "(02.ipynb)", "link missing: (01.ipynb)"),
        ("`x`", "`y`", "code missing: `x`"),
        ("## 门", "# 门", "headings differ: ['## '] became ['# ']"),
        ("丢了", "lost 了", "English left over: lost"),
        ("关上，", "关上,", "half-width punctuation: '上,'"),
        ("有 3 个", "有3 个", "a space is missing between Chinese and Latin: '有3'"),
        ("遗忘门", "忘记门", "forget gate is 遗忘门"),
        ("丢了。", "**丢了。**真的", "Markdown shows these asterisks as they are"),
        ("丢了。", "真的**（丢了）**。", "Markdown shows these asterisks as they are"),
        ("丢了。", "丢了|。", "table cells differ"),
    ],
)
def test_complaints_on_a_cell(old, new, said):
    found = [*complaints(ENGLISH, CHINESE.replace(old, new), GLOSSARY)]
    assert old in CHINESE and (any(one.startswith(said) for one in found) if said else not found), found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("在第 {} 步是 {:.2f}", "是 {1:.2f}，在第 {0} 步", None),
        ("第 {} 步", "某一步", "values differ: {'0': '', '1': ':.2f'} became {'0': ':.2f'}"),
        ("{:.2f}", "{}", "values differ: {'0': '', '1': ':.2f'} became {'0': '', '1': ''}"),
        ("{}", "{0}", "values cannot be put in: "),
        ("W_hf", "W_hi", "symbols differ: ['W_hf', 'h_t[0]'] became ['W_hi', 'h_t[0]']"),
        ("是 3", "是 4", "numbers differ: ['3'] became ['4']"),
    ],
)
def test_complaints_on_what_check_says(old, new, said):
    found = [*spoken_complaints(SPOKEN[0], SPOKEN[1].replace(old, new), GLOSSARY)]
    assert old in SPOKEN[1] and (any(one.startswith(said) for one in found) if said else not found), found


# --- English that changes ---

ROW, CHANGED = "| forget | from 0 to 1 |", "| forget | above 0, up to 1 |"
TABLE = f"## Gates\n\nEach by itself:\n\n| gate | range |\n|---|---|\n{ROW}\n| $i$ | 7 |\n\nAll four."


def test_what_has_no_chinese_is_shown_in_english_and_a_line_says_so():
    known = {("gates", unit): unit.replace("Each by itself", "各自") for unit in translation.units(TABLE)}
    known["gates", ROW] = "| 遗忘 | 从 0 到 1 |"
    chinese = TABLE.replace("Each by itself", "各自").replace(ROW, known["gates", ROW])
    assert translation.in_chinese("gates", TABLE, known) == chinese and len(known) == 4
    said = chinese.replace("各自", f"{translation.IN_ENGLISH}\n\n各自").replace(known["gates", ROW], CHANGED)
    assert translation.in_chinese("gates", TABLE.replace(ROW, CHANGED), known) == said


def test_chinese_follows_its_cell_into_another_notebook_and_a_changed_row_keeps_it_as_a_proposal(tmp_path):
    before = translation.polib.POEntry(msgctxt="gates", msgid=ROW, msgstr="X")
    file, wanted = tmp_path / "one.po", [("gates", ROW), ("01b/gates", ROW), ("gates", CHANGED), ("other", ROW)]
    update(file, wanted, [before])
    found = [(entry.msgstr, entry.fuzzy, entry.previous_msgid) for entry in translation.entries(file)]
    assert found == [("X", False, None), ("X", False, None), ("X", True, ROW), ("", False, None)]
    assert {*translation.translations(file)} == {*wanted[:2]}
