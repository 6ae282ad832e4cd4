// What the panel lends to this part, so that it need not bring the same again.
import type { copyButton as CopyButton } from '../copy.ts';
import type * as dates from '../dates.ts';
import type * as dom from '../dom.ts';
import type { icon as Icon } from '../icons.ts';
import type * as texts from '../strings.ts';

export let el: typeof dom.el;
export let set: typeof dom.set;
export let button: typeof dom.button;
export let link: typeof dom.link;
export let linkTo: typeof dom.linkTo;
export let safeUrl: typeof dom.safeUrl;
export let icon: typeof Icon;
export let copyButton: typeof CopyButton;
export let fill: typeof texts.fill;
export let strings: typeof texts.strings;
export let ago: typeof dates.ago;
export let timeOf: typeof dates.timeOf;

type Tools = [
  typeof el,
  typeof set,
  typeof button,
  typeof link,
  typeof linkTo,
  typeof safeUrl,
  typeof icon,
  typeof copyButton,
  typeof fill,
  typeof strings,
  typeof ago,
  typeof timeOf,
];

/** Before anything else of this part is used. */
export function equip(...tools: Tools): void {
  [el, set, button, link, linkTo, safeUrl, icon, copyButton, fill, strings, ago, timeOf] = tools;
}
