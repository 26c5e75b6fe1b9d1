// Runs inside the page.

/**
 * The texts in view that are harder to read than WCAG AA allows: below 4.5:1, or below 3:1 where
 * the letters are large. Each as one line that names the text, its colours and the ratio.
 */
export function lowContrast() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pixels = canvas.getContext("2d", { willReadFrequently: true });

  /** Red, green, blue (0..255) and opacity (0..1) of any CSS colour. */
  const parse = (color) => {
    pixels.clearRect(0, 0, 1, 1);
    pixels.fillStyle = color;
    pixels.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pixels.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => {
    const mix = (index) => top[index] * top[3] + below[index] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const background = (element) => {
    if (element === null) return [255, 255, 255, 1];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, background(element.parentElement));
  };
  const luminance = (color) => {
    const [red, green, blue] = color.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };

  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim();
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const hidden = box.width <= 1 || style.visibility === "hidden" || element.closest(":disabled");
    if (text === "" || hidden) continue;
    const below = background(element);
    const color = over(parse(style.color), below);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const value = ratio(color, below);
    if (value < (large ? 3 : 4.5)) {
      found.push(`"${text.slice(0, 40)}" ${style.color} on ${below.map(Math.round)}: ${value.toFixed(2)}`);
    }
  }
  return found;
}
