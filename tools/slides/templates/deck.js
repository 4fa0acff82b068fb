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

const SHARES = ['30%', '36%', '42%', '48%', '54%', '60%', ''];  // of the width, for text beside a picture, or above it
const SIZES = [26, 30, 34, 38, 42, 46, 50, 54, 58, 64, 70], ALL = ['--text', '--exhibit'];

// The part of a slide that its picture covers, once it keeps its proportions.
function covered(slide) {
  const picture = slide.querySelector('.shows img');
  if (!picture) return 0;
  const scale = Math.min(picture.clientWidth / picture.naturalWidth, picture.clientHeight / picture.naturalHeight);
  return scale * scale * picture.naturalWidth * picture.naturalHeight / (1280 * 720);
}

// The arrangement that leaves a picture most room, or else allows the largest text; then all of it grows, then formulas,
// code and tables, then text.
function fit(slide) {
  const fits = (size, ...names) => {
    for (const name of names) slide.style.setProperty(name, `${size}px`);
    return !overflows(slide);
  };
  const arrange = share => {
    slide.classList.toggle('beside', share !== '');
    slide.style.setProperty('--share', share);
    return fits(26, ...ALL);
  };
  const score = share => arrange(share) ? covered(slide) || SIZES.findLast(size => fits(size, ...ALL)) : -1;
  const shares = slide.querySelector('.says + .shows') ? SHARES : [''], scores = shares.map(score), best = Math.max(...scores);
  slide.classList.toggle('tight', best < 0);  // the longest lines of code
  arrange(shares[scores.indexOf(best)]);
  const room = 0.9 * covered(slide);
  for (const names of [ALL, ['--exhibit'], ['--text']])
    SIZES.findLast(size => fits(size, ...names) && covered(slide) >= room || size === 26);
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

function caption(slide) {
  const frame = slide && all('.steps img', slide).filter(frame => !frame.matches('.fragment:not(.visible)')).at(-1);
  if (!frame) return;
  const {label, equations} = frame.dataset;
  slide.querySelector('figcaption').textContent = label;
  for (const equation of all('.tagged', slide)) equation.classList.toggle('now', equations.split(' ').includes(equation.dataset.tag));
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
