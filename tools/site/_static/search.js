// The search: what of SEARCH, which tools/site/search.py wrote, holds most words of the query, with the line that does so.
const HAN = "\\p{Script=Han}", LETTER = "[\\p{Script=Latin}\\p{Script=Greek}\\p{N}_]";
const query = (new URLSearchParams(location.search).get("q") ?? "").normalize("NFKC").toLowerCase();

const escaped = (word) => word.replace(/[$()*+.?[\\\]^{|}\/]/g, "\\$&");
const isHan = (word) => new RegExp(HAN, "u").test(word);

// Chinese has no gaps between words. Another word may go on: "gate" finds gates. A number may not: 3.1 is not 3.12.
function pattern(word) {
  if (isHan(word)) return escaped(word);
  if (/^\d/.test(word)) return `(?<![\\d.])${escaped(word)}(?!\\d)`;
  return `(?<!${LETTER})${escaped(word.replace(/(?<=\p{L}{4})(?:ing|e?d|e?s)$/u, ""))}`;
}

// Each word or known term of the query, with what else it is called, as a regular expression.
function patterns() {
  const names = [...new Set(Object.entries(SEARCH.others).flat(2))].sort((a, b) => b.length - a.length)
    .map((name) => isHan(name) ? name : `(?<!${LETTER})${escaped(name)}(?!${LETTER})`);
  const word = new RegExp(`${HAN}+|${LETTER}+(?:[.-]${LETTER}+)*`, "gu");
  const parts = query.split(new RegExp(`(${names.join("|")})`, "u")).flatMap((piece, k) =>
    k % 2 ? [[piece, SEARCH.others[piece] ?? []].flat()] : (piece.match(word) ?? []).map((one) => [one]));
  return parts.map((words) => new RegExp(words.map(pattern).join("|"), "giu"));
}

// [how many words of the query a section has, by what share of its heading and how often in its text]
function score([, heading, , text], wanted) {
  const found = wanted.map((one) => [heading.match(one) ?? [], text.match(one) ?? []])
    .filter(([above, below]) => above.length + below.length);
  return [found.length, found.reduce((sum, [above, below]) =>
    sum + 100 * above.join("").length / heading.length + Math.min(below.length, 9), 0)];
}

const element = (name, words, more = {}) => Object.assign(document.createElement(name), { textContent: words }, more);

// A line with its formulas, in which what was asked for is marked.
function marked(line, wanted) {
  const box = element("p", ""), asked = new RegExp(`(${wanted.map((one) => one.source).join("|")})`, "giu");
  line.split(/(\\\(.*?\\\)|\\\[.*?\\\])/).forEach((piece, k) => k % 2
    ? box.append(element("span", piece, { className: "math" }))
    : box.append(...piece.split(asked).map((words, n) => n % 2 ? element("mark", words) : words)));
  return box;
}

function entry([way, heading, page, text], wanted) {
  const said = (line) => wanted.filter((one) => heading.search(one) < 0 && line.search(one) >= 0).length;
  const line = text.split("\n").reduce((best, line) => said(line) > said(best) ? line : best);
  const item = element("li", "");
  item.append(element("a", heading, { href: way }), element("small", page === heading ? "" : page), marked(line, wanted));
  return item;
}

addEventListener("DOMContentLoaded", async () => {
  const place = document.getElementById("search-results"), list = element("ol", ""), wanted = patterns();
  if (!wanted.length) return;
  document.querySelector("main input[name=q]").value = query;
  const scored = SEARCH.sections.map((section) => [...score(section, wanted), section]);
  const most = Math.max(...scored.map(([words]) => words)), found = scored.filter(([words]) => words && words === most);
  list.append(...found.sort((a, b) => b[1] - a[1]).map(([, , section]) => entry(section, wanted)));
  const words = found.length ? SEARCH.found.replace("{}", found.length) : SEARCH["not-found"];
  place.append(element("p", words, { role: "status" }), list);
  await MathJax.startup.promise;
  MathJax.typesetPromise([list]);
});
