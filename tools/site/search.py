"""The site's search: what stands where, and what else it is called, written down for _static/search.js."""

import json
import re

from tools.chinese.wording import FOLDERS, words

NO_TEXT = "script, style, .headerlink, .ways, .eqno, .toctree-wrapper"
HEADING = re.compile("^h[1-6]$")
# What others call it, two Chinese textbooks among them (Qiu's, and Dive into Deep Learning): what the course says.
OTHERS = {
    "en": {
        "backpropagation": "back-propagation",
        "bptt": "back-propagation through time",
        "memory cell": "cell state",
        "rnn": "recurrent neural network",
        "lstm": "long short-term memory",
    },
    "zh": {
        "隐状态": "隐藏状态",
        "外部状态": "隐藏状态",
        "记忆元": "细胞状态",
        "记忆单元": "细胞状态",
        "单元状态": "细胞状态",
        "内部状态": "细胞状态",
        "候选记忆元": "候选值",
        "候选状态": "候选值",
        "门控": ["遗忘门", "输入门", "输出门"],
        "bptt": "随时间反向传播",
        "通过时间反向传播": "随时间反向传播",
        "沿时间反向传播": "随时间反向传播",
        "梯度截断": "裁剪",
        "循环神经网络": ["循环网络", "RNN"],
        "rnn": ["循环神经网络", "循环网络"],
        "lstm": "长短期记忆",
        "小批量": "批次",
        "批量": "批次",
        "学习速率": "学习率",
        "按元素": "逐元素",
    },
}


def write(pages, folder):
    """Write what is searched on the pages of one language into its _static/sections.js. It takes the pages apart."""
    language = pages[0].language
    glossary = next(page for page in pages if page.path.name == "glossary.html")
    found = {
        "others": others(glossary, language) | OTHERS[language],
        "sections": [section for page in pages for section in sections(page)],
        "found": words(language)["found"],
        "not-found": words(language)["not-found"],
    }
    file = folder / FOLDERS[language] / "_static" / "sections.js"
    file.write_text(f"const SEARCH = {json.dumps(found, ensure_ascii=False)};\n", encoding="utf-8")


def others(glossary, language):
    """{term in the other language: term in this one}, in small letters; each row of the glossary holds two pairs."""
    found = {}
    for row in glossary.soup.select("tbody tr"):
        cells = [re.split(", |，", cell.text.lower()) for cell in row.select("td")]
        for english, chinese in zip(cells[::2], cells[1::2], strict=True):
            found |= zip(chinese, english) if language == "en" else zip(english, chinese)
    return found


def sections(page):
    """[way, heading, page's title, text] of each section and each numbered equation: those within others come first."""
    for element in page.soup.main.select(NO_TEXT):
        element.extract()
    title = page.soup.main.select_one("section[id] h1")
    title, found = title.text.strip() if title else "", []
    for part in reversed(page.soup.main.select("section[id], div.math[id]")):
        way, text = f"{page.name.as_posix()}#{part['id']}", part.get_text()
        if part.name == "section":
            heading = part.find(HEADING).extract().text.strip()
            lines = [line.strip() for line in part.get_text().splitlines() if line.strip()]
            found.append([way, heading, title, "\n".join(lines)])
        else:
            found.append([way, f"({part['id'].removeprefix('eq-')})", title, " ".join(text.split())])
        part.extract()
    return found[::-1]
