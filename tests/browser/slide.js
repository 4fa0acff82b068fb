// What is seen on a slide, all of its fragments shown, in its own pixels of 1280 x 720.
() => {
  const slide = Reveal.getCurrentSlide(), frame = document.querySelector('.reveal .slides').getBoundingClientRect();
  const scale = frame.height / 720, furniture = 'aside, .fold, mjx-assistive-mml, section > div.code';
  const seen = [], small = [], wrapped = [];
  const inPixels = box => ({top: (box.top - frame.top) / scale, bottom: (box.bottom - frame.top) / scale,
                            left: (box.left - frame.left) / scale, right: (box.right - frame.left) / scale});
  const isTable = element => element.closest('pre, code, table, .executed, .code');
  for (const element of slide.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (element.closest(furniture) || !box.width || !box.height) continue;
    if (element.matches('img, svg, input, living-lstm')) { seen.push(inPixels(box)); continue; }
    if (element.closest('svg')) continue;
    const words = [...element.childNodes].filter(node => node.nodeType === 3 && node.data.trim());
    const size = parseFloat(getComputedStyle(element).fontSize);
    if ((words.length || element.matches('mjx-container')) && size < (isTable(element) ? 21.9 : 25.9))
      small.push(`${size.toFixed(1)} px: ${element.textContent.trim().slice(0, 40)}`);
    for (const node of words) {
      const range = document.createRange();
      range.selectNodeContents(node);
      const lines = [...range.getClientRects()].filter(line => line.width);
      seen.push(...lines.map(inPixels));
      const once = element.closest('code, td, th, .number') && !element.closest('pre');
      if (once && new Set(lines.map(line => Math.round(line.top / 8))).size > 1) wrapped.push(node.data.trim());
    }
  }
  for (const pre of slide.querySelectorAll('pre')) {
    const lines = pre.textContent.trimEnd().split('\n').length, style = getComputedStyle(pre);
    const height = pre.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    if (pre.offsetParent && !pre.closest(furniture) && !pre.matches('.error') && height > (lines + .5) * parseFloat(style.lineHeight))
      wrapped.push(pre.textContent.slice(0, 60));
  }
  // How much of the height holds nothing: what lies between two lines of text counts as held.
  let covered = 0, end = 0;
  for (const {top, bottom} of seen.map(b => ({top: Math.max(0, b.top - 24), bottom: Math.min(720, b.bottom + 24)})).sort((a, b) => a.top - b.top)) {
    covered += Math.max(0, bottom - Math.max(top, end));
    end = Math.max(end, bottom);
  }
  const visible = selector => [...slide.querySelectorAll(selector)].filter(e => e.offsetParent && !e.closest(furniture));
  return {
    words: slide.innerText.trim().split('\n').slice(0, 2).join(' / '),
    kind: slide.className.replace(/present|beside|stack/g, '').trim(),
    right: Math.round(Math.max(0, ...seen.map(box => box.right))), bottom: Math.round(Math.max(0, ...seen.map(box => box.bottom))),
    small, wrapped, empty: Math.round(100 * (1 - covered / 720)) / 100,
    code: visible('.input pre, .part.code pre').length, pictures: visible('img, living-lstm').length > 0, questions: visible('.asked').length,
    texts: visible('p, li, .tagged, h3').length, tables: visible('table, pre.output').length,
    note: [...slide.querySelectorAll('aside.notes')].map(note => note.innerText).join(' '),
  };
}
