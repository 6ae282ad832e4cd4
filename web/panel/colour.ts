// From one brand colour to what stays readable: text on it, and it as text on a light and on a dark ground (WCAG 2).

type Rgb = readonly [number, number, number];

export interface Accent {
  /** For text on the colour. */
  on: string;
  /** The colour as text on the light surface, darkened as far as needed. */
  light: string;
  /** The colour as text on the dark surface, lightened as far as needed. */
  dark: string;
}

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];
// The grounds that accented text stands on, in tokens.css: the harder one of surface and bubble.
const lightGround: Rgb = [241, 242, 245];
const darkGround: Rgb = [38, 41, 49];
const contrastMin = 4.55; // 4.5 is asked for; black or white reach 4.58 on any colour

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share > 0.04045 ? ((share + 0.055) / 1.055) ** 2.4 : share / 12.92;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: Rgb, other: Rgb): number {
  const a = luminance(one) + 0.05;
  const b = luminance(other) + 0.05;
  return a > b ? a / b : b / a;
}

const css = (colour: Rgb) => `rgb(${colour.map(Math.round).join()})`;

function readable(colour: Rgb, ground: Rgb, towards: Rgb): string {
  let mixed = colour;
  for (let share = 0; contrast(mixed, ground) < contrastMin && share < 1; share += 0.05) {
    mixed = colour.map((part, i) => part + (towards[i]! - part) * share) as unknown as Rgb;
  }
  return css(mixed);
}

/** undefined for what is not #rrggbb. */
export function accentOf(hex: string): Accent | undefined {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) return undefined;
  const colour = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
  return {
    on: css(contrast(colour, white) < contrastMin ? black : white),
    light: readable(colour, lightGround, black),
    dark: readable(colour, darkGround, white),
  };
}
