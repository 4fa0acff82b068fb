// What an equation's number stands for, shown where it is pointed at or reached by keyboard.
const preview = Object.assign(document.createElement("div"), { id: "preview", role: "tooltip", hidden: true });
let shown = null;

function hide() {
  shown?.removeAttribute("aria-describedby");
  shown = null;
  preview.hidden = true;
}

async function show(link) {
  hide();
  shown = link;
  const number = link.dataset.equation;
  const content = await MathJax.tex2svgPromise(EQUATIONS[number], { display: true });
  if (shown !== link) return;
  preview.replaceChildren(content, ` (${number})`);
  preview.hidden = false;
  link.setAttribute("aria-describedby", "preview");
  const at = link.getBoundingClientRect(), size = preview.getBoundingClientRect();
  const above = at.top - size.height > 0;
  preview.style.top = `${scrollY + (above ? at.top - size.height : at.bottom)}px`;
  preview.style.left = `${Math.max(4, Math.min(at.left, document.documentElement.clientWidth - size.width - 4))}px`;
}

// What is wider than its place can be scrolled by keyboard too, and fades at the edge behind which there is more.
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));
function mark(box) {
  const rest = box.scrollWidth - box.clientWidth;
  box.classList.toggle("wider", rest > 1);
  if (rest <= 1) return box.removeAttribute("tabindex");
  box.tabIndex = 0;
  box.style.setProperty("--before", box.scrollLeft > 1 ? "2.5rem" : "0px");
  box.style.setProperty("--after", box.scrollLeft < rest - 1 ? "2.5rem" : "0px");
}

// The heading or equation that is being read: the last one that has reached the bar at the top, if any has been passed.
function reading() {
  if (scrollY === 0) return "";
  const bar = document.querySelector(".bd-header-article").getBoundingClientRect().bottom + 40;
  const passed = [...document.querySelectorAll("main section[id], main div.math[id]")].filter(
    (place) => place.checkVisibility() && place.getBoundingClientRect().top <= bar);
  return passed.at(-1)?.id ?? "";
}

// A chapter was one page once: what an older address names may have moved to the page of its second lesson.
function follow(place) {
  const chapter = location.pathname.match(/(?<!exercises)\/(\d\d)_[^/]*$/)?.[1];
  const here = place.startsWith("lstm=") ? document.querySelector("living-lstm") : document.getElementById(place);
  const second = [...document.querySelectorAll("nav a[href]")].find((link) => link.pathname.includes(`/${chapter}b_`));
  if (place && !here && second) location.replace(second.href + location.hash);
}

addEventListener("DOMContentLoaded", async () => {
  follow(decodeURIComponent(location.hash.slice(1)));
  for (const link of document.querySelectorAll(".article-header-buttons > a[hreflang]"))
    link.addEventListener("click", () => { link.hash = reading(); });
  document.body.append(preview);
  const link = (event) => event.target.closest?.("a[data-equation]");
  for (const type of ["pointerover", "focusin"]) addEventListener(type, (event) => link(event) && show(link(event)));
  addEventListener("focusout", hide);
  addEventListener("pointerout", (event) => {
    const to = event.relatedTarget;
    if (shown && !preview.contains(to) && !shown.contains(to)) hide();
  });
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  await MathJax.startup.promise;
  const main = document.querySelector("main");
  const wide = "mjx-container[display], section > p:has(> img), .cell_output, .output, .pst-scrollable-table-container, pre";
  main.querySelectorAll(wide).forEach((box) => {
    sizes.observe(box);
    mark(box);
    box.addEventListener("scroll", () => mark(box));
  });
  document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();  // formulas moved it
});
