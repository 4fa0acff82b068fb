// What becomes of each line, as it stands in an address: its view and all that is drawn of it, or why it is refused.
const { read_line, results, draw, draw_cell, write_sums } = globalThis.livingLSTM;
const shown = (words) => {
  try {
    const state = read_line(words, decodeURIComponent), found = results(state), how = { log: true, dark: false, base: found };
    const pictures = Object.values(draw).map((picture) => JSON.stringify(picture(found, state, 50, how)));
    return { view: state.view ?? "", drawn: [...pictures, draw_cell(found, state, false), write_sums(found, state)].join() };
  } catch (error) {
    return { refused: `${error}` };
  }
};
process.stdout.write(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map(shown)));
