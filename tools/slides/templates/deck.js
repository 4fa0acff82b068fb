// Formulas first, then each slide is laid out with them, then the deck begins.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// --- layout: as large as there is room for ---

function overflows(slide) {
  const wide = element => element.scrollWidth > element.clientWidth + 1;
  const body = slide.querySelector('.body');
  return body.scrollHeight > body.clientHeight + 1 || wide(body) || slide.scrollHeight > 720
    || all('.says, .shows, .formula, pre, .part', body).some(wide)
    || all('.says, .shows', body).some(column => column.scrollHeight > body.clientHeight + 1);
}

const SHARES = ['', '30%', '34%', '38%', '42%', '46%', '50%', '54%', '58%'];  // of the width, for text beside a picture

// The largest size of text or formulas, from 26 px on, at which nothing overflows and the picture keeps what it had; 0
// where not even 26 px will do.
function grow(slide, what, most, picture = 0) {
  const fits = size => {
    slide.style.setProperty(what, `${size}px`);
    return !overflows(slide) && covered(slide) >= picture;
  };
  if (!fits(26)) return 0;
  let size = Math.max(26, Math.floor(most));
  while (!fits(size)) size = Math.max(26, size - 4);  // line breaks make it no even rise: from above, then closer
  for (let more = Math.min(size + 3, Math.floor(most)); more > size; more -= 1) if (fits(more)) return more;
  fits(size);
  return size;
}

// The part of a slide that its picture covers, once it keeps its proportions.
function covered(slide) {
  const picture = slide.querySelector('.shows img');
  if (!picture) return 0;
  const scale = Math.min(picture.clientWidth / picture.naturalWidth, picture.clientHeight / picture.naturalHeight);
  return scale * scale * picture.naturalWidth * picture.naturalHeight / (1280 * 720);
}

// A Chinese character says more than a letter: there is less to read, so it may be larger, with more between the lines.
const [LARGEST, BESIDE, LEADINGS] = document.documentElement.lang === 'zh' ? [72, 56, [1.8, 1.6, 1.5, 1.4]] : [60, 42, []];

// Text beside or above picture or table, as it leaves more room; then formulas, code and tables grow, then text.
function fit(slide) {
  const picture = slide.querySelector('.shows img'), exhibit = slide.querySelector('.body :is(.tagged, pre, table)');
  const most = picture ? 36 : Math.max(44, Math.min(LARGEST, 85 - slide.innerText.length / 10));
  const arrange = ({share, single}) => {
    slide.classList.toggle('beside', share !== '');
    slide.classList.toggle('single', single);
    slide.style.setProperty('--share', share);
    slide.style.setProperty('--exhibit', '26px');
    slide.style.setProperty('--text', '26px');
    slide.style.removeProperty('--leading');
    if (single) reserve(slide);
    const room = covered(slide);
    if (overflows(slide)) return {score: -1, room};
    const size = single ? 26 : grow(slide, exhibit ? '--exhibit' : '--text', lines ? Math.min(most, 38) : most, 0.9 * room);
    if (picture) return {score: (single ? 0.6 : 1) * covered(slide) + Math.min(size, 32) / 260, size, room};
    return {score: Math.min(size, 40) + (both ? Math.min(40, text(size, room)) : 0), size, room};
  };
  const text = (size, room) => exhibit ? grow(slide, '--text', Math.min(most, Math.max(1.1 * size, BESIDE)), 0.85 * room) : 0;
  const lines = slide.querySelector('.body .part.code');  // what they mean is to be read as well
  const both = slide.querySelector('.says') && slide.querySelector('.shows');
  const shares = both ? SHARES : [''];
  const ways = shares.map(share => ({share, single: false}));
  if (slide.querySelector('.steps') && exhibit) ways.push({share: '', single: true});
  const best = ways.reduce((best, way) => { const {score} = arrange(way); return score > best.score ? {score, way} : best; }, {score: -2});
  slide.classList.toggle('tight', best.score < 0);  // the longest lines of code
  const {size, room} = arrange(best.way);
  text(size, room);
  const large = 0.95 * covered(slide);
  for (const leading of LEADINGS) {
    slide.style.setProperty('--leading', leading);
    if (!overflows(slide) && covered(slide) >= large) break;
  }
}

