// What stays readable on a colour, and what a colour becomes as text on a ground (WCAG 2).

/** From 0 to 255 each. */
export type Rgb = readonly [number, number, number];

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];
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

/** For text on the colour. */
export const textOn = (colour: Rgb): Rgb => (contrast(colour, white) < contrastMin ? black : white);

/** The colour as text on the ground: moved towards white where that is dark, else towards black, as far as it takes. */
export function readableOn(ground: Rgb, colour: Rgb, dark: boolean): Rgb {
  const towards = dark ? white : black;
  let mixed = colour;
  for (let share = 0; contrast(mixed, ground) < contrastMin && share < 1; share += 0.05) {
    mixed = colour.map((part, i) => part + (towards[i]! - part) * share) as unknown as Rgb;
  }
  return mixed;
}
