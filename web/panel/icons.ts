// Line icons on a 24 pixel grid, drawn with the colour of the text around them.
import { set } from './dom.ts';

const paths = {
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  enlarge: 'M13 5h6v6M19 5l-7 7M11 19H5v-6M5 19l7-7',
  send: 'M12 20V5M6 11l6-6 6 6',
  check: 'M5 13l4 4 10-10',
  alert: 'M12 8v5M12 16.5v.01M12 3a9 9 0 1 0 .01 0',
  person: 'M12 4a4 4 0 1 0 .01 0M4 21c1-9 15-9 16 0',
  people: 'M9 5a4 4 0 1 0 .01 0M2 21c1-8 13-8 14 0M16 5.5a3.5 3.5 0 0 1 0 7M18.5 15.5c2 1 3 3 3.5 5.5',
  out: 'M8 16L17 7M9 7h8v8',
  cloud: 'M4 4l16 16M9 7c4-2 8 0 9 4 4 1 4 5 2 7M16 19H8c-6 0-6-8 0-8',
  copy: 'M9 9h11v11H9zM15 5V4H4v11h1',
  up: 'M7 11v9H4v-9zM7 11l4-8c2 0 3 1 2.5 3L13 9h6c1.5 0 2 1 2 2l-2 7c-.5 1.5-1 2-2 2H7',
  list: 'M8 6h12M8 12h12M8 18h12M4 6v.01M4 12v.01M4 18v.01',
  back: 'M15 5l-7 7 7 7',
  pen: 'M4 20l1-5L16 4l4 4L9 19z',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z',
};

export function icon(name: keyof typeof paths): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const path = document.createElementNS(space, 'path');
  set(svg, { viewBox: '0 0 24 24', class: 'i', 'aria-hidden': 'true' });
  set(path, { d: paths[name] });
  svg.append(path);
  return svg;
}