function fitAll() {
  for (const slide of all('.slides > section')) {
    slide.style.display = 'flex';
    for (const image of all('.steps img', slide)) image.parentElement.style.aspectRatio = image.naturalWidth / image.naturalHeight;
    fit(slide);
    slide.style.display = '';
  }
}

// --- pictures in steps: the label below, and the equations that it names ---

function explain(slide, frame) {
  const {label, equations} = frame.dataset;
  slide.querySelector('figcaption').textContent = label;
  for (const equation of all('.tagged', slide)) equation.classList.toggle('now', equations.split(' ').includes(equation.dataset.tag));
}

function caption(slide) {
  const frame = slide && all('.steps img', slide).filter(frame => !frame.matches('.fragment:not(.visible)')).at(-1);
  if (frame) explain(slide, frame);
}

// Where only the equations of the frame are shown, nothing moves when it changes.
function reserve(slide) {
  const says = slide.querySelector('.says');
  says.style.minHeight = '';
  const heights = all('.steps img', slide).map(frame => { explain(slide, frame); return says.offsetHeight; });
  says.style.minHeight = `${Math.max(...heights)}px`;
}

// --- keys: they turn slides, also while a slider has the focus; Enter gives it the arrow keys, Enter takes them back ---

function sliderKey(event) {
  const slider = event.target;
  if (event.key === 'Enter') return slider.classList.toggle('moving');
  if (slider.classList.contains('moving') && event.key.startsWith('Arrow')) return;
  event.preventDefault();  // the slider stays; without the focus, reveal.js turns the slide
  slider.blur();
}

function fold(open) {
  const slide = Reveal.getCurrentSlide(), code = slide.querySelector(':scope > div.code');
  for (const other of all('section > div.code')) if (other !== code) other.hidden = true;
  if (code) code.hidden = !(open ?? code.hidden);
}

// No Tab reaches what is not shown; the slide itself takes the overview's clicks.
function rest() {
  for (const slide of all('.slides > section')) for (const part of slide.children) part.inert = slide !== Reveal.getCurrentSlide();
}

function listen() {
  for (const slider of all('input[type=range]')) {
    slider.addEventListener('keydown', sliderKey);
    slider.addEventListener('blur', () => slider.classList.remove('moving'));
  }
  for (const button of all('.fold')) button.addEventListener('click', () => { fold(); button.blur(); });
}

// --- a slide and its note on each page ---

function handout() {
  const shown = document.querySelector('.reveal');
  document.documentElement.classList.add('handout');
  for (const slide of all('.slides > section')) {
    const page = document.createElement('article'), frame = document.createElement('div');
    page.className = 'page reveal';
    frame.className = 'slides';
    document.body.append(page);
    page.append(frame, slide.querySelector('aside'));
    frame.append(slide);
    all('.fragment', slide).forEach(fragment => fragment.classList.add('visible'));
    caption(slide);
  }
  shown.remove();
  document.querySelector('link[href$="reveal.css"]').remove();  // it has a way of its own to print
  for (const page of all('.page')) {
    const note = page.querySelector('aside');
    for (let size = 18; size > 8 && page.scrollHeight > page.clientHeight; size -= 0.5) note.style.fontSize = `${size}px`;
  }
}

function begin() {
  all('aside mjx-assistive-mml').forEach(twice => twice.remove());  // the speaker's window would show them
  fitAll();
  if (location.search.includes('handout')) return handout();
  listen();
  for (const turn of ['ready', 'slidechanged']) Reveal.on(turn, event => { fold(false); rest(); caption(event.currentSlide); });
  for (const turn of ['fragmentshown', 'fragmenthidden']) Reveal.on(turn, () => caption(Reveal.getCurrentSlide()));
  Reveal.on('pdf-ready', () => all('.slides section').forEach(caption));
  return Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, display: 'flex', hash: true, slideNumber: 'c/t', transition: 'none',
    controls: false, pdfMaxPagesPerSlide: 1, pdfSeparateFragments: false, keyboard: {67: () => fold()}, plugins: [RevealNotes],
  });
}

MathJax = {
  tex: {inlineMath: [['$', '$']], packages: {'[-]': ['noundefined']}},
  options: {enableMenu: false, skipHtmlTags: {'[-]': ['code']}, ignoreHtmlClass: 'code|output'},
  startup: {pageReady: () => MathJax.startup.defaultPageReady().then(begin)},
};
